import { z } from 'zod';
import { channelNameSchema } from './notices.ts';
import { id, text } from './wire.ts';

/** How customers and people are reached: the file that SENTINEL_NOTICE_CONFIG names (docs/notices.md). */

const email = z.email().max(254);
const hostname = text(253);

const channels = z
  .array(channelNameSchema)
  .min(1, 'must name at least one channel')
  .refine((names) => new Set(names).size === names.length, 'must name each channel once');

export const noticeConfigurationSchema = z
  .strictObject({
    channels: channels.default(['log', 'file']),
    /** One JSON object a line is appended. */
    file: z.strictObject({ path: text(1_000) }).optional(),
    webhook: z
      .strictObject({
        url: z.url({ protocol: /^https?$/ }).max(2_000),
        /** Hosts that may be called beside the machine itself. */
        allowed_hosts: z.array(hostname).max(20).default([]),
      })
      .optional(),
    smtp: z
      .strictObject({
        host: hostname,
        port: z.int().min(1).max(65_535),
        /** `none` only for a relay on the machine itself. */
        tls: z.enum(['none', 'starttls', 'implicit']),
        user: text(200).optional(),
        from: email,
      })
      .optional(),
    /** Where customers' mail goes, and who gets other channels than the others. */
    accounts: z
      .record(id, z.strictObject({ email: email.optional(), channels: channels.optional() }))
      .default({}),
    alerts: z
      .strictObject({
        channels: channels.default(['log']),
        email: email.optional(),
        every_ms: z.int().min(1_000).max(86_400_000).default(60_000),
      })
      .default({ channels: ['log'], every_ms: 60_000 }),
    /** A channel that has not answered by then has failed. */
    send_ms_max: z.int().min(100).max(4_000).default(2_000),
  })
  .superRefine((configuration, context) => {
    const named = new Set([
      ...configuration.channels,
      ...configuration.alerts.channels,
      ...Object.values(configuration.accounts).flatMap((account) => account.channels ?? []),
    ]);
    for (const name of ['file', 'webhook', 'smtp'] as const) {
      if (!named.has(name) || configuration[name] !== undefined) continue;
      context.addIssue({ code: 'custom', path: [name], message: 'is named but not described' });
    }
    if (configuration.alerts.channels.includes('smtp') && configuration.alerts.email === undefined)
      context.addIssue({ code: 'custom', path: ['alerts', 'email'], message: 'is missing' });
  });

export type NoticeConfiguration = z.infer<typeof noticeConfigurationSchema>;

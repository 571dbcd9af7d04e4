import { z } from 'zod';
import type { ControlPolicy } from '#domain/controls/controls.ts';
import type { Scope } from '#domain/scopes.ts';
import { maxRatePerSecond } from './control-commands.ts';

const DAY_MS = 86_400_000;

/** policies/controls.json: one version of a firm's choices about resuming. Durations in ms. */
export const controlPolicyFileSchema = z.strictObject({
  version: z.int().min(1),
  /** The kinds of scope that two persons resume; one person resumes the others. */
  two_persons: z.array(z.enum(['GLOBAL', 'ACCOUNT', 'SYMBOL', 'STRATEGY'])).max(4),
  approval_ms: z.int().min(1_000).max(DAY_MS),
  /** null: what the order monitor stopped stays stopped until people resume it. */
  cooldown_ms: z.int().min(1_000).max(DAY_MS).nullable(),
  cooldown_rate_per_second: maxRatePerSecond,
});

export type ControlPolicyFile = z.infer<typeof controlPolicyFileSchema>;

/** The policy as it travels to a workflow. */
export interface ControlPolicyData extends Omit<ControlPolicy, 'twoPersons'> {
  readonly version: string;
  readonly twoPersonKinds: readonly Scope['kind'][];
}

export function decodeControlPolicy(file: ControlPolicyFile): ControlPolicyData {
  return {
    version: `controls-${String(file.version)}`,
    twoPersonKinds: file.two_persons,
    approvalMs: file.approval_ms,
    cooldownMs: file.cooldown_ms,
    cooldownRatePerSecond: file.cooldown_rate_per_second,
  };
}

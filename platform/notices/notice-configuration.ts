import { readFileSync } from 'node:fs';
import { noticeConfigurationSchema } from '#contracts/notice-configuration.ts';
import type { NoticeConfiguration } from '#contracts/notice-configuration.ts';

/** The file does not say how to reach people; the message names file and field. */
export class NoticeConfigurationError extends Error {
  override readonly name = 'NoticeConfigurationError';
}

/**
 * How customers and people are reached. Without a file: the log, and `noticeFile` when there is one.
 * Throws NoticeConfigurationError.
 */
export function loadNoticeConfiguration(
  configurationFile: string | undefined,
  noticeFile: string | undefined,
): NoticeConfiguration {
  const file = noticeFile === undefined ? {} : { file: { path: noticeFile } };
  if (configurationFile !== undefined) {
    return parse(configurationFile, { ...file, ...objectIn(configurationFile) });
  }
  const channels = noticeFile === undefined ? ['log'] : ['log', 'file'];
  return parse('the default', { ...file, channels });
}

function parse(name: string, content: unknown): NoticeConfiguration {
  const parsed = noticeConfigurationSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new NoticeConfigurationError(
    `${name}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`,
  );
}

function objectIn(file: string): object {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof content === 'object' && content !== null) return content;
  } catch (error) {
    throw new NoticeConfigurationError(`${file} cannot be read: ${String(error)}`, {
      cause: error,
    });
  }
  throw new NoticeConfigurationError(`${file} is not a JSON object`);
}

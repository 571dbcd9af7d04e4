/**
 * The task queue of what stops things: kill switches and the firm's enforcement. It is not that of the
 * cases, whose floods would hold up what is to stop them.
 */
export function controlTaskQueue(prefix: string): string {
  return `${prefix}controls`;
}

import type { StoppedScope } from '#contracts/control-rest.ts';
import type { GateLeaseRecord } from '#contracts/gate-leases.ts';

/**
 * The scopes that gates and venue adapters stop because they cannot read a control, by what they say
 * themselves: another process may read it, and it is theirs that counts. `leases` are those that live.
 */
export function stoppedScopes(leases: readonly GateLeaseRecord[]): readonly StoppedScope[] {
  const stopped = new Map<string, StoppedScope>();
  for (const { process, unreadable } of leases) {
    for (const one of unreadable) {
      const key = `${one.scope} ${one.topic} ${String(one.partition)} ${String(one.offset)}`;
      const others = stopped.get(key)?.processes ?? [];
      stopped.set(key, { ...one, processes: [...others, process].sort() });
    }
  }
  return [...stopped.values()].sort((a, b) => a.scope.localeCompare(b.scope));
}

/** What a person does about it. */
export function wayOut({ scope, topic, partition, offset }: StoppedScope): string {
  const place = `${topic}, partition ${String(partition)}, offset ${String(offset)}`;
  return `${scope} is stopped because a control cannot be read (${place}): run one release of all parts; kill ${scope}, and have that kill lifted.`;
}

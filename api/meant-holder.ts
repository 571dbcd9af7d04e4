import type { ControlStateRecord } from '#contracts/control-states.ts';
import type { Problem } from './problem.ts';

/** What a person named of what is to be lifted. */
interface Named {
  readonly scope: string;
  readonly holder?: Meant['holder'] | undefined;
  readonly epoch?: number | undefined;
}

export interface Meant {
  readonly holder: ControlStateRecord['holders'][number]['name'];
  readonly epoch: number;
}

/**
 * The holder that is meant, and the epoch: named by the person, or the only one there is. Of a holder that
 * kills and throttles the kill is meant: it stands first. A restriction to available cash is meant by its
 * epoch only: the same words said again after a kill is lifted would ask for that.
 */
export function meantHolder(
  { scope, holder, epoch }: Named,
  state: ControlStateRecord | null,
): Meant | Problem {
  // What the person saw is for the scope to judge; nothing has to be known of it here.
  if (holder !== undefined && epoch !== undefined) return { holder, epoch };
  const held = state?.holders ?? [];
  const named = held.filter(({ name }) => holder === undefined || name === holder);
  const restricted = named.filter(({ mode }) => mode === 'NO_NEW_DEBIT_OR_SHORT');
  const liftable = named.flatMap((one) =>
    one.epoch === null || (restricted.includes(one) && one.epoch !== epoch)
      ? []
      : [{ holder: one.name, epoch: one.epoch }],
  );
  const [only] = liftable;
  const others = liftable.filter((one) => one.holder !== only?.holder);
  const names = (some: readonly string[]): string => some.join(', ') || 'nobody';
  if (only === undefined) {
    const by = names(held.map(({ name }) => name));
    const detail = `${scope} is held by ${by}: there is nothing of ${holder ?? 'anybody'} that people lift.`;
    const epochs = restricted.map(({ epoch: at }) => String(at)).join(', ');
    const byEpoch = ` A restriction to available cash is lifted by its epoch: ${epochs}.`;
    return { kind: 'control-conflict', detail: epochs === '' ? detail : detail + byEpoch };
  }
  if (others.length === 0) return { holder: only.holder, epoch: epoch ?? only.epoch };
  const by = names([...new Set(liftable.map((one) => one.holder))]);
  return { kind: 'control-conflict', detail: `${scope} is held by ${by}: name the holder.` };
}

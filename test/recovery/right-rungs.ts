import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import type { AcknowledgedCase } from '#ports/cases.ts';

type Rung = AcknowledgedCase['rung'];

/**
 * Once prices stand still, every case stands where its account's figures belong: with the account's
 * status above the line, and below it with a person, when nothing is left to sell. Each sentence that
 * is returned is a failure, or something that has not come to rest.
 */
export function wrongRungs(
  figures: ReadonlyMap<string, MarginCalcRecord>,
  cases: ReadonlyMap<string, Pick<AcknowledgedCase, 'rung'>>,
  hysteresisRate: number,
): string[] {
  return [...figures].flatMap(([accountId, record]) => {
    const rung = cases.get(accountId)?.rung ?? 'ACTIVE';
    if (belongsOn(record, rung, hysteresisRate)) return [];
    const { status, excess } = record;
    return [`${accountId} is ${status} with excess ${String(excess)}, its case is on ${rung}`];
  });
}

function belongsOn(
  { status, excess, gross_mv: grossMv, positions }: MarginCalcRecord,
  rung: Rung,
  hysteresisRate: number,
): boolean {
  if (excess === null || grossMv === null) return false;
  if (excess < 0) return positions.length === 0 && rung === 'UNSECURED_DEFICIT';
  // A call that the market has lifted by less than the hysteresis stays open.
  const unproven = excess < hysteresisRate * grossMv;
  return rung === status || (unproven && rung !== 'ACTIVE');
}

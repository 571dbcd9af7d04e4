import { restrictionSchema } from './case-events.ts';
import type { LoggedControl, ReadControls } from './control-activities.ts';
import { controlCommandSchema, decodeControlCommand } from './control-commands.ts';
import { holderEventOf } from './control-restrictions.ts';
import { decodeRecord } from './decode-record.ts';

/** Where a record lies, and what it holds. */
interface Placed {
  readonly topic: string;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Uint8Array | null;
}

/**
 * What a record of killswitch.commands.v1 or restrictions.v1 says of which scope; null for what cannot
 * be read, or lies under another's key: the kill-signaller has refused it.
 */
export function loggedControl({
  topic,
  offset,
  key,
  value,
}: Placed): { readonly scope: string; readonly control: LoggedControl } | null {
  if (topic === 'restrictions.v1') {
    const decoded = decodeRecord(restrictionSchema, value, key);
    if (!decoded.ok) return null;
    const { account_id: accountId, correlation_id: corrId } = decoded.record;
    const event = holderEventOf(decoded.record, offset);
    return { scope: `ACCOUNT:${accountId}`, control: { event, corrId } };
  }
  const decoded = decodeRecord(controlCommandSchema, value, null);
  if (!decoded.ok || decoded.record.scope !== key) return null;
  const { scope, corr_id: corrId, cmd_id: commandId } = decoded.record;
  const event = decodeControlCommand(decoded.record, offset);
  return { scope, control: { event, corrId: corrId ?? commandId } };
}

/** Has a scope that covers so much not taken it in yet? */
export function isBeyond(
  { coversOffset, coversRestriction }: Omit<ReadControls, 'scope'>,
  { event }: LoggedControl,
): boolean {
  return event.offset > (event.type === 'HOLD' ? coversRestriction : coversOffset);
}

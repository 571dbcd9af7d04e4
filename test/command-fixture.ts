import { randomUUID } from 'node:crypto';
import { COMMAND_LIFETIME_MS } from '#contracts/command-envelope.ts';
import type { CommandContent, UnprovedCommand } from '#contracts/command-envelope.ts';
import { E4 } from '#domain/money.ts';

const HOUR_MS = 3_600_000;

/** What a person says in each command, without what every command carries. */
const SAID = {
  PENDING_FUNDS: (at: number) => ({
    type: 'PENDING_FUNDS' as const,
    amountE4: 10_000 * E4,
    evidence: 'wire 4711',
    fundsExpireAt: at + HOUR_MS,
  }),
  EXTEND: (at: number) => ({
    type: 'EXTEND' as const,
    dueAt: at + HOUR_MS,
    reason: 'the wire left today',
    authorityReference: null,
  }),
  RELEASE: () => ({ type: 'RELEASE' as const, reason: 'positions checked' }),
  HOLD: () => ({ type: 'HOLD' as const, reason: 'a corporate action is booked' }),
  RESUME: () => ({ type: 'RESUME' as const, reason: 'booked' }),
};

/** A command of a kind, given now, for the first episode unless `changes` says otherwise. */
export function unprovedCommand(
  type: UnprovedCommand['type'],
  changes: Partial<UnprovedCommand> = {},
): UnprovedCommand {
  const at = Date.now();
  const command = { commandId: randomUUID(), at, episode: 1, ...SAID[type](at), ...changes };
  return command as UnprovedCommand;
}

/** The same with the account that it is for and the time it has. */
export function commandContent(
  command: UnprovedCommand = unprovedCommand('HOLD'),
  accountId = 'ACC_1',
): CommandContent {
  return { accountId, command, expiresAt: command.at + COMMAND_LIFETIME_MS };
}

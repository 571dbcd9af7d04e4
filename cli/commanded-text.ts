import type { Commanded } from '#contracts/command-rest.ts';
import { instantText, moneyText } from './account-text.ts';

/** What a command came to, in one clear line and what comes next. */
export function commandedText(done: Commanded, now: number): string {
  return `${done.outcome === 'DONE' ? doneText(done, now) : awaitedText(done)}\n`;
}

function doneText(done: Commanded, now: number): string {
  const { account_id: account, by } = done;
  const due = instantText(done.due_at, now);
  switch (done.command) {
    case 'PENDING_FUNDS':
      return (
        `Recorded by ${by}: funds on their way to ${account} hold escalation until ` +
        `${instantText(done.funds_expire_at, now)}. Outstanding: ${moneyText(done.outstanding)}; the call stays due ${due}.`
      );
    case 'EXTEND':
      return `Extended by ${by}: the call of ${account} is due ${due}. Outstanding: ${moneyText(done.outstanding)}.`;
    case 'RELEASE':
      return `Released by ${by}: the liquidation of ${account} goes ahead on fresh figures.`;
    case 'HOLD':
      return `Held by ${by}: nothing escalates for ${account} (${done.rung}). Two persons resume it.`;
    case 'RESUME':
      return `Resumed by ${by}: ${account} goes on from ${done.rung}.`;
  }
}

function awaitedText({ account_id: account, by, command }: Commanded): string {
  const what = command === 'RELEASE' ? 'The liquidation goes' : 'The hold ends';
  return `Recorded for ${account}: ${by} agrees. ${what} when a second, different person says the same.`;
}

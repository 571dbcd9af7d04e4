import type { CaseCommand, CommandOutcome } from '#domain/case-commands.ts';
import type { CaseAction } from '#domain/ladder-actions.ts';
import { groupedDigits } from '#domain/grouped-digits.ts';
import type { Deadline } from '#domain/ladder-deadlines.ts';
import type { LadderState } from '#domain/ladder-state.ts';
import { E4 } from '#domain/money.ts';

/** The one-line texts that a person reads on a case's timeline in the Temporal Web UI. */

/** Such as `$12,345.68`, rounded up to the cent (RULES, Rounding). */
export function dollarText(amountE4: number): string {
  const cents = Math.ceil(Math.abs(amountE4) / 100);
  const whole = groupedDigits(Math.floor(cents / 100));
  const rest = String(cents % 100).padStart(2, '0');
  return `${amountE4 < 0 ? '-' : ''}$${whole}.${rest}`;
}

/** Such as `2026-11-21 14:03:09.120 UTC`. */
export function instantText(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace('Z', ' UTC');
}

/** Such as `1,200 NVDA`; quantities in 1/10,000 share. */
export function sharesText(qtyE4: number, symbol: string): string {
  return `${String(qtyE4 / E4)} ${symbol}`;
}

/** What a deadline is about, for the timer on the timeline. */
export function deadlineText(state: LadderState, deadline: Deadline): string {
  const demand = dollarText(state.call?.notifiedDemandE4 ?? 0);
  switch (deadline.kind) {
    case 'CALL_DUE':
      return `call of ${demand} due`;
    case 'GRACE_OVER':
      return `grace of the call of ${demand} over: liquidation`;
    case 'MARKET_CURE':
      return `call of ${demand} met by the market if the excess holds`;
    case 'HOLD_RETRY':
      return `on hold (${state.hold?.reason.code ?? ''}): look again`;
    case 'ACCELERATION':
      return `call of ${demand} accelerated if the equity stays critical`;
    case 'BRAKE_RETRY':
      return 'liquidation if the brake is off';
    case 'STRESS':
      return state.stress.heldSince === null
        ? 'close-only if stress keeps the account underwater'
        : 'close-only for stress lifted if the account stays clear';
    case 'MARKET_OPENS':
      return `liquidation for the call of ${demand} when the market is open`;
    case 'FUNDS_EXPIRE':
      return `funds for the call of ${demand} expected`;
    case 'ORDERS_EXPIRE':
      return `liquidation orders of slice ${String(state.slice)} expire`;
    case 'ORDERS_STUCK':
      return `liquidation orders of slice ${String(state.slice)} unresolved: call a person`;
  }
}

/** What an action does, for its activity on the timeline. */
export function actionText(action: CaseAction): string {
  switch (action.type) {
    case 'WARN':
      return `excess ${dollarText(action.seen.excessE4)} is below the warning band`;
    case 'CLEAR_WARNING':
      return 'warning over: healthy again';
    case 'CALL':
      return `call of ${dollarText(action.call.notifiedDemandE4)}`;
    case 'CLOCK_STARTED':
      return `${action.clock === 'CALL' ? 'due' : 'grace ends'} at ${instantText(action.endsAt)}`;
    case 'RENOTIFY':
      return `call raised to ${dollarText(action.call.notifiedDemandE4)}`;
    case 'ACCELERATE':
      return `equity critical since ${instantText(action.criticalSince)}: no more time`;
    case 'PAST_DUE':
      return `call of ${dollarText(action.call.notifiedDemandE4)} past due`;
    case 'CLOSE_ONLY':
      return 'close-only until the call is met';
    case 'AWAIT_RELEASE':
      return `liquidation waits for ${String(action.persons)} person(s) to release it${action.isBraked ? ': the brake is on' : ''}${action.isUrgent ? ': urgent' : ''}`;
    case 'COMMANDED':
      return commandText(action.command, action.outcome);
    case 'FUNDS_EXPIRED':
      return `funds of ${dollarText(action.funds.amountE4)} did not come in time`;
    case 'TRIGGER':
      return `liquidation for a deficiency of ${dollarText(action.seen.deficiencyE4)}`;
    case 'ORDERS':
      return action.orders
        .map(({ side, qtyE4, symbol }) => `${side} ${sharesText(qtyE4, symbol)}`)
        .join(', ');
    case 'WITHHOLD':
      return `${String(action.orders.length)} order(s) not sent: ${action.reason.what} is held`;
    case 'REPORT_STUCK':
      return `liquidation is stuck (${action.why}): a person is needed`;
    case 'CANCEL_ORDERS':
      return `cancel ${String(action.orders.length)} working order(s)`;
    case 'MET':
      return `call of ${dollarText(action.call.notifiedDemandE4)} met by ${action.metBy}`;
    case 'COMPLETE':
      return action.residualE4 === 0
        ? 'liquidation completed'
        : `nothing left to sell, ${dollarText(action.residualE4)} missing`;
    case 'LIFT':
      return 'close-only for the call lifted';
    case 'STRESS_ON':
      return `close-only: a severe move of the market would leave a deficiency, since ${instantText(action.underwaterSince)}`;
    case 'STRESS_OFF':
      return 'close-only for stress lifted';
    case 'HAND_OVER':
      return `unsecured deficit of ${dollarText(action.residualE4)}: a person is needed`;
    case 'HOLD':
      return `on hold: ${action.reason.code} (${action.reason.what})`;
    case 'HOLD_CLEARED':
      return 'hold over';
    case 'ACKNOWLEDGE':
      return `seen by ${action.by}`;
  }
}

function commandText(command: CaseCommand, outcome: CommandOutcome): string {
  const { by } = command;
  const second = outcome === 'DONE' ? '' : '; a second person has to agree';
  switch (command.type) {
    case 'PENDING_FUNDS':
      return `${dollarText(command.amountE4)} on its way by ${instantText(command.fundsExpireAt)}, says ${by}`;
    case 'EXTEND':
      return `due instant moved to ${instantText(command.dueAt)} by ${by}`;
    case 'RELEASE':
      return `liquidation released by ${by}${second}`;
    case 'HOLD':
      return `enforcement held by ${by}: ${command.reason}`;
    case 'RESUME':
      return `enforcement resumed by ${by}${second}`;
  }
}

import type {
  ApprovalList,
  Killed,
  KillSwitchList,
  ListedScope,
  StoppedScope,
  Unkilled,
} from '#contracts/control-rest.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import { instantText } from './account-text.ts';
import type { Paint, Style } from './account-text.ts';

/** Kills and what loosens them, for a person at a terminal. */

const STYLES: Readonly<Record<ControlStateRecord['status'], Style>> = {
  ACTIVE: 'green',
  THROTTLED: 'yellow',
  NO_NEW_DEBIT_OR_SHORT: 'yellow',
  CLOSE_ONLY: 'yellow',
  KILLED: 'red',
};

/** What a list was asked for. */
export interface ListAsked {
  readonly scope?: string | undefined;
  readonly status?: string | undefined;
}

/** What stands, scope by scope, with its holders, and over the scope that was asked for; then who enforces it. */
export function killSwitchText(
  list: KillSwitchList,
  asked: ListAsked,
  now: number,
  paint: Paint,
): string {
  const scopes = list.scopes.map((state) => scopeText(state, now, paint)).join('\n');
  const gates = list.leases.map(({ process, kind }) => `${kind} ${process}`).join(', ');
  const stopped = list.stopped.map((one) => stoppedText(one, now, paint)).join('\n');
  const isOpen =
    list.scopes.length === 0 && list.stopped.every(({ scope }) => isOther(scope, asked));
  const over = list.over.map(
    (state) => `${scopeText(state, now, paint)}\n${overText(state, asked.scope ?? '')}`,
  );
  return [
    ...(stopped === '' ? [] : [stopped]),
    ...(isOpen ? [noneText(asked)] : []),
    ...(scopes === '' ? [] : [scopes]),
    ...over,
    list.leases.length === 0 ? 'No gate lives now.\n' : `Enforced by ${gates}.\n`,
  ].join('\n');
}

function isOther(scope: string, asked: ListAsked): boolean {
  return asked.scope !== undefined && asked.scope !== scope;
}

function noneText({ scope, status }: ListAsked): string {
  if (status !== undefined)
    return `${scope ?? 'No scope'} is ${scope === undefined ? '' : 'not '}${status}.\n`;
  return scope === undefined
    ? 'No scope is held: orders pass.\n'
    : `Nobody holds ${scope} itself.\n`;
}

/** What a control of the firm means for the orders of another scope. */
function overText(
  { scope: by, status, max_rate_per_second: rate }: ControlStateRecord,
  scope: string,
): string {
  const because = `because of ${by}`;
  switch (status) {
    case 'KILLED':
      return `Orders of ${scope} do not pass, ${because}.\n`;
    case 'CLOSE_ONLY':
      return `Orders of ${scope} pass only where they reduce a position, ${because}.\n`;
    case 'THROTTLED':
      return `Orders of ${scope} pass only within the ${String(rate ?? 0)} a second of all, ${because}.\n`;
    default:
      return `${by} stands over ${scope}: ${status}.\n`;
  }
}

/** As a BLOCK, by whoever cannot read what stands there. */
function stoppedText(stopped: StoppedScope, now: number, paint: Paint): string {
  const { scope, topic, partition, offset, since, processes } = stopped;
  const place = `${topic}, partition ${String(partition)}, offset ${String(offset)}`;
  return [
    `${paint('red', 'UNREADABLE')} ${paint('bold', scope)}`,
    `  stopped by ${processes.join(', ')}: a control of ${instantText(since, now)} cannot be read (${place})`,
    `  run one release of all parts; then sentinel kill ${scope} --reason …, and have that lifted`,
    '',
  ].join('\n');
}

function scopeText(state: ListedScope, now: number, paint: Paint): string {
  const { scope, status, holders, request, cancels_pending: pending, told } = state;
  const lines = holders.map((holder) => {
    const epoch = holder.epoch === null ? '' : `, epoch ${String(holder.epoch)}`;
    const since = instantText(holder.since, now);
    const early =
      holder.epoch !== null && told.includes(holder.epoch) ? ' (told: not in the state yet)' : '';
    return `  ${holder.name}: ${modeText(holder)} since ${since} by ${holder.actor}${epoch}${early}: ${holder.reason}`;
  });
  return [
    `${paint(STYLES[status], status.padEnd(10))} ${paint('bold', scope)}`,
    ...lines,
    ...(pending ? ['  working orders still await their cancel'] : []),
    ...(request === null ? [] : [`  ${requestText(state, request, now)}`]),
    '',
  ].join('\n');
}

type Request = NonNullable<ControlStateRecord['request']>;

function requestText(
  { holders }: Pick<ControlStateRecord, 'holders'>,
  request: Request,
  now: number,
): string {
  const held = holders.find(
    ({ name, epoch }) => name === request.holder && epoch === request.epoch,
  );
  const is = held === undefined ? '' : ` (${modeText(held)})`;
  const what =
    request.to_mode === null
      ? `lift ${request.holder}${is}`
      : `loosen ${request.holder}${is} to ${modeText({ mode: request.to_mode, max_rate_per_second: request.to_max_rate_per_second })}`;
  const until = instantText(request.expires_at, now);
  return `${request.requested_by} asks to ${what} (epoch ${String(request.epoch)}): ${request.reason}; sentinel approve ${request.request_id} until ${until}`;
}

function modeText({
  mode,
  max_rate_per_second: rate,
}: {
  readonly mode: ControlStateRecord['holders'][number]['mode'];
  readonly max_rate_per_second: number | null;
}): string {
  switch (mode) {
    case 'BLOCK':
      return 'blocks';
    case 'REDUCE_ONLY':
      return 'reduce only';
    case 'NO_NEW_DEBIT_OR_SHORT':
      return 'available cash only, no new short';
    case 'THROTTLE':
      return `at most ${String(rate ?? 0)} a second`;
  }
}

/** What waits for a second person, a line each. */
export function approvalsText({ approvals }: ApprovalList, now: number, paint: Paint): string {
  if (approvals.length === 0) return 'Nothing waits for approval.\n';
  return approvals
    .map(({ scope, holders, request }) =>
      request === null ? '' : `${paint('bold', scope)} ${requestText({ holders }, request, now)}\n`,
    )
    .join('');
}

/** A kill in a line: what, by whom, how far it is effective, in how long; and what stays stricter. */
export function killedText(killed: Killed): string {
  const { scope, by, epoch, stricter, took_ms: tookMs } = killed;
  const at = `by ${by}: ${scope} at epoch ${String(epoch)}`;
  const what = stricter.length === 0 ? `${doneText(killed)} ${at}` : `Recorded ${at}`;
  const said = `${what}, ${effectText(killed)} (${String(tookMs)} ms).\n`;
  return stricter.length === 0 ? said : said + stricterText(killed);
}

function doneText({ mode, max_rate_per_second: rate }: Killed): string {
  switch (mode) {
    case 'BLOCK':
      return 'Killed';
    case 'REDUCE_ONLY':
      return 'Made reduce only';
    case 'NO_NEW_DEBIT_OR_SHORT':
      return 'Restricted to available cash and no new short';
    case 'THROTTLE':
      return `Throttled to at most ${String(rate ?? 0)} a second`;
  }
}

/** What was asked does not rule: what does, and how it is loosened. */
function stricterText(killed: Killed): string {
  const { scope, stricter, mode, max_rate_per_second: rate } = killed;
  const stays = stricter.map(
    ({ epoch, ...held }) =>
      `${held.name}: ${modeText(held)}${epoch === null ? '' : `, epoch ${String(epoch)}`}`,
  );
  const rules = `It asks for ${modeText(killed)}; what is stricter stays (${stays.join('; ')}).\n`;
  const first = stricter.find(({ epoch }) => epoch !== null);
  if (first === undefined) return rules;
  const to =
    mode === 'REDUCE_ONLY' ? ' --reduce-only' : rate === null ? '' : ` --rate ${String(rate)}`;
  return `${rules}To loosen that: sentinel unkill ${scope} --holder ${first.name} --epoch ${String(first.epoch)}${to} --reason …\n`;
}

function effectText({ effect, leases, applied, lapsed, waiting_for: waiting }: Killed): string {
  const of = `${String(applied + lapsed.length)} of ${String(leases)} leases`;
  switch (effect) {
    case 'RECORDED':
      return 'recorded, applied before any gate opens: none lives now';
    case 'NOT_YET':
      return `effective on ${of} only; waiting for ${waiting.join(', ')}`;
    case 'EFFECTIVE':
      return lapsed.length === 0
        ? `effective on ${of}`
        : `effective on ${of}; not heard of, and past what they may let pass: ${lapsed.join(', ')}`;
  }
}

/** What asking to loosen, or approving it, came to. */
export function unkilledText(done: Unkilled, now: number): string {
  const { by, outcome, state, request_id: requestId, expires_at: expiresAt } = done;
  if (outcome === 'WAITS_FOR_APPROVAL') {
    const until = instantText(expiresAt, now);
    return (
      `Asked by ${by}: ${state.scope} stays ${state.status}. A second, different person approves it ` +
      `until ${until}: sentinel approve ${requestId ?? ''}\n`
    );
  }
  const held = [...new Set(state.holders.map(({ name }) => name))].join(', ');
  const still = held === '' ? '' : ` (still held by ${held})`;
  return `Lifted by ${state.updated_by}: ${state.scope} is ${state.status}${still}.\n`;
}

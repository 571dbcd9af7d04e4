/**
 * What holds the enforcement of the whole firm (DESIGN 17): people, and the liquidation brake. Pure.
 * The holds of one account are the case's own (ladder-commands.ts).
 */

/** GLOBAL: nothing escalates. LIQUIDATIONS: none starts unless two persons release it. SYMBOL:x: x is not traded. */
export type FirmScope = 'GLOBAL' | 'LIQUIDATIONS' | `SYMBOL:${string}`;

/** Who holds when the brake does. */
export const BRAKE = 'liquidation-brake';

/** So many persons end a hold, and release a liquidation against the brake. */
export const PERSONS_AGAINST_BRAKE = 2;

/** The scopes that are held at one time; a firm that would hold more holds GLOBAL. */
export const FIRM_HOLDS_MAX = 200;

/** The starts that count at one time; of more the oldest are forgotten: the brake holds long before. */
export const STARTS_MAX = 5_000;

/** The answers to commands that are kept; a repeat of an older command is a new one. */
export const FIRM_ANSWERS_MAX = 256;

export interface FirmHold {
  readonly scope: FirmScope;
  readonly by: string;
  /** Unix ms. */
  readonly since: number;
  readonly reason: string;
  /** Who has asked to resume; the second, different person ends the hold. */
  readonly resumeAskedBy: string | null;
}

/** A liquidation that a case wants to start; one start for each episode of a case. */
export interface StartRequest {
  readonly accountId: string;
  readonly caseId: string;
  readonly episode: number;
  /** Have two persons released it? Then it passes the brake, and counts. */
  readonly isReleased: boolean;
}

export type StartAnswer = 'GRANTED' | 'BRAKED';

/** More accounts than this within the window are too many (policy). */
export interface BrakeLimit {
  readonly accountsMax: number;
  readonly windowMs: number;
}

interface CountedStart {
  readonly accountId: string;
  readonly caseId: string;
  readonly episode: number;
  readonly at: number;
}

/** What a person commands. Who says it comes from the verified envelope. */
export interface FirmCommand {
  readonly type: 'HOLD' | 'RESUME';
  /** Unique; a repeated one gets the first answer and changes nothing. */
  readonly commandId: string;
  /** When the API accepted it, Unix ms. */
  readonly at: number;
  readonly by: string;
  readonly scope: FirmScope;
  readonly reason: string;
}

export const FIRM_REFUSAL_CODES = [
  'ALREADY_HELD',
  'NOT_HELD',
  'SAME_PERSON',
  'TOO_MANY_HOLDS',
] as const;

export interface FirmRefusal {
  readonly code: (typeof FIRM_REFUSAL_CODES)[number];
  readonly observed: string;
  readonly limit: string;
}

export type FirmAnswer =
  | { readonly outcome: 'DONE' | 'AWAITING_SECOND_PERSON'; readonly refusal: null }
  | { readonly outcome: null; readonly refusal: FirmRefusal };

/** A change of what is held, for the record. */
export interface FirmChange {
  readonly type: 'HELD' | 'RESUME_ASKED' | 'RESUMED' | 'BRAKED';
  /** Rises by one with each change. */
  readonly version: number;
  readonly at: number;
  /** Whose doing it is: a person, or the brake. */
  readonly by: string;
  readonly reason: string;
  readonly commandId: string | null;
  /** As it is after the change; as it was, of one that ended. */
  readonly hold: FirmHold;
}

/** Everything that is known of the firm's enforcement. Plain data: it travels through continue-as-new. */
export interface FirmEnforcement {
  /** Of the last change. */
  readonly version: number;
  readonly holds: readonly FirmHold[];
  /** The liquidations that started, oldest first. */
  readonly starts: readonly CountedStart[];
  readonly answers: readonly ({ readonly commandId: string } & FirmAnswer)[];
}

/** A firm that holds nothing. */
export const NOTHING_HELD: FirmEnforcement = { version: 0, holds: [], starts: [], answers: [] };

/** The scope of a name, or null when it names none. Ids are checked at the edge. */
export function parseFirmScope(name: string): FirmScope | null {
  if (name === 'GLOBAL' || name === 'LIQUIDATIONS') return name;
  return name.startsWith('SYMBOL:') && name.length > 'SYMBOL:'.length
    ? `SYMBOL:${name.slice('SYMBOL:'.length)}`
    : null;
}

/** The hold of a scope; null when it is free. */
export function holdOf(holds: readonly FirmHold[], scope: FirmScope): FirmHold | null {
  return holds.find((hold) => hold.scope === scope) ?? null;
}

/** What was answered to a command; null when it is unknown. */
export function firmAnswerTo(state: FirmEnforcement, commandId: string): FirmAnswer | null {
  return state.answers.find((answer) => answer.commandId === commandId) ?? null;
}

/** A state with the change that led to it; null when nothing was changed. */
export interface FirmStep {
  readonly state: FirmEnforcement;
  readonly change: FirmChange | null;
}

/**
 * Does or refuses what a person says at `now` (Unix ms) and keeps the answer: one person holds at
 * once, two different ones resume. A repeated command changes nothing.
 */
export function commandFirm(state: FirmEnforcement, command: FirmCommand, now: number): FirmStep {
  if (firmAnswerTo(state, command.commandId) !== null) return { state, change: null };
  const refusal = refusalOf(state, command);
  if (refusal !== null) {
    return { state: answered(state, command, { outcome: null, refusal }), change: null };
  }
  const { type, change, holds } = obeyed(state, command, now);
  const version = state.version + 1;
  const outcome = type === 'RESUME_ASKED' ? 'AWAITING_SECOND_PERSON' : 'DONE';
  const starts = isBrakeReleased(type, command.scope) ? [] : state.starts;
  const { by, reason, commandId } = command;
  return {
    state: answered({ ...state, version, holds, starts }, command, { outcome, refusal: null }),
    change: { type, version, at: now, by, reason, commandId, hold: change },
  };
}

/** After people released the brake its window starts anew. */
function isBrakeReleased(type: FirmChange['type'], scope: FirmScope): boolean {
  return type === 'RESUMED' && scope === 'LIQUIDATIONS';
}

function obeyed(
  { holds }: FirmEnforcement,
  { type, scope, by, reason }: FirmCommand,
  now: number,
): { type: FirmChange['type']; change: FirmHold; holds: readonly FirmHold[] } {
  const known = holdOf(holds, scope);
  const others = holds.filter((hold) => hold.scope !== scope);
  if (type === 'HOLD' || known === null) {
    const hold = { scope, by, since: now, reason, resumeAskedBy: null };
    return { type: 'HELD', change: hold, holds: [...others, hold] };
  }
  if (known.resumeAskedBy !== null) return { type: 'RESUMED', change: known, holds: others };
  const asked = { ...known, resumeAskedBy: by };
  return { type: 'RESUME_ASKED', change: asked, holds: [...others, asked] };
}

function refusalOf(
  { holds }: FirmEnforcement,
  { type, scope, by }: FirmCommand,
): FirmRefusal | null {
  const hold = holdOf(holds, scope);
  if (type === 'HOLD') {
    if (hold !== null) {
      const since = new Date(hold.since).toISOString();
      return {
        code: 'ALREADY_HELD',
        observed: `held by ${hold.by} since ${since}`,
        limit: 'no hold',
      };
    }
    if (holds.length < FIRM_HOLDS_MAX) return null;
    return {
      code: 'TOO_MANY_HOLDS',
      observed: String(holds.length),
      limit: String(FIRM_HOLDS_MAX),
    };
  }
  if (hold === null) return { code: 'NOT_HELD', observed: 'no hold', limit: `a hold of ${scope}` };
  if (hold.resumeAskedBy !== by) return null;
  return { code: 'SAME_PERSON', observed: by, limit: 'two different persons' };
}

function answered(
  state: FirmEnforcement,
  { commandId }: FirmCommand,
  answer: FirmAnswer,
): FirmEnforcement {
  const answers = [...state.answers, { commandId, ...answer }].slice(-FIRM_ANSWERS_MAX);
  return { ...state, answers };
}

/** What the brake says to several that ask at once, each in its turn. */
export interface BrakeStep extends FirmStep {
  readonly answers: readonly StartAnswer[];
}

/**
 * May these liquidations start at `now` (Unix ms)? One that is let go counts; the first beyond the
 * limit puts the brake on, which stays until two persons release it (RULES, Liquidation). An account
 * counts once in the window, and who asks again for the same episode gets the same grant.
 */
export function askToStart(
  before: FirmEnforcement,
  requests: readonly StartRequest[],
  limit: BrakeLimit,
  now: number,
): BrakeStep {
  const inWindow = before.starts.filter(({ at }) => at > now - limit.windowMs);
  let state: FirmEnforcement = { ...before, starts: inWindow };
  let change: FirmChange | null = null;
  const answers: StartAnswer[] = [];
  for (const request of requests) {
    const stopped = stoppedBy(state, request, limit);
    if (stopped === 'BRAKE_COMES_ON') {
      change = braked(state, request, limit, now);
      state = { ...state, version: change.version, holds: [...state.holds, change.hold] };
    } else if (stopped === null) {
      state = { ...state, starts: counted(state.starts, request, now) };
    }
    answers.push(stopped === null ? 'GRANTED' : 'BRAKED');
  }
  return { state, change, answers };
}

function stoppedBy(
  { holds, starts }: FirmEnforcement,
  request: StartRequest,
  { accountsMax }: BrakeLimit,
): 'BRAKE_IS_ON' | 'BRAKE_COMES_ON' | null {
  if (request.isReleased) return null;
  const hold = holdOf(holds, 'LIQUIDATIONS');
  // What a person holds counts for everything that has not begun; the brake lets those go that it let go.
  if (hold !== null && hold.by !== BRAKE) return 'BRAKE_IS_ON';
  if (starts.some((start) => isSame(start, request))) return null;
  if (hold !== null) return 'BRAKE_IS_ON';
  const others = new Set(starts.map(({ accountId }) => accountId));
  others.delete(request.accountId);
  return others.size < accountsMax ? null : 'BRAKE_COMES_ON';
}

function isSame(start: CountedStart, { caseId, episode }: StartRequest): boolean {
  return start.caseId === caseId && start.episode === episode;
}

function counted(
  starts: readonly CountedStart[],
  request: StartRequest,
  now: number,
): readonly CountedStart[] {
  const { accountId, caseId, episode } = request;
  // Whoever asks again has not started yet: it counts from now on.
  const others = starts.filter((start) => !isSame(start, request));
  return [...others, { accountId, caseId, episode, at: now }].slice(-STARTS_MAX);
}

function braked(
  { version, starts }: FirmEnforcement,
  { accountId }: StartRequest,
  { accountsMax, windowMs }: BrakeLimit,
  now: number,
): FirmChange {
  const count = new Set([...starts.map((start) => start.accountId), accountId]).size;
  const reason = `${accountId} would be liquidation ${String(count)} within ${windowText(windowMs)}; policy allows ${String(accountsMax)}`;
  const hold = {
    scope: 'LIQUIDATIONS',
    by: BRAKE,
    since: now,
    reason,
    resumeAskedBy: null,
  } as const;
  return {
    type: 'BRAKED',
    version: version + 1,
    at: now,
    by: BRAKE,
    reason,
    commandId: null,
    hold,
  };
}

function windowText(ms: number): string {
  return ms < 60_000 ? `${String(ms / 1_000)} s` : `${String(Math.round(ms / 60_000))} min`;
}

import type { ControlRefusal, LiftApproved, LiftAsked } from './control-events.ts';
import type { ControlState, Holder, LiftRequest } from './control-state.ts';

/** A refusal of a person's command as data: what was seen, what it was held against. */
export interface RefusedLift {
  readonly code: ControlRefusal;
  readonly observed: string;
  readonly limit: string;
}

interface Seen {
  readonly asked: LiftAsked | LiftApproved;
  readonly held: Holder | undefined;
  readonly holders: readonly Holder[];
  readonly request: LiftRequest | null;
}

type Words = (seen: Seen) => readonly [observed: string, limit: string];

const WORDS: Readonly<Record<ControlRefusal, Words>> = {
  NOT_HELD: ({ holders, asked }) => [
    holders.length === 0 ? 'nobody holds it' : `held by ${holders.map(nameOf).join(', ')}`,
    asked.type === 'LIFT_ASKED' ? asked.holder : 'a holder',
  ],
  OTHER_EPOCH: ({ asked, held }) => [`epoch ${String(asked.epoch)}`, epochText(held)],
  NOT_LOOSER: ({ held }) => ['a mode that is not looser', held?.mode.kind ?? 'nobody holds it'],
  ALREADY_ASKED: ({ request }) => [
    `request ${request?.requestId ?? ''} waits for its approval`,
    `one at a time, this one ${untilText(request)}`,
  ],
  NO_SUCH_REQUEST: ({ request }) => [
    'no such request',
    request === null ? 'none waits' : `request ${request.requestId}`,
  ],
  REQUEST_EXPIRED: ({ request }) => ['the request is over', untilText(request)],
  NOT_WHAT_WAS_ASKED: ({ asked, request }) => [whatText(asked), whatText(request)],
  SAME_PERSON: ({ asked }) => [asked.subject, 'somebody else than who asked'],
};

/** Why a scope refused a lift or an approval, in the words of its state. Instants are ISO 8601. */
export function refusedLift(
  code: ControlRefusal,
  asked: LiftAsked | LiftApproved,
  { holders, request }: ControlState,
): RefusedLift {
  const name = asked.type === 'LIFT_ASKED' ? asked.holder : request?.holder;
  const held = holders.find((holder) => holder.name === name);
  const [observed, limit] = WORDS[code]({ asked, held, holders, request });
  return { code, observed, limit };
}

function nameOf({ name }: Holder): string {
  return name;
}

/** A case's own holder rests on no command: only its case lifts it. */
function epochText(held: Holder | undefined): string {
  const epoch = held?.epoch ?? null;
  return epoch === null ? 'a margin case holds it, and lifts it itself' : `epoch ${String(epoch)}`;
}

function untilText(request: LiftRequest | null): string {
  return request === null ? 'none waits' : `until ${new Date(request.expiresAt).toISOString()}`;
}

function whatText(asked: { readonly epoch: number; readonly reason: string } | null): string {
  return asked === null ? 'none waits' : `epoch ${String(asked.epoch)}, reason: ${asked.reason}`;
}

import type {
  AcknowledgedEvent,
  CaseEvent,
  CommandEvent,
  ExecutionEvent,
  FiguresEvent,
  MachineEvent,
  ReadingEvent,
} from './case-events.ts';
import type { CaseFigures } from './case-figures.ts';
import { isLater } from './figures-version.ts';

/**
 * Executions that wait while the case acts. What comes when it is full is lost: the order never
 * becomes terminal for the case, and LIQUIDATION_STUCK calls a person.
 */
export const EXECUTIONS_WAITING_MAX = 1_000;

/** Acknowledgements that wait while the case acts; more are lost, the oldest are kept. */
export const ACKNOWLEDGEMENTS_WAITING_MAX = 20;

/** Commands that wait while the case acts; of more the shell says that it is busy. */
export const COMMANDS_WAITING_MAX = 50;

/** What came while the case was acting. Of figures the last version wins (DESIGN 7). */
export interface Inbox {
  readonly figures: FiguresEvent | null;
  readonly executions: readonly ExecutionEvent[];
  readonly commands: readonly CommandEvent[];
  readonly acknowledgements: readonly AcknowledgedEvent[];
}

export const EMPTY_INBOX: Inbox = {
  figures: null,
  executions: [],
  commands: [],
  acknowledgements: [],
};

/** The inbox with one more message; the very same one when there is no room, or it is no news. */
export function put(inbox: Inbox, event: MachineEvent | CommandEvent | AcknowledgedEvent): Inbox {
  switch (event.type) {
    case 'FIGURES': {
      const waiting = inbox.figures?.figures.version ?? null;
      return isLater(event.figures.version, waiting) ? { ...inbox, figures: event } : inbox;
    }
    case 'EXECUTION': {
      if (inbox.executions.length >= EXECUTIONS_WAITING_MAX) return inbox;
      return { ...inbox, executions: [...inbox.executions, event] };
    }
    case 'COMMAND': {
      if (inbox.commands.length >= COMMANDS_WAITING_MAX) return inbox;
      return { ...inbox, commands: [...inbox.commands, event] };
    }
    case 'ACKNOWLEDGED': {
      if (inbox.acknowledgements.length >= ACKNOWLEDGEMENTS_WAITING_MAX) return inbox;
      return { ...inbox, acknowledgements: [...inbox.acknowledgements, event] };
    }
  }
}

/** A message, and the inbox without it. */
export interface Taken {
  readonly event: CaseEvent;
  readonly rest: Inbox;
}

/** The next message and the inbox without it; null when it is empty. Executions go first, then what people command, then figures; people's notes last. */
export function take(inbox: Inbox): Taken | null {
  const [execution, ...executions] = inbox.executions;
  if (execution !== undefined) return { event: execution, rest: { ...inbox, executions } };
  const [command, ...commands] = inbox.commands;
  if (command !== undefined) return { event: command, rest: { ...inbox, commands } };
  if (inbox.figures !== null) return { event: inbox.figures, rest: { ...inbox, figures: null } };
  const [acknowledged, ...acknowledgements] = inbox.acknowledgements;
  if (acknowledged !== undefined)
    return { event: acknowledged, rest: { ...inbox, acknowledgements } };
  return null;
}

/**
 * How many readings in a row later figures may overtake that leave the case where it is: each is a question
 * anew, and a flood of figures must not keep a case from ever going on.
 */
export const OVERTAKEN_MAX = 2;

/**
 * What goes before a reading of the figures that is about to be decided; null when nothing does. What
 * people command and what the venue did count, though the case had asked before; so do figures later
 * than those read, which overtake a reading: it answers nothing about them. `overtaken`: how many
 * readings they have overtaken already. Figures that end the deficiency that was read always do.
 */
export function takeBefore(
  inbox: Inbox,
  { reading }: ReadingEvent,
  overtaken: number,
): Taken | null {
  const { figures, acknowledgements } = inbox;
  const overtakes =
    figures !== null &&
    reading.outcome === 'FRESH' &&
    isLater(figures.figures.version, reading.figures.version) &&
    (overtaken < OVERTAKEN_MAX || endDeficiency(figures.figures, reading.figures));
  const first = take({ ...inbox, figures: overtakes ? figures : null, acknowledgements: [] });
  if (first === null) return null;
  const left = first.event.type === 'FIGURES' ? null : figures;
  return { event: first.event, rest: { ...first.rest, figures: left, acknowledgements } };
}

/** Is there nothing any more to go up for: cured, or no longer to be told? Then the case does not ask at once again. */
function endDeficiency(told: CaseFigures, read: CaseFigures): boolean {
  return isDeficient(read) && !isDeficient(told);
}

function isDeficient(figures: CaseFigures): boolean {
  return figures.status !== 'INDETERMINATE' && figures.excessE4 < 0;
}

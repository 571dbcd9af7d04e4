import type {
  AcknowledgedEvent,
  CaseEvent,
  ExecutionEvent,
  FiguresEvent,
  MachineEvent,
} from './case-events.ts';
import { isLater } from './figures-version.ts';

/**
 * Executions that wait while the case acts. What comes when it is full is lost: the order never
 * becomes terminal for the case, and LIQUIDATION_STUCK calls a person.
 */
export const EXECUTIONS_WAITING_MAX = 1_000;

/** Acknowledgements that wait while the case acts; more are lost, the oldest are kept. */
export const ACKNOWLEDGEMENTS_WAITING_MAX = 20;

/** What came while the case was acting. Of figures the last version wins (DESIGN 7). */
export interface Inbox {
  readonly figures: FiguresEvent | null;
  readonly executions: readonly ExecutionEvent[];
  readonly acknowledgements: readonly AcknowledgedEvent[];
}

export const EMPTY_INBOX: Inbox = { figures: null, executions: [], acknowledgements: [] };

/** The inbox with one more message. */
export function put(inbox: Inbox, event: MachineEvent | AcknowledgedEvent): Inbox {
  switch (event.type) {
    case 'FIGURES': {
      const waiting = inbox.figures?.figures.version ?? null;
      return isLater(event.figures.version, waiting) ? { ...inbox, figures: event } : inbox;
    }
    case 'EXECUTION': {
      if (inbox.executions.length >= EXECUTIONS_WAITING_MAX) return inbox;
      return { ...inbox, executions: [...inbox.executions, event] };
    }
    case 'ACKNOWLEDGED': {
      if (inbox.acknowledgements.length >= ACKNOWLEDGEMENTS_WAITING_MAX) return inbox;
      return { ...inbox, acknowledgements: [...inbox.acknowledgements, event] };
    }
  }
}

/** The next message and the inbox without it; null when it is empty. Executions go before figures, people's notes last. */
export function take(inbox: Inbox): { readonly event: CaseEvent; readonly rest: Inbox } | null {
  const [execution, ...executions] = inbox.executions;
  if (execution !== undefined) return { event: execution, rest: { ...inbox, executions } };
  if (inbox.figures !== null) return { event: inbox.figures, rest: { ...inbox, figures: null } };
  const [acknowledged, ...acknowledgements] = inbox.acknowledgements;
  if (acknowledged !== undefined)
    return { event: acknowledged, rest: { ...inbox, acknowledgements } };
  return null;
}

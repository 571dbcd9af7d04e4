/**
 * The parts of the product that decide by its rules, as `actor` of audit.v1 names them. Every other
 * actor is a person: the subject of a token, or a name typed in the Temporal Web UI and marked so.
 */
export const MACHINE_ACTORS = {
  /** The case of an account, by its ladder. */
  accountCase: 'account-case',
  /** The firm's enforcement, where it refuses. */
  firmEnforcement: 'firm-enforcement',
  /** The controls of a scope, where they refuse, ignore or end by rule. */
  killSwitch: 'kill-switch',
  liquidationBrake: 'liquidation-brake',
  marginEngine: 'margin-engine',
  orderGate: 'order-gate',
  orderMonitor: 'order-monitor',
  surveillance: 'surveillance',
  /** The API, about withdrawals. */
  withdrawalDesk: 'withdrawal-desk',
} as const;

const NAMES: readonly string[] = Object.values(MACHINE_ACTORS);

/** Was it decided by a part of the product, and not by a person? */
export function isMachineActor(actor: string): boolean {
  return NAMES.includes(actor);
}

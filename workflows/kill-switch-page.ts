import { statusOf } from '#domain/controls/control-state.ts';
import type { ControlMode, ControlState } from '#domain/controls/control-state.ts';
import { scopeName } from '#domain/scopes.ts';

/** The page of a scope in the Temporal Web UI (current details): markdown. */
export function killSwitchPage(state: ControlState): string {
  const { holders, request, version, coversOffset, cancelsPendingSince, loosensAt } = state;
  return [
    `## ${scopeName(state.scope)}: ${statusOf(state)}`,
    '',
    `Version ${String(version)}, commands taken in up to offset ${String(coversOffset)}.`,
    ...(holders.length === 0 ? ['', 'Nobody holds it: orders pass.'] : ['']),
    ...holders.map(
      ({ name, mode, reason, actor, since }) =>
        `- **${name}**: ${modeText(mode)} since ${instantText(since)}, by ${actor}: ${reason}`,
    ),
    ...(cancelsPendingSince === null ? [] : ['', 'Working orders still await their cancel.']),
    ...(request === null
      ? []
      : [
          '',
          `**${request.requestedBy} asks** to lift ${request.holder}: ${request.reason}. ` +
            `Somebody else approves it before ${instantText(request.expiresAt)}.`,
        ]),
    ...(loosensAt === null ? [] : ['', `Policy loosens it at ${instantText(loosensAt)}.`]),
  ].join('\n');
}

function modeText(mode: ControlMode): string {
  return mode.kind === 'THROTTLE'
    ? `at most ${String(mode.maxRatePerSecond)} orders a second`
    : mode.kind;
}

function instantText(at: number): string {
  return new Date(at).toISOString();
}

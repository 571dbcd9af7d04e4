import { RUNGS } from './ladder-state.ts';
import type { Rung } from './ladder-state.ts';
import {
  CONDITION_MEANINGS,
  CONDITIONS,
  INVARIANTS,
  LADDER,
  STEP_MEANINGS,
  STEPS,
} from './ladder-table.ts';
import type { LadderCondition, Outcome } from './ladder-table.ts';

/** The ladder as a page for people, markdown: made from the transition table, never written by hand. */
export function ladderDocument(): string {
  return `${[
    '# The ladder of a case',
    '<!-- Generated from domain/ladder-table.ts by `npm run docs`. -->',
    'Where a case goes on each rung under each condition, and the steps that it takes, in order. ' +
      'Exactly one condition holds at a time. *fresh*: only on figures proved fresh for the ' +
      'decision. A dash: the condition cannot hold on the rung; to see it would be a defect, and ' +
      'the case would stop for a person.',
    diagram(),
    '## Transitions',
    transitions(),
    '## Conditions',
    definitions(CONDITIONS, CONDITION_MEANINGS),
    '## Steps',
    'Every step is also an event in audit.v1. A cure by the market needs fresh figures too.',
    definitions(STEPS, STEP_MEANINGS),
    '## Invariants',
    INVARIANTS.map((invariant, index) => `${String(index + 1)}. ${invariant}`).join('\n'),
  ].join('\n\n')}\n`;
}

function transitions(): string {
  const rows = CONDITIONS.map((condition) => [
    `**${condition}**`,
    ...RUNGS.map((rung) => cell(rung, LADDER[rung][condition])),
  ]);
  return table(['', ...RUNGS], rows);
}

function cell(rung: Rung, outcome: Outcome): string {
  if (outcome.kind === 'IMPOSSIBLE') return '–';
  if (outcome.kind === 'STAY') return 'stay';
  const where = outcome.to === rung ? 'stay' : `→ **${outcome.to}**`;
  const proof = outcome.proof === 'FRESH' ? ' *fresh*' : '';
  return `${where}${proof}<br>${outcome.steps.join('<br>')}`;
}

/** Moves between rungs; what only stays is in the table. */
function diagram(): string {
  const moves = RUNGS.flatMap((from) =>
    RUNGS.flatMap((to) => {
      const conditions = CONDITIONS.filter((condition) => isMove(from, to, condition));
      return conditions.length === 0 ? [] : [`  ${from} --> ${to}: ${conditions.join(', ')}`];
    }),
  );
  return ['```mermaid', 'stateDiagram-v2', '  [*] --> ACTIVE', ...moves, '```'].join('\n');
}

function isMove(from: Rung, to: Rung, condition: LadderCondition): boolean {
  const outcome = LADDER[from][condition];
  return from !== to && outcome.kind === 'GO' && outcome.to === to;
}

function definitions<Name extends string>(
  names: readonly Name[],
  meanings: Readonly<Record<Name, string>>,
): string {
  return names.map((name) => `- **${name}**: ${meanings[name]}`).join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

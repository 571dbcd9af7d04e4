import type { CASE_SEARCH_ATTRIBUTES } from '#contracts/case-messages.ts';
import { figuresVersionString } from '#domain/figures-version.ts';
import type { Call, LadderState } from '#domain/ladder-state.ts';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';

/** The attributes of contracts/case-messages.ts; the types keep the names and kinds the same. */
type Names = typeof CASE_SEARCH_ATTRIBUTES;
const key = <const Name extends keyof Names>(
  name: Name,
  type: Names[Name],
): ReturnType<typeof defineSearchAttributeKey<Names[Name]>> => defineSearchAttributeKey(name, type);

const RUNG = key('SentinelRung', 'KEYWORD');
const STATUS = key('SentinelStatus', 'KEYWORD');
const FIGURES_VERSION = key('SentinelFiguresVersion', 'KEYWORD');
const POLICY = key('SentinelPolicy', 'KEYWORD');
const STRESS = key('SentinelStress', 'KEYWORD');
const DEFICIENCY = key('SentinelDeficiency', 'DOUBLE');
const DUE_AT = key('SentinelDueAt', 'DATETIME');

/** Keeps the search attributes of this run true; each write costs a history event, so only changes go. */
export class CaseSearchAttributes {
  readonly #written = new Map<string, string>();

  constructor() {
    // Continue-as-new carries the attributes over.
    for (const { key: carried, value } of workflowInfo().typedSearchAttributes.getAll()) {
      this.#written.set(carried.name, JSON.stringify(value));
    }
  }

  show(state: LadderState): void {
    const changed = attributesOf(state).filter((pair) => this.#isNews(pair));
    if (changed.length > 0) upsertSearchAttributes(changed);
  }

  #isNews(pair: SearchAttributeUpdatePair): boolean {
    const value = JSON.stringify(pair.value);
    const before = this.#written.get(pair.key.name) ?? 'null';
    this.#written.set(pair.key.name, value);
    return before !== value;
  }
}

function attributesOf(state: LadderState): SearchAttributeUpdatePair[] {
  const { figures, call, policy, stress } = state;
  const deficiencyE4 =
    figures === null || figures.status === 'INDETERMINATE' ? 0 : figures.deficiencyE4;
  return [
    { key: RUNG, value: state.rung },
    { key: STATUS, value: figures?.status ?? null },
    {
      key: FIGURES_VERSION,
      value: figures === null ? null : figuresVersionString(figures.version),
    },
    { key: POLICY, value: policy?.version ?? null },
    { key: STRESS, value: stress.verdict === 'CLEAR' ? null : stress.verdict },
    { key: DEFICIENCY, value: deficiencyE4 / 10_000 },
    { key: DUE_AT, value: call !== null && isIssued(call) ? new Date(call.dueAt) : null },
  ];
}

/** The due instant counts from the acknowledgement; before it there is none to show. */
function isIssued({ issuedAt }: Call): boolean {
  return issuedAt !== null;
}

import { z } from 'zod';
import type { TimelineStep } from '#contracts/account-history.ts';
import { isMachineActor } from '#contracts/audit-actors.ts';
import { printable } from '#contracts/dead-letter.ts';
import { aligned, duration, moneyText, number } from './account-text.ts';
import type { Paint, Style } from './account-text.ts';
import { clock, clockFrom, dayOf } from './time-text.ts';

/** The steps of a case as a story: when, how long after the step before, what, and on what figures. */

/** As long as a person's reason may be. */
const TEXT_MAX = 500;

/** Text that people wrote, so that a terminal shows it and does nothing else. */
function shownText() {
  return z.string().transform((text) => printable(text, TEXT_MAX) ?? '');
}

const amount = z.number().nullish().catch(null);
const words = shownText().nullish().catch(null);
const time = z.int().nullish().catch(null);

const leg = z.looseObject({ symbol: shownText(), qty: z.number(), price: amount, side: words });

/** A command that was obeyed: what a person said, and what it moved. */
const command = z.looseObject({
  amount,
  evidence: words,
  expires_at: time,
  due_at: time,
  reason: words,
  authority_reference: words,
});

/** What steps may carry; what is missing or of another shape is left out of the story. */
const detailsSchema = z.looseObject({
  call: z.looseObject({ demand: amount, due_at: time }).nullish().catch(null),
  met_by: words,
  reason: z
    .union([shownText(), z.looseObject({ code: shownText(), what: words, observed: words })])
    .nullish()
    .catch(null),
  positions: z.array(leg).nullish().catch(null),
  orders: z.array(leg).nullish().catch(null),
  residual_deficiency: amount,
  amount,
  observed: amount,
  limit: amount,
  rule: words,
  evidence: words,
  expires_at: time,
  clock: words,
  ends_at: time,
  why: words,
  by: words,
  note: words,
  policy_version: words,
  command: z.union([command, shownText()]).nullish().catch(null),
  code: words,
});

type Details = z.infer<typeof detailsSchema>;

const CLOCKS = new Map([
  ['CALL', 'the time to meet the call'],
  ['GRACE', 'the time before the liquidation'],
]);

const MET_BY = new Map([
  ['CREDIT', 'by money or sales that came in'],
  ['MARKET', 'by the market'],
  ['LIQUIDATION', 'by the liquidation'],
]);

/** Bad news is red, good news green, also when it is of a call; what only tells is plain. */
const STYLES: readonly [RegExp, Style][] = [
  [/MET$|LIFTED|CLEARED|COMPLETED|ALLOWED|RELEASED/, 'green'],
  [/CALL|PAST_DUE|CLOSE_ONLY|TRIGGERED|DEFICIT|STUCK|REFUSED|ACCELERATED/, 'red'],
  [/WARNING|HELD|HOLD|AWAITING/, 'yellow'],
];

/** The story of an account; `steps` are in their order. */
export function storyText(accountId: string, steps: readonly TimelineStep[], paint: Paint): string {
  if (steps.length === 0) {
    return `Nothing is known to have happened to ${accountId} in the last 30 days.\n`;
  }
  const rows = steps.map((step, index) => rowOf(step, steps[index - 1]));
  const lines = aligned(rows, 1, 1).trimEnd().split('\n');
  const story = lines.map((line, index) => {
    const step = steps[index];
    if (step === undefined) return line;
    const title = titleOf(step);
    const coloured = line.replace(title, paint(styleOf(step.event_type), title));
    return chapterOf(step, steps[index - 1], paint) + coloured;
  });
  return `${paint('bold', accountId)}\n${story.join('\n')}\n`;
}

function rowOf(step: TimelineStep, before: TimelineStep | undefined): string[] {
  const after = before === undefined ? '' : pauseText(step.at - before.at);
  return [`  ${clock(step.at)}`, after, titleOf(step), sayingOf(step)];
}

/** How long after the step before; nothing for steps of one decision. */
function pauseText(ms: number): string {
  if (ms === 0) return '';
  return ms < 1_000 ? `+${String(ms)} ms` : `+${duration(ms)}`;
}

/** A line before the first step of a day or of an episode. */
function chapterOf(step: TimelineStep, before: TimelineStep | undefined, paint: Paint): string {
  const day = dayOf(step.at);
  const { policy_version: policy } = detailsSchema.parse(step.details);
  const isNew = before === undefined || dayOf(before.at) !== day || before.episode !== step.episode;
  if (!isNew) return '';
  const episode =
    step.episode === null
      ? ''
      : `, episode ${String(step.episode)}${typeof policy === 'string' ? ` under policy ${policy}` : ''}`;
  return `\n${paint('dim', `${day} UTC${episode}`)}\n`;
}

function titleOf({ event_type: type }: TimelineStep): string {
  return type.replaceAll('_', ' ').toLowerCase();
}

function styleOf(type: string): Style {
  return STYLES.find(([pattern]) => pattern.test(type))?.[1] ?? 'bold';
}

function sayingOf(step: TimelineStep): string {
  const details = detailsSchema.parse(step.details);
  return [
    ...moneyWords(details, step.at),
    ...commandWords(details, step),
    ...plainWords(details, step),
    figuresWords(step),
  ]
    .filter((part) => part !== '')
    .join('; ');
}

function moneyWords(details: Details, at: number): string[] {
  const { call, met_by, expires_at, ends_at, residual_deficiency: left } = details;
  const until = (time: number): string => clockFrom(time, at);
  return [
    said(call?.demand, (demand) => `demand ${moneyText(demand)}`),
    said(call?.due_at, (due) => `due ${until(due)}`),
    said(met_by, (by) => MET_BY.get(by) ?? by),
    said(details.amount, moneyText),
    said(details.observed, (observed) => `asked for ${moneyText(observed)}`),
    said(details.limit, (limit) => `at most ${moneyText(limit)}`),
    said(left, (missing) => (missing > 0 ? `${moneyText(missing)} still missing` : '')),
    said(expires_at, (end) => `until ${until(end)}`),
    said(ends_at, (end) => `${CLOCKS.get(details.clock ?? '') ?? 'it'} ends ${until(end)}`),
  ];
}

/** What a person asked for: with what it moved when it was obeyed, with the code when it was refused. */
function commandWords({ command: asked, code }: Details, { at }: TimelineStep): string[] {
  if (asked === null || asked === undefined) return [];
  if (typeof asked === 'string') return [asked, code ?? ''];
  return [
    said(asked.due_at, (due) => `now due ${clockFrom(due, at)}`),
    said(asked.amount, moneyText),
    said(asked.expires_at, (end) => `until ${clockFrom(end, at)}`),
    asked.evidence ?? '',
    asked.reason ?? '',
    said(asked.authority_reference, (reference) => `authority ${reference}`),
  ];
}

/** The words for what there is; none for what there is not. */
function said<Value>(value: Value | null | undefined, words: (value: Value) => string): string {
  return value === null || value === undefined ? '' : words(value);
}

/** The person who decided; null for a part of the product, and for steps of before it was told. */
function personIn({ actor }: TimelineStep): string | null {
  return actor === null || isMachineActor(actor) ? null : actor;
}

function plainWords(
  { positions, orders, reason, rule, why, evidence, by, note }: Details,
  step: TimelineStep,
): string[] {
  const because =
    typeof reason === 'string'
      ? reason
      : [reason?.code, reason?.what, reason?.observed]
          .filter((word) => typeof word === 'string')
          .join(' ');
  return [
    (orders ?? positions ?? []).map(legText).join(', '),
    because,
    rule ?? '',
    why ?? '',
    evidence ?? '',
    said(by ?? personIn(step), (name) => `by ${name}`),
    said(note, (text) => `“${text}”`),
  ];
}

function legText({ symbol, qty, price, side }: z.infer<typeof leg>): string {
  const what = typeof side === 'string' ? `${side.toLowerCase()} ` : '';
  return `${what}${number(qty, 0)} ${symbol}${typeof price === 'number' ? ` at ${moneyText(price)}` : ''}`;
}

function figuresWords({ figures }: TimelineStep): string {
  if (figures?.equity === undefined) return '';
  const { equity, maintenance_req: requirement = null, deficiency = 0 } = figures;
  const missing = deficiency > 0 ? `, ${moneyText(deficiency)} missing` : '';
  return `equity ${moneyText(equity)} against ${moneyText(requirement)}${missing}`;
}

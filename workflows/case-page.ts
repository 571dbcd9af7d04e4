import { outstandingE4 } from '#domain/ladder-episode.ts';
import type { Deadline } from '#domain/ladder-deadlines.ts';
import { isAwaitingRelease } from '#domain/ladder-people.ts';
import type { Call, LadderState, Restriction } from '#domain/ladder-state.ts';
import { deadlineText, dollarText, instantText, sharesText } from './case-text.ts';

/** The page of a case in the Temporal Web UI (current details): markdown, in the order a person asks. */
export function casePage(state: LadderState, next: Deadline | null): string {
  return [
    `## ${state.rung}${state.episode === 0 ? '' : ` — episode ${String(state.episode)}`}`,
    '',
    whyLine(state),
    '',
    `**Next:** ${nextLine(state, next)}`,
    ...holdLines(state),
    ...stressLines(state),
    ...peopleLines(state),
    ...callLines(state),
    ...orderLines(state),
    ...figureLines(state),
    ...acknowledgementLines(state),
  ].join('\n');
}

function whyLine(state: LadderState): string {
  const demand = `**${dollarText(state.call?.notifiedDemandE4 ?? 0)}**`;
  const excess = excessText(state);
  switch (state.rung) {
    case 'ACTIVE':
      return `Nothing is asked of this account; ${excess}.`;
    case 'WARNING':
      return `The excess is inside the warning band, nothing is asked of the customer yet; ${excess}.`;
    case 'MARGIN_CALL':
      return `A margin call of ${demand} is open; ${excess}.`;
    case 'RESTRICTED':
      return `The margin call of ${demand} is past due, the account is close-only; ${excess}.`;
    case 'LIQUIDATING':
      return `Positions are being sold or covered for the call of ${demand}, the account is close-only; ${excess}.`;
    case 'UNSECURED_DEFICIT':
      return `Nothing is left to sell; ${excess}. **This belongs to a person.**`;
  }
}

function excessText({ figures }: LadderState): string {
  if (figures === null) return 'there are no figures yet';
  if (figures.status === 'INDETERMINATE') {
    return figures.blockedBy === undefined
      ? 'a held position has no price'
      : '**its books are blocked until a person clears them**';
  }
  const { excessE4, deficiencyE4 } = figures;
  return deficiencyE4 > 0
    ? `**${dollarText(deficiencyE4)} is missing**`
    : `the excess is ${dollarText(excessE4)}`;
}

function nextLine(state: LadderState, next: Deadline | null): string {
  if (isAwaitingRelease(state))
    return state.release?.braked
      ? '**waiting for release**: the liquidation brake is on, two persons have to release it.'
      : '**waiting for release**: a person has to release the liquidation.';
  if (next !== null) return `${deadlineText(state, next)} at ${instantText(next.at)}`;
  return state.rung === 'ACTIVE'
    ? 'nothing until the account is in trouble.'
    : 'news of the account.';
}

function holdLines({ hold }: LadderState): string[] {
  if (hold === null) return [];
  const { code, what, observed, limit } = hold.reason;
  return [
    '',
    `**On hold** since ${instantText(hold.since)}: ${code} — ${what}: ${observed}, limit ${limit}. Nothing escalates.`,
  ];
}

function stressLines({ stress: { verdict, since, actAt, heldSince } }: LadderState): string[] {
  if (heldSince !== null) {
    const off = actAt === null ? '' : ` Lifted at ${instantText(actAt)} if that stays so.`;
    const now = verdict === 'CLEAR' ? ` No move would since ${instantText(since)}.` : '';
    return [
      '',
      `**Close-only for stress** since ${instantText(heldSince)}: a severe move of the market would leave a deficiency.${now}${off}`,
    ];
  }
  if (actAt === null) return [];
  return [
    '',
    `A severe move of the market would leave a deficiency since ${instantText(since)}: close-only at ${instantText(actAt)} if that stays so.`,
  ];
}

/** What people have said that holds escalation back. */
function peopleLines({ enforcementHold, funds, release }: LadderState): string[] {
  const lines: string[] = [];
  if (enforcementHold !== null) {
    const { by, since, reason, resumeAskedBy } = enforcementHold;
    const resume = resumeAskedBy === null ? '' : ` **${resumeAskedBy}** asks to resume.`;
    lines.push(
      '',
      `**Enforcement held** by **${by}** since ${instantText(since)}: ${reason}. Nothing escalates.${resume}`,
    );
  }
  if (funds !== null) {
    const { by, amountE4, evidence, expiresAt, isOver } = funds;
    const until = `${isOver ? 'expired' : 'holds escalation until'} ${instantText(expiresAt)}`;
    lines.push(
      '',
      `**Funds pending**: ${dollarText(amountE4)}, says **${by}** (${evidence}); ${until}.`,
    );
  }
  if (release !== null && release.releasedBy.length > 0) {
    lines.push('', `**Released** by ${release.releasedBy.join(' and ')}.`);
  }
  return lines;
}

function callLines(state: LadderState): string[] {
  const { call, restriction } = state;
  if (call === null) return [];
  const demands = [call.originalDemandE4, call.currentDemandE4, call.peakDemandE4];
  return table('Call', [
    ['Demand', dollarText(call.notifiedDemandE4)],
    ['Original / current / peak', demands.map(dollarText).join(' / ')],
    ['Paid in or sold since', creditedText(state, call)],
    ['Outstanding', dollarText(outstandingE4(call, state.figures))],
    ['Issued', call.issuedAt === null ? 'not acknowledged yet' : instantText(call.issuedAt)],
    ...(state.acceleratedAt === null ? [] : [['Accelerated', instantText(state.acceleratedAt)]]),
    ['Due', call.issuedAt === null ? 'counts from the acknowledgement' : instantText(call.dueAt)],
    ...(restriction === null ? [] : restrictionRows(restriction)),
  ]);
}

function restrictionRows({ restrictedAt, liquidateAt }: Restriction): string[][] {
  const started = restrictedAt !== null;
  return [
    ['Close-only since', started ? instantText(restrictedAt) : 'not acknowledged yet'],
    ['Liquidation from', started ? instantText(liquidateAt) : 'counts from the restriction'],
  ];
}

function creditedText({ figures }: LadderState, { creditedAtIssueE4 }: Call): string {
  return dollarText((figures?.creditedTotalE4 ?? creditedAtIssueE4) - creditedAtIssueE4);
}

function table(title: string, rows: readonly (readonly string[])[]): string[] {
  return ['', `| ${title} | |`, '| --- | --- |', ...rows.map((row) => `| ${row.join(' | ')} |`)];
}

function orderLines({ orders }: LadderState): string[] {
  if (orders.length === 0) return [];
  const rows = orders.map(
    (order) =>
      `| ${order.side} ${sharesText(order.qtyE4, order.symbol)} | ${sharesText(order.cumQtyE4, '')} | ${
        order.terminal ? 'done' : `working until ${instantText(order.validUntil)}`
      } |`,
  );
  return ['', '| Liquidation order | Filled | |', '| --- | --- | --- |', ...rows];
}

function figureLines({ figures, policy }: LadderState): string[] {
  if (figures === null) return [];
  const { generation, sequence } = figures.version;
  const amounts =
    figures.status === 'INDETERMINATE'
      ? [
          ['No price for', figures.pricesMissing.join(', ')],
          ...(figures.blockedBy === undefined
            ? []
            : [['Blocked by', figures.blockedBy.join(', ')]]),
        ]
      : [
          ['Equity', dollarText(figures.equityE4)],
          ['Requirement', dollarText(figures.maintenanceReqE4)],
          ['Excess', dollarText(figures.excessE4)],
          ['Deficiency', dollarText(figures.deficiencyE4)],
        ];
  return table('Figures', [
    ['Status', figures.status],
    ...amounts,
    ['Computed', instantText(figures.asOf)],
    ['Version', `generation ${String(generation)}, sequence ${String(sequence)}`],
    ...(policy === null ? [] : [['Policy', policy.version]]),
  ]);
}

/** What a reader of the page needs; audit.v1 has all. */
const ACKNOWLEDGEMENTS_SHOWN_MAX = 5;

function acknowledgementLines({ acknowledgements }: LadderState): string[] {
  if (acknowledgements.length === 0) return ['', 'Nobody has acknowledged this case yet.'];
  const shown = acknowledgements.slice(-ACKNOWLEDGEMENTS_SHOWN_MAX).reverse();
  return [
    '',
    ...shown.map(
      ({ by, at, note }) =>
        `- seen by **${by}** at ${instantText(at)}${note === null ? '' : `: ${note}`}`,
    ),
  ];
}

import type { MarginCalcRecord, StressRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import { dollars } from '../expectations.ts';
import type { Narrator } from '../expectations.ts';
import {
  REFERENCE_WALK,
  REFERENCE_WALK_ACCOUNT as ACCOUNT,
  REFERENCE_WALK_START as START,
} from '../reference-walk.expected.ts';
import type { WalkFigures, WalkStep } from '../reference-walk.expected.ts';
import type { Story, Telling } from '../story.ts';

const FIGURES = [
  'total_mv',
  'equity',
  'maintenance_req',
  'excess',
  'beta_weighted_exposure',
] as const satisfies readonly (keyof WalkFigures)[];

/** The reference's scenario: SPY falls by 8 %, a concentrated account with a beta of 1.8 stays healthy. */
export const referenceWalk: Story = {
  title: `1. The reference walk: ${ACCOUNT} while SPY falls by 8 %`,
  tell: async (telling) => {
    await openAccount(telling);
    for (const step of REFERENCE_WALK) await walk(telling, step);
    const { observer, narrator } = telling;
    narrator.check('margin calls', '0', String(observer.of(TOPICS.marginCalls, ACCOUNT).length));
  },
};

async function openAccount({ feed, observer, narrator }: Telling): Promise<void> {
  await feed.betas({ [START.symbol]: START.beta, SPY: 1 });
  await feed.prices({ [START.symbol]: START.price, SPY: 450 });
  await feed.cash(ACCOUNT, START.deposit);
  // Cash and fills are topics of their own: bought before it was paid in, the account would be called.
  await observer.figures(ACCOUNT, ({ cash }) => cash === START.deposit);
  await feed.fill(ACCOUNT, START.symbol, START.qty, START.price);
  const { record } = await observer.figures(ACCOUNT, (calc) => calc.positions.length === 1);
  const { cash } = await observer
    .figures(ACCOUNT, (calc) => calc.cash === START.cash)
    .then(({ record: settled }) => settled);
  narrator.say(
    `${ACCOUNT} deposits ${dollars(START.deposit)} and buys ${String(START.qty)} ${START.symbol} at ${String(START.price)}`,
  );
  narrator.money('cash after the buy', START.cash, cash);
  narrator.check('position', String(START.qty), String(record.positions[0]?.qty));
}

async function walk({ feed, observer, narrator }: Telling, step: WalkStep): Promise<void> {
  await feed.prices({ SPY: step.spy, [START.symbol]: step.nvda });
  const { record } = await observer.figures(
    ACCOUNT,
    (calc) => calc.positions[0]?.price === step.nvda && calc.cash === START.cash,
  );
  narrator.say(`${step.at}  SPY ${String(step.spy)}, ${START.symbol} ${String(step.nvda)}`);
  for (const figure of FIGURES) narrator.money(figure, step.figures[figure], record[figure]);
  narrator.check('status', step.figures.status, record.status);
  const rows = await observer.stress(record);
  if (step.stress === null) return;
  const fall = rows.find(({ scenario }) => scenario === step.stress?.scenario);
  narrator.money('SPY −8 % from here: ΔP&L', step.stress.delta_pnl, fall?.delta_pnl);
  narrator.money('  equity', step.stress.equity_stressed, fall?.equity_stressed);
  narrator.money('  excess', step.stress.excess_stressed, fall?.excess_stressed);
  narrator.check('  underwater', 'no', fall?.underwater === false ? 'no' : 'yes');
  if (step === REFERENCE_WALK.at(-1)) tellStress(narrator, record, rows);
}

function tellStress(
  narrator: Narrator,
  calc: MarginCalcRecord,
  rows: readonly StressRecord[],
): void {
  narrator.say(`stress of ${calc.account_id}, requirement kept`);
  narrator.note('   SPY          ΔP&L         equity         excess   underwater');
  for (const row of rows) {
    const scenario = `${(row.scenario * 100).toFixed(0)} %`.padStart(6);
    const amounts = [row.delta_pnl, row.equity_stressed, row.excess_stressed]
      .map((amount) => dollars(amount).padStart(14))
      .join(' ');
    narrator.note(`${scenario} ${amounts}   ${row.underwater ? 'yes' : 'no'}`);
  }
  narrator.check('stress rows', '8', String(rows.length));
}

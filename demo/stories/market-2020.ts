import { BrakeDesk } from '../brake-desk.ts';
import { dollars } from '../expectations.ts';
import type { Narrator } from '../expectations.ts';
import type { Observer } from '../observer.ts';
import type { Story, Telling } from '../story.ts';
import { ACCOUNTS } from '../market-2020/book.ts';
import type { BookAccount } from '../market-2020/book.ts';
import { chronicleOf } from '../market-2020/chronicle.ts';
import type { AccountChronicle, ToldStep } from '../market-2020/chronicle.ts';
import { wrongFigures } from '../market-2020/figures-audit.ts';
import { firstSteps } from '../market-2020/first-steps.ts';
import { equityByExecutions } from '../market-2020/losses.ts';
import type { Prices } from '../market-2020/market.ts';
import { DAY_MS } from '../market-2020/pace.ts';
import { promisesOf } from '../market-2020/promises.ts';
import { dayTable, liquidationTable, worstDay } from '../market-2020/report.ts';
import { MARKET_SEED, marketStage } from '../market-2020/stage.ts';
import { marketResult } from '../market-2020/result.ts';
import type { MarketResult } from '../market-2020/result.ts';
import { openBook, playTape } from '../market-2020/tape.ts';

const SETTLED_MS_MAX = 10_000;

/** The S&P 500 from its high of 19 February 2020 to its low of 23 March drives a book of 200 accounts. */
export function market2020(keep: (result: MarketResult) => void): Story {
  return {
    title: '5. A real market: 200 accounts through February and March 2020',
    tell: async (telling) => {
      keep(await playMarket(telling));
    },
  };
}

/** Plays the market, checks all that was promised and returns what became of the book. */
async function playMarket(telling: Telling): Promise<MarketResult> {
  const { feed, observer, narrator, people } = telling;
  const { index, closes, book } = marketStage();
  const opening = closes[0] ?? {};
  narrator.say(`${String(ACCOUNTS)} accounts buy at the close of ${index[0]?.date ?? ''}`);
  narrator.note(
    'The index is real (npm vega-datasets). Accounts, symbols and betas are made up, seed',
  );
  narrator.note(
    `${String(MARKET_SEED)}: a symbol moves by beta × index and up to 1.2 % of its own.`,
  );
  await openBook(feed, observer, book, opening);
  narrator.say(
    `a trading day takes ${String(DAY_MS / 1000)} s: a call is due after four days, liquidation two days later`,
  );
  narrator.note(
    'The liquidation brake lets ten accounts go in 2 s. Two persons look at what it stops, and release it.',
  );
  const desk = new BrakeDesk(people, 'a crash of the whole market: the prices are right');
  const { starts, owed } = await playTape(feed, observer, book, closes);
  const released = await desk.close();
  await observer.caughtUp(SETTLED_MS_MAX);
  narrator.say(`the close of ${index.at(-1)?.date ?? ''}: the S&P 500 has lost a third`);
  narrator.note(
    released === 0
      ? 'The brake had nothing to stop.'
      : `The brake went on ${String(released)} times, and two persons released it.`,
  );
  const chronicles = book.map((account) => chronicleOf(observer, account));
  const result = marketResult(chronicles, index, starts);
  tellResult(narrator, result);
  checkFigures(narrator, observer, book, closes);
  checkLosses(narrator, chronicles, closes);
  narrator.check(
    'figures, warnings and calls owed at the end of a day, anything at the end',
    'none',
    listText(owed),
  );
  checkFirstSteps(narrator, chronicles, closes, starts);
  for (const { what, broken } of promisesOf(chronicles)) {
    narrator.check(what, 'all', broken.length === 0 ? 'all' : `not ${listText(broken)}`);
  }
  return result;
}

function tellResult(narrator: Narrator, result: MarketResult): void {
  for (const line of dayTable(result)) narrator.note(line);
  narrator.say('whom the firm sold out most');
  for (const line of liquidationTable(result)) narrator.note(line);
  const { accounts } = result;
  const gain = accounts.reduce((sum, each) => sum + each.gain, 0);
  const unsecured = accounts.filter((each) => each.unsecured > 0);
  const owed = unsecured.reduce((sum, each) => sum + each.unsecured, 0);
  const worst = worstDay(result);
  narrator.say(`customers: ${dollars(gain)} in all`);
  narrator.say(
    `the firm: ${dollars(owed)} that ${String(unsecured.length)} accounts owe and cannot pay; its worst day ${worst.date}, ${dollars(-worst.loss)}`,
  );
}

/** Every version of every account's figures, to the hundredth of a cent. */
function checkFigures(
  narrator: Narrator,
  observer: Observer,
  book: readonly BookAccount[],
  closes: readonly Prices[],
): void {
  const wrong = book.flatMap((account) => wrongFigures(observer, account, closes));
  narrator.check(
    'figures that a recomputation from fills, cash and closes disagrees with',
    'none',
    listText(
      wrong.map(
        ({ accountId, version, field, expected, seen }) =>
          `${accountId} ${version} ${field} ${seen}, not ${expected}`,
      ),
    ),
  );
}

/** What is left of every account, from the executions and the closes alone. */
function checkLosses(
  narrator: Narrator,
  chronicles: readonly AccountChronicle[],
  closes: readonly Prices[],
): void {
  const wrong = chronicles.filter(
    (each) => each.figures.at(-1)?.record.equity !== equityByExecutions(each, closes),
  );
  narrator.check(
    'losses that executions and closes do not add up to',
    'none',
    listText(wrong.map(({ account }) => account.accountId)),
  );
}

/** Who is first warned and called on which day: known from the closes before anything is played. */
function checkFirstSteps(
  narrator: Narrator,
  chronicles: readonly AccountChronicle[],
  closes: readonly Prices[],
  starts: readonly number[],
): void {
  const dayOf = ({ steps }: AccountChronicle, step: ToldStep['step']): number | null => {
    const told = steps.find((each) => each.step === step);
    return told === undefined ? null : starts.findLastIndex((start) => start <= told.at);
  };
  const wrong = chronicles.filter((chronicle) => {
    const expected = firstSteps(chronicle.account, closes);
    if (expected === null) return false;
    const warned = dayOf(chronicle, 'WARNING') === expected.warnedOn;
    return !warned || dayOf(chronicle, 'MARGIN_CALL') !== expected.calledOn;
  });
  narrator.check(
    'accounts first warned or called on another day than the closes give',
    'none',
    listText(wrong.map(({ account }) => account.accountId)),
  );
}

const LIST_MAX = 5;

/** A few of them, and how many there are more. */
function listText(all: readonly string[]): string {
  if (all.length === 0) return 'none';
  const more = all.length > LIST_MAX ? ` and ${String(all.length - LIST_MAX)} more` : '';
  return `${all.slice(0, LIST_MAX).join(', ')}${more}`;
}

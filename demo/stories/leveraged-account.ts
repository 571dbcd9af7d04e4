import { TOPICS } from '#contracts/topics.ts';
import { checkNotices, showNotice } from '../customer-notices.ts';
import { dollars } from '../expectations.ts';
import { tellCase } from '../story.ts';
import type { Story, Telling } from '../story.ts';

const ACCOUNT = 'ACC_DEMO_002';
/** Preset `demo`: due 6 s after the call, liquidation 3 s after the restriction. */
const DUE_AFTER_MS = 6_000;
const GRACE_MS = 3_000;
const STEP_TIMEOUT_MS = 60_000;

/**
 * A leveraged account that goes all the way. The figures are worked out by hand, at 25 %:
 * TSLA 305: MV 89,000, equity 26,000, requirement 22,250, excess 3,750 < 5 % of 89,000.
 * TSLA 270: MV 82,000, equity 19,000, requirement 20,500, deficiency 1,500. To cure: 1,500 + 1 % of
 * 82,000 = 2,320, so sales of 9,280; TSLA has the higher beta: 35 shares release 2,362.50, 34 do not do.
 */
export const leveragedAccount: Story = {
  title: '2. A leveraged account goes all the way',
  tell: async (telling) => {
    await openAccount(telling);
    await warn(telling);
    await call(telling);
    await restrict(telling);
    await liquidate(telling);
    await cure(telling);
  },
};

async function openAccount({ feed, observer, narrator }: Telling): Promise<void> {
  await feed.betas({ TSLA: 2, KO: 0.6 });
  await feed.prices({ TSLA: 400, KO: 70 });
  await feed.cash(ACCOUNT, 45_000);
  // Cash and fills are topics of their own: bought before it was paid in, the account would be called.
  await observer.figures(ACCOUNT, ({ cash }) => cash === 45_000);
  await feed.fill(ACCOUNT, 'TSLA', 200, 400);
  await feed.fill(ACCOUNT, 'KO', 400, 70);
  const { record } = await observer.figures(ACCOUNT, (calc) => calc.maintenance_req === 27_000);
  narrator.say(`${ACCOUNT} deposits $45,000 and buys 200 TSLA at 400 and 400 KO at 70 on margin`);
  narrator.money('debit', -63_000, record.cash);
  narrator.money('excess', 18_000, record.excess);
  narrator.check('status', 'ACTIVE', record.status);
}

async function warn({ feed, observer, narrator }: Telling): Promise<void> {
  await feed.prices({ TSLA: 305 });
  const warning = await observer.until(
    TOPICS.marginCalls,
    ACCOUNT,
    ({ action }) => action === 'WARNING',
    STEP_TIMEOUT_MS,
  );
  narrator.say('TSLA falls to 305: warned');
  narrator.money('excess, below 5 % of market value', 3_750, warning.record.excess);
}

async function call(telling: Telling): Promise<void> {
  const { feed, observer, narrator } = telling;
  await feed.prices({ TSLA: 270 });
  const issued = await observer.until(
    TOPICS.marginCalls,
    ACCOUNT,
    ({ action }) => action === 'MARGIN_CALL',
    STEP_TIMEOUT_MS,
  );
  narrator.say('TSLA falls to 270: margin call');
  narrator.money('deficiency', 1_500, issued.record.deficiency);
  narrator.money('demand, with the buffer', 2_320, issued.record.demand);
  await tellCase(telling, ACCOUNT);
  await showNotice(telling, ACCOUNT, 'MARGIN_CALL');
}

async function restrict({ observer, narrator }: Telling): Promise<void> {
  const issued = await observer.until(
    TOPICS.marginCalls,
    ACCOUNT,
    ({ action }) => action === 'MARGIN_CALL',
    STEP_TIMEOUT_MS,
  );
  const pastDue = await observer.until(
    TOPICS.marginCalls,
    ACCOUNT,
    ({ action }) => action === 'PAST_DUE',
    DUE_AFTER_MS + STEP_TIMEOUT_MS,
  );
  const closeOnly = await observer.until(
    TOPICS.restrictions,
    ACCOUNT,
    ({ action, holder }) => holder === 'stale-call' && action === 'CLOSE_ONLY',
    STEP_TIMEOUT_MS,
  );
  narrator.say(`past due ${seconds(pastDue.at - issued.at)} after the call: close-only`);
  narrator.check(
    'past due not early',
    'yes',
    pastDue.at - issued.at >= DUE_AFTER_MS ? 'yes' : 'no',
  );
  narrator.check('restriction', 'CLOSE_ONLY', closeOnly.record.action);
}

async function liquidate({ observer, narrator }: Telling): Promise<void> {
  const closeOnly = await observer.until(
    TOPICS.restrictions,
    ACCOUNT,
    ({ action, holder }) => holder === 'stale-call' && action === 'CLOSE_ONLY',
    STEP_TIMEOUT_MS,
  );
  const triggered = await observer.until(
    TOPICS.liquidations,
    ACCOUNT,
    ({ action }) => action === 'TRIGGERED',
    GRACE_MS + STEP_TIMEOUT_MS,
  );
  narrator.say(`liquidation ${seconds(triggered.at - closeOnly.at)} after close-only`);
  narrator.check(
    'grace not cut short',
    'yes',
    triggered.at - closeOnly.at >= GRACE_MS ? 'yes' : 'no',
  );
  const order = await observer.until(
    TOPICS.liquidationOrders,
    ACCOUNT,
    () => true,
    STEP_TIMEOUT_MS,
  );
  const { side, qty, symbol } = order.record;
  narrator.check(
    'order, highest beta first, least shares',
    'SELL 35 TSLA',
    `${side} ${String(qty)} ${symbol}`,
  );
  const execution = await observer.until(
    TOPICS.executions,
    ACCOUNT,
    ({ leaves_qty: leaves }) => leaves === 0,
    STEP_TIMEOUT_MS,
  );
  const { status, cum_qty: cumQty, last_price: lastPrice } = execution.record;
  narrator.say('the paper venue executes the order');
  narrator.check(
    'execution',
    'FILLED 35 at $270.00',
    `${status} ${String(cumQty)} at ${dollars(lastPrice ?? 0)}`,
  );
}

async function cure(telling: Telling): Promise<void> {
  const { feed, observer, narrator } = telling;
  const met = await observer.until(
    TOPICS.marginCalls,
    ACCOUNT,
    ({ action }) => action === 'MET',
    STEP_TIMEOUT_MS,
  );
  await observer.until(
    TOPICS.restrictions,
    ACCOUNT,
    ({ action, holder }) => holder === 'stale-call' && action === 'LIFTED',
    STEP_TIMEOUT_MS,
  );
  const completed = await observer.until(
    TOPICS.liquidations,
    ACCOUNT,
    ({ action }) => action === 'COMPLETED',
    STEP_TIMEOUT_MS,
  );
  const { record } = await observer.figures(ACCOUNT, (calc) => calc.maintenance_req === 18_137.5);
  narrator.say('cured: the call is met, the restriction lifted');
  narrator.check('met by', 'LIQUIDATION', met.record.met_by ?? '—');
  narrator.money('residual deficiency', 0, completed.record.residual_deficiency);
  narrator.money('equity, as before the sale', 19_000, record.equity);
  narrator.money('requirement', 18_137.5, record.maintenance_req);
  narrator.money('excess', 862.5, record.excess);
  narrator.check('rung', 'WARNING', met.record.rung);
  await feed.prices({ TSLA: 320 });
  const { record: recovered } = await observer.figures(
    ACCOUNT,
    (calc) => calc.status === 'ACTIVE' && calc.long_mv === 80_800,
  );
  narrator.say('TSLA recovers to 320');
  narrator.money('excess', 7_050, recovered.excess);
  narrator.check('status', 'ACTIVE', recovered.status);
  const once = observer.of(TOPICS.marginCalls, ACCOUNT).map(({ record: event }) => event.action);
  narrator.check('every step once, in order', 'WARNING MARGIN_CALL PAST_DUE MET', once.join(' '));
  await checkNotices(telling, ACCOUNT, [
    'WARNING',
    'MARGIN_CALL',
    'CLOSE_ONLY',
    'LIQUIDATION_STARTED',
    'CALL_MET',
    'LIQUIDATION_COMPLETED',
    'RESTRICTION_LIFTED',
  ]);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

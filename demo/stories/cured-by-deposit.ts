import { TOPICS } from '#contracts/topics.ts';
import { tellCase } from '../story.ts';
import type { Story, Telling } from '../story.ts';

const ACCOUNT = 'ACC_DEMO_003';
const STEP_TIMEOUT_MS = 60_000;
/** Preset `demo`: a call is due after 6 s. Waiting longer shows that the cured call never came due. */
const DUE_AFTER_MS = 6_000;

/**
 * An account cured by a deposit before it is past due. At 25 %, AMD 170: MV 51,000, equity 11,000,
 * requirement 12,750, deficiency 1,750; with $5,000 more the excess is 3,250, above 5 % of 51,000.
 */
export const curedByDeposit: Story = {
  title: '3. An account is cured by a deposit before its call is due',
  tell: async (telling) => {
    await callAndPay(telling);
    await cure(telling);
  },
};

async function callAndPay(telling: Telling): Promise<void> {
  const { feed, observer, narrator } = telling;
  await feed.betas({ AMD: 1.7 });
  await feed.prices({ AMD: 300 });
  await feed.cash(ACCOUNT, 50_000);
  // Cash and fills are topics of their own: bought before it was paid in, the account would be called.
  await observer.figures(ACCOUNT, ({ cash }) => cash === 50_000);
  await feed.fill(ACCOUNT, 'AMD', 300, 300);
  const { record } = await observer.figures(ACCOUNT, (calc) => calc.maintenance_req === 22_500);
  narrator.say(`${ACCOUNT} deposits $50,000 and buys 300 AMD at 300 on margin`);
  narrator.money('excess', 27_500, record.excess);
  await feed.prices({ AMD: 170 });
  const issued = await observer.until(
    TOPICS.marginCalls,
    ACCOUNT,
    ({ action }) => action === 'MARGIN_CALL',
    STEP_TIMEOUT_MS,
  );
  // At once, for on a busy machine the call may be due before all is told.
  await feed.cash(ACCOUNT, 5_000);
  narrator.say('AMD gaps down to 170: warned and called in one decision');
  narrator.money('deficiency', 1_750, issued.record.deficiency);
  narrator.money('demand, with 1 % of 51,000 as buffer', 2_260, issued.record.demand);
  await tellCase(telling, ACCOUNT);
}

async function cure({ observer, narrator }: Telling): Promise<void> {
  const issued = await observer.until(
    TOPICS.marginCalls,
    ACCOUNT,
    ({ action }) => action === 'MARGIN_CALL',
    STEP_TIMEOUT_MS,
  );
  const met = await observer.until(
    TOPICS.marginCalls,
    ACCOUNT,
    ({ action }) => action === 'MET',
    STEP_TIMEOUT_MS,
  );
  narrator.say('$5,000 arrive: the call is met');
  narrator.check('met by', 'CREDIT', met.record.met_by ?? '—');
  narrator.money('excess', 3_250, met.record.excess);
  narrator.check('rung', 'ACTIVE', met.record.rung);
  const restOfTheTerm = issued.at + DUE_AFTER_MS + 1_000 - Date.now();
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, restOfTheTerm)));
  narrator.say('the instant at which the call would have been due has passed');
  const actions = observer.of(TOPICS.marginCalls, ACCOUNT).map(({ record }) => record.action);
  narrator.check('every step once, in order', 'WARNING MARGIN_CALL MET', actions.join(' '));
  const restrictions = observer.of(TOPICS.restrictions, ACCOUNT).length;
  narrator.check('restrictions', '0', String(restrictions));
}

import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { priceSchema } from '#contracts/ingest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { releaseBrake } from '#demo/brake-desk.ts';
import { readPrivateKey } from '#platform/identity/keys.ts';
import { mintToken } from '#platform/identity/mint-token.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { loadPolicy } from '#platform/policies.ts';
import { createCases } from '#platform/temporal/cases.ts';
import { connectTemporal } from '#platform/temporal/connection.ts';
import type { AcknowledgedCase } from '#ports/cases.ts';
import type { InboundRecord } from '#ports/records.ts';
import type { Progress } from '#stack/progress.ts';
import { foldInputs } from '../account-fold.ts';
import { testLogger } from '../kafka-fixture.ts';
import { breakThings } from './break-things.ts';
import type { BrokenThing } from './break-things.ts';
import { callFindings } from './calls.ts';
import { faultText, planFaults } from './fault-plan.ts';
import type { Fault, PlanShape } from './fault-plan.ts';
import { Load } from './load.ts';
import { repeatedNotices, repeatedSteps, repeatedStress, wrongOrders } from './once.ts';
import { wrongFigures } from './right-figures.ts';
import { wrongRungs } from './right-rungs.ts';
import { RunWatch } from './run-watch.ts';
import { shownAccounts } from './shown-accounts.ts';
import { timerFindings } from './timers.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

/** Breaks a product under load by a seed's plan, lets it come to rest, and judges what it did. */

export interface RecoveryOptions {
  readonly seed: number;
  readonly shape: PlanShape;
  readonly partitions: number;
  readonly steadyAccounts: number;
  readonly fillEveryMs: number;
  readonly fallEveryMs: number;
  /** Load before the first fault and after the last. */
  readonly calmMs: number;
  /** By then everything has to be at rest again, unaided. */
  readonly restMsMax: number;
  readonly progress: Progress;
  readonly say: (line: string) => void;
}

export interface RecoveryResult {
  readonly seed: number;
  readonly plan: readonly Fault[];
  readonly broken: readonly BrokenThing[];
  /** Each a sentence; none is a pass. */
  readonly failures: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  /** Milliseconds, not sorted. */
  readonly canaryMs: readonly number[];
  readonly canarySentAt: readonly number[];
  readonly callDelayMs: readonly number[];
  readonly timerLatenessMs: readonly number[];
  /** From the end of the load to rest. */
  readonly restedMs: number;
  readonly ranMs: number;
  /** Processes that ended although nobody had killed them, and were started again. */
  readonly ownEnds: readonly string[];
  readonly logs: string;
}

const LOOK_AGAIN_MS = 1_000;
const TOKEN_MS = 24 * 3_600_000;
const CAUGHT_UP_MS = 60_000;
const API_ANSWER_MS = 10_000;
const FUNDED_MS_MAX = 120_000;
/** Below the line for longer than this without a call is a call that was missed. */
const CALL_MS_MAX = 60_000;

/** Runs a plan to its verdict. */
export async function runRecovery(options: RecoveryOptions): Promise<RecoveryResult> {
  const { say } = options;
  const world = await openWorld(options);
  let failed = true;
  try {
    const plan = planFaults(options.seed, world, options.shape);
    say(`seed ${String(options.seed)}: ${String(plan.length)} faults`);
    for (const fault of plan) say(faultText(fault));
    const result = await runPlan(world, plan, options);
    failed = result.failures.length > 0;
    return result;
  } finally {
    await world.close(failed);
    if (failed) say(`logs and data are kept in ${world.logs}`);
  }
}

async function runPlan(
  world: World,
  plan: readonly Fault[],
  options: RecoveryOptions,
): Promise<RecoveryResult> {
  const startedAt = performance.now();
  const watch = new RunWatch();
  const watcher = createLogReader(readerOf(world), { onFatal: fail });
  await watcher.start(RunWatch.topics, (records) => {
    watch.read(records);
  });
  const load = new Load({
    ...options,
    apiUrl: world.apiUrl,
    token: await tokenOf(world, 'feed'),
  });
  try {
    await within('the accounts to be funded', FUNDED_MS_MAX, load.start());
    await sleep(options.calmMs);
    const broken = await breakThings(world, plan, options.say);
    await sleep(options.calmMs);
    await within('what was sent to be accepted', options.restMsMax, load.stopTrading());

    const stoppedAt = performance.now();
    const unrest = await restOf(world, watch, options.restMsMax);
    const restedMs = performance.now() - stoppedAt;
    await watcher.caughtUp(CAUGHT_UP_MS);
    const policy = loadPolicy('demo');
    const timers = timerFindings(watch.events, watch.accelerated, policy);
    const calls = callFindings(watch.events, watch.troubles, CALL_MS_MAX, Date.now());
    const lost = await lostInputs(world, load);
    return {
      seed: options.seed,
      plan,
      broken,
      failures: [
        ...watch.wrongs,
        ...unrest,
        ...lost,
        ...load.refused.map((refused) => `the API refused ${refused}`),
        ...repeatedSteps(watch.events),
        ...repeatedNotices(watch.deliveries),
        ...repeatedStress(watch.events),
        ...wrongOrders(watch.orders, watch.executions),
        ...timers.early,
        ...calls.missed,
      ],
      counts: {
        'inputs accepted': load.accepted.size,
        'requests sent again': load.repeatedPosts,
        'accounts below the line': load.fallen,
        'figures published': watch.figuresSeen,
        'events of cases': watch.events.length,
        'liquidation orders': watch.orders.size,
        'records written twice under one id': watch.repeats,
      },
      canaryMs: load.canarySentAt.flatMap((at, n) => {
        const seen = watch.canarySeenAt[n];
        return seen === undefined ? [] : [Math.max(0, seen - at)];
      }),
      canarySentAt: load.canarySentAt,
      callDelayMs: calls.delayMs,
      timerLatenessMs: timers.latenessMs,
      restedMs,
      ranMs: performance.now() - startedAt,
      ownEnds: world.ownEnds().flatMap(({ name, how }) => how.map((end) => `${name}: ${end}`)),
      logs: world.logs,
    };
  } finally {
    await load.stop();
    await watcher.stop();
  }
}

/** Waits until nothing is wrong any more; what still is when the time is over. */
async function restOf(world: World, watch: RunWatch, restMsMax: number): Promise<string[]> {
  const deadline = performance.now() + restMsMax;
  for (;;) {
    // What cannot be asked in time is not at rest.
    const unrest = await lookForUnrest(world, watch).catch((error: unknown) => [
      `it cannot be seen whether all is at rest: ${String(error)}`,
    ]);
    if (unrest.length === 0 || performance.now() > deadline) return unrest;
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Cheap questions first: the inputs are read anew only when all else is at rest. */
async function lookForUnrest(world: World, watch: RunWatch): Promise<string[]> {
  const asleep = world.processes.filter((name) => !world.process(name).runs());
  if (asleep.length > 0) return asleep.map((name) => `${name} does not run`);
  const notReady = await world.notReady();
  if (notReady.length > 0) return notReady;
  const people = {
    apiUrl: world.apiUrl,
    tokenOf: (role: 'approver', subject: string) => tokenOf(world, role, subject),
  };
  await releaseBrake(people, 'an outage: all of them were looked at');
  const { hysteresisRate } = loadPolicy('demo');
  const cases = await casesOf(world);
  const rungs = wrongRungs(watch.figures, cases, hysteresisRate.num / hysteresisRate.den);
  if (rungs.length > 0) return rungs;
  const indexed = await wrongIndex(world, watch, cases);
  if (indexed.length > 0) return indexed;
  const { accounts } = await foldInputs({ readAll: (topic) => readAll(world, topic) });
  return wrongFigures(watch.figures, accounts, await lastPrices(world));
}

/** The state index, as the API shows it, knows what the topics and Temporal know. */
async function wrongIndex(
  world: World,
  watch: RunWatch,
  cases: ReadonlyMap<string, AcknowledgedCase>,
): Promise<string[]> {
  const headers = { authorization: `Bearer ${await tokenOf(world, 'viewer')}` };
  const listed = await shownAccounts(async (path) => {
    const signal = AbortSignal.timeout(API_ANSWER_MS);
    const answer = await fetch(`${world.apiUrl}${path}`, { headers, signal });
    return answer.json();
  });
  const wrong: string[] = [];
  for (const [accountId, { status, excess }] of watch.figures) {
    const is = { status, rung: cases.get(accountId)?.rung ?? 'ACTIVE', excess };
    const shown = listed.get(accountId);
    const shows = { status: shown?.status, rung: shown?.rung, excess: shown?.excess };
    if (JSON.stringify(shows) === JSON.stringify(is)) continue;
    wrong.push(`${accountId} is ${JSON.stringify(is)}, the index shows ${JSON.stringify(shows)}`);
  }
  return wrong;
}

async function casesOf(world: World): Promise<Map<string, AcknowledgedCase>> {
  const temporal = connectTemporal({
    address: world.temporalAddress,
    namespace: 'default',
    prefix: '',
  });
  try {
    const cases = new Map<string, AcknowledgedCase>();
    for await (const found of createCases(temporal.client, { prefix: '' }).acknowledged()) {
      cases.set(found.accountId, found);
    }
    return cases;
  } finally {
    await temporal.close();
  }
}

/** Everything that the API answered 202 for lies in its topic. */
async function lostInputs(world: World, load: Load): Promise<string[]> {
  const there = new Set<string>();
  for (const topic of [TOPICS.fills.name, TOPICS.cash.name]) {
    for (const { value } of await readAll(world, topic)) {
      const record = z
        .looseObject({ fill_id: z.string().optional(), cash_id: z.string().optional() })
        .parse(JSON.parse(String(value)));
      there.add(record.fill_id ?? record.cash_id ?? '');
    }
  }
  return [...load.accepted]
    .filter((id) => !there.has(id))
    .map((id) => `${id} was accepted and is in no topic`);
}

/** Dollars, by symbol: the last quote that was sent. */
async function lastPrices(world: World): Promise<Record<string, number>> {
  const prices: Record<string, number> = {};
  for (const { value } of await readAll(world, TOPICS.prices.name)) {
    const { symbol, price } = priceSchema.parse(JSON.parse(String(value)));
    prices[symbol] = price;
  }
  return prices;
}

async function readAll(world: World, topic: string): Promise<InboundRecord[]> {
  const records: InboundRecord[] = [];
  const reader = createLogReader(readerOf(world), { onFatal: fail });
  await reader.start([topic], (batch) => {
    records.push(...batch);
  });
  try {
    await reader.caughtUp(CAUGHT_UP_MS);
  } finally {
    await reader.stop();
  }
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

async function tokenOf(
  world: World,
  role: 'feed' | 'viewer' | 'approver',
  subject = `recovery-${role}`,
): Promise<string> {
  const key = await readPrivateKey(world.privateKeyFile);
  return mintToken({ subject, roles: [role] }, key, Date.now(), TOKEN_MS);
}

function readerOf({ kafkaBrokers }: World): Parameters<typeof createLogReader>[0] {
  return { brokers: kafkaBrokers, topicPrefix: '', clientId: 'recovery', logger: testLogger };
}

async function within<T>(what: string, timeoutMs: number, work: Promise<T>): Promise<T> {
  const late = new AbortController();
  try {
    return await Promise.race([
      work,
      sleep(timeoutMs, undefined, { signal: late.signal }).then(() => {
        throw new Error(`waited ${String(timeoutMs)} ms for ${what}`);
      }),
    ]);
  } finally {
    late.abort();
  }
}

function fail(error: unknown): never {
  throw error;
}

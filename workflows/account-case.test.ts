import { auditSchema, caseSnapshotSchema } from '#contracts/case-events.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Topic } from '#contracts/topics.ts';
import { E4 } from '#domain/money.ts';
import type { Policy } from '#domain/policy.ts';
import type { Sent } from '#ports/message-channel.ts';
import type { CaseWorld } from '#test/case-world.ts';
import { WALK_POLICY } from '#test/ladder-walk.ts';
import { CaseServer, seen, until } from '#test/temporal.ts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

let server: CaseServer;

beforeAll(async () => {
  server = await CaseServer.start();
});

afterAll(async () => {
  await server.stop();
});

/** The demo's policy with durations of hundreds of milliseconds. */
const POLICY: Policy = {
  ...WALK_POLICY,
  dueAfterMs: 900,
  graceMs: 400,
  marketCureMs: 400,
  staleRetryMs: 200,
  orderTtlMs: 60_000,
};
/** For what has to happen before a call is due, on a machine that may stand still for seconds. */
const PATIENT: Policy = { ...POLICY, dueAfterMs: 600_000, stressMs: 3_600_000 };

const HEALTHY = 500;
const STRESSED = 480;
const DEFICIENT = 390;

/** Runs a story with a fresh account and a worker. */
async function story(
  run: (world: CaseWorld, handle: WorkflowHandle) => Promise<void>,
  policy = POLICY,
): Promise<void> {
  const world = server.world(policy);
  const handle = server.temporal.client.workflow.getHandle(world.caseId);
  try {
    await server.withWorker(world, () => run(world, handle));
  } finally {
    await handle.terminate('the test is over').catch(() => undefined);
  }
}

const calls = (world: CaseWorld): unknown[] => world.actions('margin.calls.v1');
const called = (world: CaseWorld) => (): boolean => calls(world).includes('MARGIN_CALL');

/** What the page of a case in the Temporal Web UI says. */
async function page(handle: WorkflowHandle): Promise<string> {
  const metadata = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails ?? '';
}

interface StartedTimer {
  readonly summary: unknown;
  readonly startedAt: number;
  readonly lengthMs: number;
}

/** The timers that a run has set, with what a reader of the timeline sees. */
async function timers(handle: WorkflowHandle): Promise<StartedTimer[]> {
  const history = await handle.fetchHistory();
  return (history.events ?? []).flatMap((event) => {
    const timer = event.timerStartedEventAttributes;
    if (timer === null || timer === undefined) return [];
    const { seconds, nanos } = timer.startToFireTimeout ?? {};
    const summary = event.userMetadata?.summary;
    return [
      {
        summary: summary ? defaultPayloadConverter.fromPayload(summary) : undefined,
        startedAt: Number(event.eventTime?.seconds) * 1_000 + Number(event.eventTime?.nanos) / 1e6,
        lengthMs: Number(seconds) * 1_000 + Number(nanos) / 1e6,
      },
    ];
  });
}

describe('a new case', () => {
  test('asks the server for one activity until its call is told and its clock runs', async () => {
    await story(async (world, handle) => {
      await world.price(DEFICIENT);
      await seen(
        'the timer of the call',
        () => timers(handle),
        (found) => found.length > 0,
      );
      const { events } = await handle.fetchHistory();
      const asked = (events ?? []).flatMap(
        ({ activityTaskScheduledEventAttributes: scheduled }) =>
          scheduled?.activityType?.name ?? [],
      );
      expect(asked).toEqual(['issueMarginCall']);
      expect(calls(world)).toEqual(['WARNING', 'MARGIN_CALL']);
    }, PATIENT);
  });

  /** How a local activity may end, so that the ordinary one does its work. */
  const ENDS: [what: string, end: () => Promise<void>][] = [
    ['fails', () => Promise.reject(new Error('away'))],
    ['takes too long', () => new Promise((resolve) => setTimeout(resolve, 3_000))],
  ];

  test.each(ENDS)('is called although the first look at its figures %s', async (_what, end) => {
    await story(async (world, handle) => {
      world.whileReading = () => (world.readings === 1 ? end() : Promise.resolve());
      await world.price(DEFICIENT);
      await until('the call', called(world));
      await server.replay(handle);
      expect(calls(world)).toEqual(['WARNING', 'MARGIN_CALL']);
    }, PATIENT);
  });

  test.each(ENDS)('has its clock although the first record of it %s', async (_what, end) => {
    await story(async (world, handle) => {
      let ends = 1;
      world.beforeWriting = async (records) => {
        if (ends === 0 || !records.some(({ value }) => value?.includes('CLOCK_STARTED'))) return;
        ends -= 1;
        await end();
      };
      await world.price(DEFICIENT);
      await seen(
        'the timer of the call',
        () => timers(handle),
        (found) => found.length > 0,
      );
      await server.replay(handle);
      expect(world.actions('audit.v1')).toContain('CLOCK_STARTED');
      expect(ends).toBe(0);
    }, PATIENT);
  });
});

describe('a case that nobody pays', () => {
  test('goes all the way and sells itself back to health', async () => {
    await story(async (world, handle) => {
      await world.price(DEFICIENT);
      await until('the restriction is lifted', () =>
        world.actions('restrictions.v1').includes('LIFTED'),
      );

      expect(calls(world)).toEqual(['WARNING', 'MARGIN_CALL', 'PAST_DUE', 'MET']);
      expect(world.actions('restrictions.v1')).toEqual(['CLOSE_ONLY', 'LIFTED']);
      expect(world.actions('liquidations.v1')).toEqual(['TRIGGERED', 'COMPLETED']);
      expect(world.actions('liquidation.orders.v1')).toEqual(['SELL']);
      expect(world.actions('audit.v1')).toEqual([
        'WARNING',
        'MARGIN_CALL',
        'CLOCK_STARTED',
        'PAST_DUE',
        'CLOSE_ONLY',
        'CLOCK_STARTED',
        'LIQUIDATION_TRIGGERED',
        'LIQUIDATION_ORDERS',
        'MET',
        'LIQUIDATION_COMPLETED',
        'LIFTED',
      ]);
      await seen(
        'the rung after the cure',
        () => page(handle),
        (text) => text.includes('## WARNING'),
      );
    });
  });

  test('writes records that fit their topics, each event once, in the order of its case', async () => {
    await story(async (world) => {
      await world.price(DEFICIENT);
      await until('the restriction is lifted', () =>
        world.actions('restrictions.v1').includes('LIFTED'),
      );

      const topics = new Map(Object.values<Topic>(TOPICS).map((topic) => [topic.name, topic]));
      for (const { topic, record } of world.written) {
        expect(topics.get(topic)?.schema.safeParse(record).error).toBeUndefined();
      }
      const audit = world.written.filter(({ topic }) => topic === 'audit.v1');
      expect(new Set(audit.map(({ record }) => record.event_id)).size).toBe(audit.length);
      const versions = audit.map(({ record }) => {
        const details = record.details as { case: unknown };
        return caseSnapshotSchema.parse(details.case).case_version;
      });
      expect([...versions].sort()).toEqual(versions);
    });
  });

  test('tells the customer each step once, in order', async () => {
    await story(async (world) => {
      await world.price(DEFICIENT);
      await until('the customer hears of the end', () =>
        world.messages.some(({ content }) => content.kind === 'RESTRICTION_LIFTED'),
      );
      expect(world.messages.map(({ content }) => content.kind)).toEqual([
        'WARNING',
        'MARGIN_CALL',
        'CLOSE_ONLY',
        'LIQUIDATION_STARTED',
        'CALL_MET',
        'LIQUIDATION_COMPLETED',
        'RESTRICTION_LIFTED',
      ]);
      expect(new Set(world.messages.map(({ id }) => id)).size).toBe(world.messages.length);
    });
  });

  test('that is not told still runs out of time, and nobody is told twice by it', async () => {
    await story(async (world) => {
      world.deliver = () => Promise.resolve({ outcome: 'FAILED', reason: 'the server is away' });
      await world.price(DEFICIENT);
      await until('it is past due', () => calls(world).includes('PAST_DUE'));
      const attempted = world.written.filter(
        ({ topic, record }) => topic === 'notices.v1' && record.kind === 'MARGIN_CALL',
      );
      expect(attempted.map(({ record }) => record.state)).toEqual(['ATTEMPTED', 'FAILED']);
      const clockFrom = Number(attempted[0]?.record.timestamp);
      expect(world.when('PAST_DUE')).toBeGreaterThanOrEqual(clockFrom + POLICY.dueAfterMs);
      expect(world.actions('alerts.v1').length).toBeGreaterThan(0);
    });
  });

  test('that loses the worker while the customer is told goes on, and tells no step a second time', async () => {
    await story(async (world) => {
      let end: (sent: Sent) => void = () => undefined;
      world.deliver = () => {
        if (world.messages.length > 1) return Promise.resolve({ outcome: 'DELIVERED' });
        return new Promise((resolve) => (end = resolve));
      };
      await world.price(DEFICIENT);
      // The activity has 10 s: then another attempt finds on record that the customer may know.
      await until('the call is past due', () => calls(world).includes('PAST_DUE'));
      end({ outcome: 'UNKNOWN', reason: 'too late for anybody' });
      const told = world.messages.map(({ content }) => content.kind);
      expect(told.filter((kind) => kind === 'WARNING')).toHaveLength(1);
      expect(told.filter((kind) => kind === 'MARGIN_CALL')).toHaveLength(1);
    });
  });

  test('is never early: past due counts from the acknowledged call, liquidation from the restriction', async () => {
    await story(async (world) => {
      await world.price(DEFICIENT);
      await until('orders are sent', () => world.actions('liquidation.orders.v1').length > 0);
      const at = (action: string): number => world.when(action);
      expect(at('PAST_DUE')).toBeGreaterThanOrEqual(at('MARGIN_CALL') + POLICY.dueAfterMs);
      expect(at('TRIGGERED')).toBeGreaterThanOrEqual(at('CLOSE_ONLY') + POLICY.graceMs);
    });
  });

  test('sends no order that the firm has come to hold since the case decided', async () => {
    await story(async (world) => {
      world.holdWhenTelling('LIQUIDATION_STARTED');
      await world.price(DEFICIENT);
      await until('it holds', () => world.actions('audit.v1').includes('HELD'));
      expect(world.actions('liquidations.v1')).toEqual(['TRIGGERED']);
      expect(world.actions('liquidation.orders.v1')).toEqual([]);
      expect(world.actions('audit.v1').slice(-3)).toEqual([
        'LIQUIDATION_TRIGGERED',
        'LIQUIDATION_ORDERS_WITHHELD',
        'HELD',
      ]);
      world.held = [];
      await until('it is sold', () => world.actions('restrictions.v1').includes('LIFTED'));
      expect(world.actions('liquidation.orders.v1')).toEqual(['SELL']);
    });
  });

  test('waits for release where policy asks for a person, and says so', async () => {
    await story(
      async (world, handle) => {
        await world.price(DEFICIENT);
        await until('it waits', () => world.actions('audit.v1').includes('AWAITING_RELEASE'));
        expect(world.actions('liquidations.v1')).toEqual([]);
        await seen(
          'what it waits for',
          () => page(handle),
          (text) => text.includes('waiting for release'),
        );
      },
      { ...POLICY, liquidationRelease: 'ONE_PERSON' },
    );
  });
});

describe('a case that is paid in time', () => {
  test('is met by the deposit, rests, and continues as new with what it knows', async () => {
    await story(async (world, handle) => {
      await world.price(DEFICIENT);
      await until('the call is out', called(world));
      const firstRun = (await handle.describe()).runId;
      await world.deposit(60_000);
      await until('the call is met', () => calls(world).includes('MET'));

      const description = await seen(
        'another run',
        () => handle.describe(),
        ({ runId }) => runId !== firstRun,
      );
      expect(description.status.name).toBe('RUNNING');
      expect(attributes(description)).toMatchObject({
        SentinelRung: 'ACTIVE',
        SentinelDeficiency: 0,
      });
      expect(attributes(description)).not.toHaveProperty('SentinelDueAt');
      expect(description.historyLength).toBeLessThan(10);

      await world.price(200);
      await until(
        'a second call is out',
        () => calls(world).filter((c) => c === 'MARGIN_CALL').length === 2,
      );
      const episodes = world.written
        .filter(({ topic }) => topic === 'margin.calls.v1')
        .map(({ record }) => record.episode);
      expect(episodes).toEqual([1, 1, 1, 2, 2]);
    }, PATIENT);
  });
});

describe('an account that a severe move would drown', () => {
  test('is close-only until it is clear, and only then comes to rest', async () => {
    await story(
      async (world, handle) => {
        await world.price(STRESSED);
        const restrictions = (): unknown[] =>
          world.written
            .filter(({ topic }) => topic === 'restrictions.v1')
            .map(({ record }) => [record.action, record.holder, record.rung]);
        await until('it is close-only', () => restrictions().length === 1);
        await seen(
          'the page says it',
          () => page(handle),
          (text) => text.includes('**Close-only for stress** since'),
        );
        const { runId } = await seen(
          'it is found by its stress',
          () => handle.describe(),
          (description) => attributes(description).SentinelStress === 'UNDERWATER',
        );
        await world.deposit(60_000);
        await until('it is lifted', () => restrictions().length === 2);
        expect(restrictions()).toEqual([
          ['CLOSE_ONLY', 'stress', 'ACTIVE'],
          ['LIFTED', 'stress', 'ACTIVE'],
        ]);
        const rested = await seen(
          'it rests',
          () => handle.describe(),
          (description) => description.runId !== runId,
        );
        expect(attributes(rested)).not.toHaveProperty('SentinelStress');
        expect(calls(world)).toEqual([]);
        const told = world.written.filter(({ topic }) => topic === 'notices.v1');
        expect(new Set(told.map(({ record }) => record.kind))).toEqual(
          new Set(['STRESS_CLOSE_ONLY', 'STRESS_LIFTED']),
        );
      },
      { ...POLICY, stressMs: 300 },
    );
  });
});

describe('the page of a case', () => {
  test('tells what state it is in, what comes next and when, and who has seen it', async () => {
    await story(async (world, handle) => {
      await world.price(DEFICIENT);
      await until('the call is out', called(world));
      await handle.signal('acknowledge', {
        by: 'ann',
        at: Date.now(),
        note: 'calling the customer',
      });
      await until('it is recorded', () => world.actions('audit.v1').includes('ACKNOWLEDGED'));
      // The page follows the record, by a workflow task.
      const text = await seen(
        'who has seen it',
        () => page(handle),
        (shown) => shown.includes('seen by **ann**'),
      );
      expect(text).toContain('## MARGIN_CALL — episode 1');
      expect(text).toContain('A margin call of **$5,700.00** is open; **$3,750.00 is missing**.');
      expect(text).toContain('**Next:** call of $5,700.00 due at 20');
      expect(text).toContain('| Excess | -$3,750.00 |');
      expect(attributes(await handle.describe())).toMatchObject({
        SentinelRung: 'MARGIN_CALL',
        SentinelStatus: 'MARGIN_CALL',
        SentinelPolicy: 'walk.1',
        SentinelDeficiency: 3_750,
        SentinelFiguresVersion: '0000000001-000000000000001',
      });
    }, PATIENT);
  });

  test('takes an acknowledgement as people type it', async () => {
    await story(async (world, handle) => {
      await world.price(DEFICIENT);
      await until('the call is out', called(world));
      await handle.signal('acknowledge', 'bob');
      await handle.signal('acknowledge');
      await handle.signal('acknowledge', { by: 7, at: 'yesterday', note: 'x'.repeat(9_999) });
      const recorded = (): unknown[] =>
        world.actions('audit.v1').filter((type) => type === 'ACKNOWLEDGED');
      await until('all are recorded', () => recorded().length >= 2);
      await seen(
        'both who have seen it',
        () => page(handle),
        (text) => text.includes('seen by **bob**') && text.includes('somebody (Temporal Web UI)'),
      );
    }, PATIENT);
  });
});

describe('the timer of a case', () => {
  test('runs to the due instant, says what it is for, and is set anew only when that moves', async () => {
    await story(async (world, handle) => {
      await world.price(DEFICIENT);
      await until('the call is out', called(world));
      await world.price(380);
      await world.price(370);
      await world.price(360);
      await seen(
        'the last deficiency',
        () => handle.describe(),
        (description) => attributes(description).SentinelDeficiency === 15_000,
      );
      const set = await timers(handle);
      expect(set).toHaveLength(1);
      expect(set[0]?.summary).toBe('call of $5,700.00 due');
      const dueAt = attributes(await handle.describe()).SentinelDueAt;
      if (!(dueAt instanceof Date)) throw new Error('the case shows no due instant');
      const firesAt = (set[0]?.startedAt ?? 0) + (set[0]?.lengthMs ?? 0);
      expect(firesAt).toBeGreaterThanOrEqual(dueAt.getTime());
      expect(firesAt).toBeLessThan(dueAt.getTime() + PATIENT.dueAfterMs / 10);
    }, PATIENT);
  });
});

describe('a case whose figures are not fresh', () => {
  test('holds, tells the audit once, and goes on when they are', async () => {
    await story(async (world, handle) => {
      world.stale = { code: 'QUOTE_OLD', what: 'NVDA', observed: '9000 ms', limit: '5000 ms' };
      await world.price(DEFICIENT);
      await until('it holds', () => world.actions('audit.v1').includes('HELD'));
      await until('it has looked again', () => world.readings >= 3);
      expect(await page(handle)).toContain('**On hold** since');
      world.stale = null;
      await until('the clock runs', () => world.actions('audit.v1').includes('CLOCK_STARTED'));
      expect(world.actions('audit.v1')).toEqual([
        'HELD',
        'HOLD_CLEARED',
        'WARNING',
        'MARGIN_CALL',
        'CLOCK_STARTED',
      ]);
    }, PATIENT);
  });
});

describe('a case that loses its worker', () => {
  test('keeps its due instant and goes on when there is one again', async () => {
    const policy = { ...POLICY, dueAfterMs: 2_000 };
    const world = server.world(policy);
    await server.withWorker(world, async () => {
      await world.price(DEFICIENT);
      await until('the clock runs', () => world.actions('audit.v1').includes('CLOCK_STARTED'));
    });
    const dueAt = dueWhenStarted(world);
    expect(dueAt).toBeGreaterThanOrEqual(world.when('MARGIN_CALL') + policy.dueAfterMs);
    await until('the call is due', () => Date.now() > dueAt);
    await server.withWorker(world, async () => {
      await until('it is past due', () => calls(world).includes('PAST_DUE'));
    });
    const record = world.written.find(({ record: { action } }) => action === 'PAST_DUE')?.record;
    expect(record?.due_at).toBe(dueAt);
    await server.temporal.client.workflow.getHandle(world.caseId).terminate();
  });
});

/** The due instant that the first record of the clock tells. */
function dueWhenStarted(world: CaseWorld): number {
  const started = world.written.find(({ record }) => record.event_type === 'CLOCK_STARTED');
  const { case: snapshot } = auditSchema.parse(started?.record).details;
  const { due_at: dueAt } = caseSnapshotSchema.parse(snapshot);
  if (dueAt === null) throw new Error('the clock has started without a due instant');
  return dueAt;
}

describe('messages that no machine would send', () => {
  test('are ignored, and the case goes on', async () => {
    await story(async (world, handle) => {
      await world.price(HEALTHY);
      for (const payload of NONSENSE) await handle.signal('machineEvent', payload);
      await world.price(DEFICIENT);
      await until('the call is out', called(world));
      await seen(
        'the figures of the call',
        () => handle.describe(),
        (found) => attributes(found).SentinelFiguresVersion === '0000000001-000000000000002',
      );
    }, PATIENT);
  });
});

const NONSENSE = [
  undefined,
  'FIGURES',
  { type: 'LIQUIDATE', now: true },
  { type: 'FIGURES', figures: { status: 'ACTIVE' } },
  { type: 'FIGURES', figures: { ...sample(), excessE4: 0.5 } },
  { type: 'FIGURES', figures: { ...sample(), status: 'FINE' } },
  { type: 'EXECUTION', execution: { cumQtyE4: -1 } },
];

function sample(): object {
  return {
    version: { generation: 1, sequence: 5 },
    asOf: 1,
    creditedTotalE4: 0,
    fillsPosition: 0,
    correlationId: 'x',
    status: 'MARGIN_CALL',
    equityE4: 0,
    maintenanceReqE4: 0,
    grossMvE4: 0,
    excessE4: -E4,
    deficiencyE4: E4,
  };
}

type Description = Awaited<ReturnType<WorkflowHandle['describe']>>;

function attributes(description: Description): Record<string, unknown> {
  const pairs = description.typedSearchAttributes.getAll();
  return Object.fromEntries(pairs.map(({ key, value }) => [key.name, value]));
}

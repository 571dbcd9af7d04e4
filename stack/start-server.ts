import path from 'node:path';
import type { InstanceLayout } from './cache-layout.ts';
import type { FoundServer } from './find-server.ts';
import type { Installation } from './installation.ts';
import type { RecordedServer, StateKeeper } from './instance-state.ts';
import type { Launched } from './launch.ts';
import { launch } from './launch.ts';
import { logSize, logTail } from './log-file.ts';
import type { Ports, WellKnownPort } from './ports.ts';
import { freePorts, requireFreePort, wellKnownPort } from './ports.ts';
import type { Progress } from './progress.ts';
import { asTask } from './progress.ts';
import type { ServerKind } from './server-catalog.ts';
import { temporalNamespace } from './server-catalog.ts';
import { untilHealthy } from './until-healthy.ts';

const START_MS_MAX = 120_000;
/** A port that was free a moment ago may be taken when the server wants it. */
const ATTEMPTS_MAX = 3;

export interface StartedServer {
  readonly found: FoundServer;
  readonly launched: Launched;
}

export interface StartContext {
  readonly installation: Installation;
  readonly instance: InstanceLayout;
  readonly keeper: StateKeeper;
  readonly fresh: boolean;
  readonly boundToParent: boolean;
  readonly ports: 'known' | 'free';
  readonly variables: NodeJS.ProcessEnv;
  readonly progress: Progress;
}

/** Starts servers side by side. When one does not start, the others are stopped and it is thrown. */
export async function startServers(
  kinds: readonly ServerKind[],
  context: StartContext,
): Promise<StartedServer[]> {
  if (context.ports === 'known') {
    const known = knownPorts(context.variables);
    for (const name of kinds.flatMap(({ ports }) => ports))
      await requireFreePort(name, known[name]);
  }
  const results = await Promise.allSettled(kinds.map((kind) => startServer(kind, context)));
  const started = results.flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return started;
  await Promise.all(started.map(({ launched }) => launched.stop()));
  throw failed.reason;
}

async function startServer(kind: ServerKind, context: StartContext): Promise<StartedServer> {
  return asTask(context.progress, `Starting ${kind.title}`, async () => {
    for (let attempt = 1; ; attempt += 1) {
      const logFile = path.join(context.instance.logs, `${kind.name}.log`);
      const logFrom = await logSize(logFile);
      try {
        return await attemptStart(kind, context, { logFile, logFrom });
      } catch (error) {
        const again = context.ports === 'free' && attempt < ATTEMPTS_MAX;
        if (!again || !(await saysPortTaken(logFile, logFrom))) throw error;
      }
    }
  });
}

async function attemptStart(
  kind: ServerKind,
  context: StartContext,
  { logFile, logFrom }: { readonly logFile: string; readonly logFrom: number },
): Promise<StartedServer> {
  const { variables, keeper } = context;
  const plan = await kind.plan(context.installation, {
    data: context.instance.data,
    fresh: context.fresh,
    ports: await portsFor(context),
    namespace: temporalNamespace(variables),
  });
  const launched = await launch({
    program: plan.program,
    args: plan.args,
    variables: { ...variables, ...plan.variables },
    logFile,
    lifetime: context.boundToParent ? 'guarded' : 'detached',
  });
  const record: RecordedServer = {
    process: launched.process,
    address: plan.address,
    ...(plan.uiUrl === undefined ? {} : { uiUrl: plan.uiUrl }),
    logFile,
    startedAtMs: Date.now(),
  };
  // Written down before it answers: should this command be killed now, the next one finds it.
  await keeper.change((state) => ({
    ...state,
    servers: { ...state.servers, [kind.name]: record },
  }));
  try {
    await untilHealthy({
      title: kind.title,
      launched,
      logFile,
      logFrom,
      isHealthy: () => kind.isHealthy(plan.address, variables),
      timeoutMs: START_MS_MAX,
    });
  } catch (error) {
    await launched.stop();
    throw error;
  }
  const { address, uiUrl } = plan;
  return { found: { kind, origin: 'started', address, uiUrl, record }, launched };
}

async function portsFor(context: StartContext): Promise<Ports> {
  const [temporal = 0, temporalUi = 0, kafka = 0, dynamodb = 0, kafkaController = 0] =
    await freePorts(5);
  if (context.ports === 'free') return { temporal, temporalUi, kafka, dynamodb, kafkaController };
  return { ...knownPorts(context.variables), kafkaController };
}

function knownPorts(variables: NodeJS.ProcessEnv): Record<WellKnownPort, number> {
  return {
    temporal: wellKnownPort('temporal', variables),
    temporalUi: wellKnownPort('temporalUi', variables),
    kafka: wellKnownPort('kafka', variables),
    dynamodb: wellKnownPort('dynamodb', variables),
    api: wellKnownPort('api', variables),
  };
}

async function saysPortTaken(logFile: string, from: number): Promise<boolean> {
  const lines = await logTail(logFile, 50, from);
  return lines.some((line) => /address already in use|BindException|already in use/i.test(line));
}

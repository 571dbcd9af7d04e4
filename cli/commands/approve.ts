import process from 'node:process';
import type { Command } from 'commander';
import { approvalListSchema, unkilledSchema } from '#contracts/control-rest.ts';
import type { Unkilled } from '#contracts/control-rest.ts';
import { painted, plain } from '../account-text.ts';
import { connectApi } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { approvalsText, unkilledText } from '../control-text.ts';
import { Failure } from '../failure.ts';
import { SEE_THE_SCOPES } from '../scope-argument.ts';

const HELP = `
Approves exactly what is shown: scope, holder, epoch and reason, before its end, as somebody else than
who asked. Without an id it lists what waits.

Examples:
  sentinel approve
  sentinel approve c-4f0c…
  SENTINEL_TOKEN=$(sentinel token --role approver --subject bob) sentinel approve c-4f0c…
`;

interface ApproveOptions {
  readonly json: boolean;
  readonly instance?: string;
}

/** Adds `approve` to the command line. */
export function register(program: Command): void {
  program
    .command('approve')
    .argument('[request_id]')
    .description('approve, as the second person, what was asked; lists what waits')
    .option('--json', 'print JSON', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', HELP)
    .action(approve);
}

async function approve(
  requestId: string | undefined,
  { json, instance }: ApproveOptions,
  command: Command,
): Promise<void> {
  const output = command.configureOutput();
  const place = await findApi(process.env, instance);
  if (requestId === undefined) {
    const api = await connectApi(place, 'viewer');
    const list = await api.get('/approvals', approvalListSchema);
    const paint = (output.getOutHasColors?.() ?? false) ? painted : plain;
    output.writeOut?.(jsonOf(json, list) ?? approvalsText(list, Date.now(), paint));
  } else {
    const done = await approveOne(await connectApi(place, 'approver'), requestId);
    output.writeOut?.(jsonOf(json, done) ?? unkilledText(done, Date.now()));
  }
}

/** Says what this person sees, not what the API knows by then. */
async function approveOne(api: ApiClient, requestId: string): Promise<Unkilled> {
  const { approvals } = await api.get('/approvals', approvalListSchema);
  const found = approvals.find(({ request }) => request?.request_id === requestId);
  const request = found?.request ?? null;
  if (found === undefined || request === null) {
    throw new Failure(`Nothing waits for approval as ${requestId}.`, SEE_THE_SCOPES);
  }
  const body = { scope: found.scope, epoch: request.epoch, reason: request.reason };
  const path = `/approvals/${encodeURIComponent(requestId)}`;
  return api.post(path, body, unkilledSchema, { see: SEE_THE_SCOPES });
}

function jsonOf(json: boolean, content: object): string | null {
  return json ? `${JSON.stringify(content, null, 2)}\n` : null;
}

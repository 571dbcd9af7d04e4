/**
 * Runs one server for as long as its parent lives:
 *
 *   node stack/guardian.ts <grace in ms> <program> [arguments]
 *
 * The parent holds the other end of stdin and never writes to it. When the parent ends, by whatever
 * means, the operating system closes that end: the server gets SIGTERM, and SIGKILL when the grace is
 * over. The server's pid is written to file descriptor 3.
 */
import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import process from 'node:process';

const PID_DESCRIPTOR = 3;

const [grace, program, ...args] = process.argv.slice(2);
if (program === undefined)
  throw new Error('usage: guardian.ts <grace in ms> <program> [arguments]');
guard(Number(grace), program, args);

function guard(graceMs: number, command: string, commandArgs: readonly string[]): void {
  const server = spawn(command, commandArgs, { stdio: ['ignore', 'inherit', 'inherit'] });
  server.once('error', (error) => {
    process.stderr.write(`${command} could not be started: ${error.message}\n`);
    process.exit(1);
  });
  server.once('exit', (code) => process.exit(code ?? 1));
  if (server.pid !== undefined) writeSync(PID_DESCRIPTOR, `${server.pid}\n`);
  closeSync(PID_DESCRIPTOR);

  const stop = (): void => {
    server.kill('SIGTERM');
    setTimeout(() => server.kill('SIGKILL'), graceMs).unref();
  };
  process.stdin.once('end', stop).once('error', stop).resume();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
}

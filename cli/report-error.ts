import { CommanderError } from 'commander';
import { EnvironmentError } from '#platform/environment.ts';
import { StackError } from '#stack/stack-error.ts';
import { Failure } from './failure.ts';

const FAILED = 1;
const WRONG_USAGE = 2;

/** Prints on stderr what went wrong and what to do; returns the exit code. */
export function reportError(error: unknown, variables: NodeJS.ProcessEnv): number {
  if (error instanceof CommanderError) return reportUsage(error);
  if (variables.SENTINEL_DEBUG === undefined) {
    process.stderr.write(`${errorText(error)}\n`);
  } else {
    console.error(error);
  }
  if (error instanceof Failure) return error.exitCode;
  return error instanceof EnvironmentError ? WRONG_USAGE : FAILED;
}

/** Commander has printed its message. `command.error()` chooses its exit code itself. */
function reportUsage(error: CommanderError): number {
  if (error.exitCode === 0 || error.code === 'commander.error') return error.exitCode;
  if (error.code === 'commander.help') return 0;
  process.stderr.write(
    '  `sentinel --help` lists the commands, `sentinel <command> --help` explains one.\n',
  );
  return WRONG_USAGE;
}

function errorText(error: unknown): string {
  if (error instanceof StackError) return `${error.message}\n  ${error.cure}`;
  if (error instanceof Failure) {
    return error.cure === undefined ? error.message : `${error.message}\n  ${error.cure}`;
  }
  if (error instanceof EnvironmentError) return error.message;
  const message = error instanceof Error ? error.message : String(error);
  return `${message}\n  Run it again with SENTINEL_DEBUG=1 to see where this comes from.`;
}

/** The `sentinel` command. */
import process from 'node:process';
import { createProgram } from './program.ts';
import { reportError } from './report-error.ts';

// `sentinel … | head` closes the pipe early: that is no error, and nobody is left to read one.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  const program = await createProgram(process.argv[2]);
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportError(error, process.env);
}

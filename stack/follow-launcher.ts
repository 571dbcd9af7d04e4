/**
 * Preloaded by bin/bootstrap.mjs into every entry point: when the process that launched this one
 * dies, even by kill -9, this one is told to stop. Without it an entry point would outlive its
 * launcher, and with it all servers that are bound to it.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const LOOK_EVERY_MS = 500;
/** An orderly stop takes at most five seconds; what is still here after that does not stop. */
const STOP_MS_MAX = 10_000;

/** Sends this process SIGTERM when its parent has changed, and SIGKILL when that does not help. */
function followLauncher(): void {
  const launcher = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === launcher) return;
    clearInterval(timer);
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_MS_MAX).unref();
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_EVERY_MS);
  timer.unref();
}

// Worker threads are given the same preloads.
if (isMainThread) followLauncher();

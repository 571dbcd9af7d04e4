/**
 * The entry point of a thread that workflows run in (workers/workflow-worker.ts): the SDK's own, but no
 * promise keeps the stack trace that it was made with. That is for the query `__stack_trace` only, which
 * answers that it is not enabled; the page of a case says what it waits for.
 */
import '@temporalio/worker/lib/workflow/workflow-worker-thread.js';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';

globalHandlers.install();
const ownLines = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
// Takes away both: what follows promises, and what makes errors of workflows tell the lines of our files.
globalHandlers.uninstall();
if (ownLines !== undefined) Object.defineProperty(Error, 'prepareStackTrace', ownLines);
globalHandlers.promiseHookInstalled = false;
globalHandlers.installed = true;

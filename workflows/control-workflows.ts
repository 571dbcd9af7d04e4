/** What stops things: on a task queue and a worker of its own, so that no flood of cases holds it up. */
export { firmEnforcement } from './firm-enforcement.ts';
export { killSwitch } from './kill-switch.ts';

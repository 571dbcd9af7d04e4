/** The workflows of a worker: Temporal takes them from one file. */
export { accountCase } from './account-case.ts';
export { firmEnforcement } from './firm-enforcement.ts';

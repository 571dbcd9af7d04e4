import { accountCase as unchanged } from '#workflows/account-case.ts';
import type { AccountCaseRun } from '#workflows/account-case.ts';
import { sleep } from '@temporalio/workflow';

/** The workflow with a change that a running case cannot take: a timer that its history does not have. */
export async function accountCase(run: AccountCaseRun): Promise<void> {
  await sleep(1);
  await unchanged(run);
}

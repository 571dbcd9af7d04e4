import { condition } from '@temporalio/workflow';

/** A workflow with a defect in line 5 of this file. */
export async function defective(): Promise<void> {
  throw new TypeError('a defect of a workflow');
}

/** A workflow that waits for ever. */
export async function waiting(): Promise<void> {
  await condition(() => false);
}

import type { ControlActivities } from '#contracts/control-activities.ts';
import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';

/** Reading the logs of a scope may take long; every attempt is bounded, and there is another. */
export const { adoptControls, readControls } = proxyActivities<ControlActivities>({
  startToCloseTimeout: '60 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds' },
});

/** A decision about a scope is never dropped nor skipped. */
export const { recordControls } = proxyActivities<ControlActivities>({
  startToCloseTimeout: '15 seconds',
  retry: { initialInterval: '100 milliseconds', maximumInterval: '5 seconds' },
});

/** Near at hand: they need nothing but a file and the public key. */
export const { controlPolicyInForce, verifyControlCommand } = proxyLocalActivities<
  Pick<ControlActivities, 'controlPolicyInForce' | 'verifyControlCommand'>
>({ startToCloseTimeout: '5 seconds' });

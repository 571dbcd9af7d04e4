import { readFileSync } from 'node:fs';
import { monitorPolicySchema } from '#contracts/order-monitor-policy.ts';
import type { MonitorPolicyFile } from '#contracts/order-monitor-policy.ts';
import { parsePolicyFile } from './policy-file.ts';

/** The thresholds of the order monitor, from policies/order-monitor.json. Throws PolicyFileError. */
export function loadMonitorPolicy(): MonitorPolicyFile {
  const name = 'policies/order-monitor.json';
  const text = readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
  return parsePolicyFile(name, monitorPolicySchema, text);
}

import { readFileSync } from 'node:fs';
import { controlPolicyFileSchema, decodeControlPolicy } from '#contracts/control-policy.ts';
import type { ControlPolicyData } from '#contracts/control-policy.ts';
import { parsePolicyFile } from './policy-file.ts';

/** The firm's choices about resuming, from policies/controls.json. Throws PolicyFileError. */
export function loadControlPolicy(): ControlPolicyData {
  const name = 'policies/controls.json';
  const text = readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
  return decodeControlPolicy(parsePolicyFile(name, controlPolicyFileSchema, text));
}

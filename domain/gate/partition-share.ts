import type { Scope } from '../scopes.ts';
import type { GatePolicy } from './gate-policy.ts';

/**
 * One partition's share of what holds across accounts (DESIGN 22): limits are escrowed, so that no
 * partition asks another. The shares add up to the whole, never to more.
 */
export class PartitionShare {
  readonly #partition: number;
  readonly #partitions: number;

  constructor(partition: number, partitions: number) {
    this.#partition = partition;
    this.#partitions = partitions;
  }

  /** The share of a whole number: the first partitions have the remainder. */
  of(whole: number): number {
    const remainder = whole % this.#partitions;
    return Math.floor(whole / this.#partitions) + (this.#partition < remainder ? 1 : 0);
  }

  /** The share of a throttle; an account lies on one partition and has the whole. */
  rateOf(scope: Scope, maxRatePerSecond: number | null): number | null {
    if (maxRatePerSecond === null || scope.kind === 'ACCOUNT') return maxRatePerSecond;
    return this.of(maxRatePerSecond);
  }

  /** The policy with quotas and locates in their shares. */
  policyOf(policy: GatePolicy): GatePolicy {
    const { firmE4, symbolE4, strategyE4, alerts } = policy.quotas;
    return {
      ...policy,
      locates: new Map([...policy.locates].map(([symbol, qtyE4]) => [symbol, this.of(qtyE4)])),
      quotas: {
        firmE4: this.of(firmE4),
        symbolE4: this.of(symbolE4),
        strategyE4: this.of(strategyE4),
        alerts,
      },
    };
  }
}

/**
 * The least rate above 0, orders a second, that leaves every partition a share. Below it, at most so
 * many in any second across partitions is kept only by shutting the accounts of some out.
 */
export function leastRateOf(scope: Scope, partitions: number): number {
  return scope.kind === 'ACCOUNT' ? 1 : partitions;
}

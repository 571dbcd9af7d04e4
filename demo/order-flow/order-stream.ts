import type { OrderFlow } from '../../cli/order-flow.ts';
import type { OrderRecord } from '#contracts/orders.ts';

/** Orders go out so often, as many as are due. */
const TURN_MS = 20;

/** Orders at a rate, from its start until it is stopped. */
export class OrderStream {
  readonly #flow: OrderFlow;
  readonly #perS: number;
  readonly #send: (orders: readonly OrderRecord[]) => Promise<void>;
  readonly #work: Promise<void>;
  #isOn = true;

  constructor(
    flow: OrderFlow,
    perS: number,
    send: (orders: readonly OrderRecord[]) => Promise<void>,
  ) {
    this.#flow = flow;
    this.#perS = perS;
    this.#send = send;
    this.#work = this.#run();
    // Told by stop().
    this.#work.catch(() => undefined);
  }

  /** Resolves when all that was sent is accepted. Rejects with what went wrong meanwhile. */
  async stop(): Promise<void> {
    this.#isOn = false;
    await this.#work;
  }

  async #run(): Promise<void> {
    const begunAt = performance.now();
    let sent = 0;
    while (this.#isOn) {
      const due = 1 + Math.floor(((performance.now() - begunAt) * this.#perS) / 1_000) - sent;
      if (due > 0) {
        await this.#send(Array.from({ length: due }, () => this.#flow.next(Date.now())));
        sent += due;
      }
      await new Promise((resolve) => setTimeout(resolve, TURN_MS));
    }
  }
}

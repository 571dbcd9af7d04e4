import type { ChannelName } from '#contracts/notices.ts';

/** Something to tell a customer or a person of the firm. */
export interface Message {
  /** The same for every attempt: whoever gets it twice can see that. */
  readonly id: string;
  /** The customer's account; null when it is for people of the firm. */
  readonly accountId: string | null;
  readonly subject: string;
  readonly body: string;
  /** The same for machines. */
  readonly content: Readonly<Record<string, unknown>>;
}

/**
 * What became of a message. FAILED: it surely did not arrive. UNKNOWN: it was under way when no more was
 * heard of it. The reason is for people and may hold what a server said.
 */
export type Sent =
  | { readonly outcome: 'DELIVERED' }
  | { readonly outcome: 'FAILED' | 'UNKNOWN'; readonly reason: string };

/** One way to reach somebody. */
export interface MessageChannel {
  readonly name: ChannelName;
  /** Resolves within the channel's bound, also when nobody answers; never rejects. */
  send(message: Message): Promise<Sent>;
}

/** The ways to reach somebody: at least one. */
export interface MessageChannels {
  ofCustomer(accountId: string): readonly MessageChannel[];
  /** For alerts. */
  ofPeople(): readonly MessageChannel[];
}

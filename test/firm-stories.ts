import type { AdoptedHolds, AskToStart } from '#contracts/firm-messages.ts';
import type { FirmWorld } from './firm-world.ts';

/** What happens to the firm's enforcement, played by its real workflow; test/histories keeps one of each. */
export interface FirmStory {
  /** The file's name in test/histories, without its ending, and what the firm is in it. */
  readonly name: string;
  readonly tells: string;
  readonly adopted: AdoptedHolds;
  /** Which run is kept: the first, or the one that began with the state of another. */
  readonly run: 'FIRST' | 'CONTINUED';
  readonly play: (world: FirmWorld) => Promise<void>;
}

export const NOTHING_ADOPTED: AdoptedHolds = { version: 0, holds: [] };

/** The workflow hands over to its next run after so many updates. */
const UPDATES_PER_RUN = 1_000;
/** Temporal takes ten at a time. */
const UPDATES_AT_ONCE = 8;

/** Accounts `from` up to `to` ask; two may go. */
export function question(from: number, to: number): AskToStart {
  const requests = Array.from({ length: to - from }, (_, index) => ({
    accountId: `ACC_${String(from + index)}`,
    caseId: `case-${String(from + index)}`,
    episode: 1,
    isReleased: false,
  }));
  return { requests, limit: { accountsMax: 2, windowMs: 600_000 } };
}

export const FIRM_STORIES: readonly FirmStory[] = [
  {
    name: 'firm-enforced',
    tells: 'that was lost under a hold, brakes, refuses, is held and resumed by two',
    adopted: {
      version: 3,
      holds: [
        {
          scope: 'SYMBOL:NVDA',
          by: 'ann',
          since: 1_795_000_000_000,
          reason: 'a split is not booked',
          resumeAskedBy: 'ann',
        },
      ],
    },
    run: 'FIRST',
    play: async ({ say, ask, send }: FirmWorld): Promise<void> => {
      await ask(question(0, 2));
      await ask(question(1, 4));
      await send('askToStart', {}).catch(() => undefined);
      await say('RESUME', 'SYMBOL:NVDA', 'ann').catch(() => undefined);
      await say('RESUME', 'SYMBOL:NVDA', 'bob');
      await say('HOLD', 'GLOBAL', 'ann');
      await say('HOLD', 'GLOBAL', 'bob').catch(() => undefined);
      await say('RESUME', 'LIQUIDATIONS', 'ann');
      await say('RESUME', 'LIQUIDATIONS', 'bob');
      await ask(question(3, 5));
    },
  },
  {
    name: 'firm-continued',
    tells: 'that goes on in a run of its own with what it holds and has let go',
    adopted: NOTHING_ADOPTED,
    run: 'CONTINUED',
    play: async ({ say, ask }: FirmWorld): Promise<void> => {
      await say('HOLD', 'GLOBAL', 'ann');
      await ask(question(0, 1));
      for (let sent = 0; sent < UPDATES_PER_RUN; sent += UPDATES_AT_ONCE) {
        await Promise.all(Array.from({ length: UPDATES_AT_ONCE }, () => ask(question(0, 0))));
      }
      await say('RESUME', 'GLOBAL', 'ann');
      await say('RESUME', 'GLOBAL', 'bob');
      await ask(question(0, 3));
    },
  },
];

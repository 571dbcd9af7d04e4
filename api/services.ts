import type { AccountHistory } from '#ports/account-history.ts';
import type { AccountIndex } from '#ports/account-index.ts';
import type { AlertBook } from '#ports/alert-book.ts';
import type { OpenCases } from '#ports/case-list.ts';
import type { CaseCommands } from '#ports/cases.ts';
import type { CommandSigner } from '#ports/command-envelope.ts';
import type { ControlBook } from '#ports/control-book.ts';
import type { ControlCommandSigner } from '#ports/control-envelope.ts';
import type { Clock } from '#ports/clock.ts';
import type { FirmDesk, FirmWatch } from '#ports/firm-enforcement.ts';
import type { TokenVerifier } from '#ports/identity.ts';
import type { ControlCommands } from '#ports/kill-switches.ts';
import type { Logger } from '#ports/logger.ts';
import type { Metrics } from '#ports/metrics.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { Readiness } from '#ports/readiness.ts';
import type { ControlDesk } from './control-desk.ts';
import type { EventStreams } from './events/event-stream.ts';
import type { SecondPersons } from './second-persons.ts';
import type { WithdrawalDesk } from './withdrawal-desk.ts';

/** Kill, throttle and what loosens them. */
export interface ControlServices {
  /** Writes what makes a scope stricter, and proves it effective. */
  readonly desk: ControlDesk;
  readonly book: ControlBook;
  /** Signs what people ask of scopes. */
  readonly signer: ControlCommandSigner;
  readonly scopes: ControlCommands;
}

/** Everything outside itself that the API uses. */
export interface ApiServices {
  readonly publisher: Publisher;
  /** Takes cash movements: nothing leaves an account that it cannot spare. */
  readonly withdrawals: WithdrawalDesk;
  /** Who has asked for what takes two persons. */
  readonly secondPersons: SecondPersons;
  readonly accounts: AccountIndex;
  readonly history: AccountHistory;
  readonly openCases: OpenCases;
  readonly cases: CaseCommands;
  /** The whole firm's enforcement. */
  readonly firm: FirmDesk & Pick<FirmWatch, 'holds'>;
  readonly alerts: AlertBook;
  /** Signs what people tell cases. */
  readonly commands: CommandSigner;
  readonly controls: ControlServices;
  /** Who listens to what happens. */
  readonly events: EventStreams;
  readonly tokens: TokenVerifier;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Partitions of each topic. */
  readonly partitions: number;
  /** The page of a workflow run in the Temporal Web UI; null when its address is not known. */
  readonly caseLink: (workflowId: string, runId: string) => string | null;
  /** Whether input can be taken now: Kafka answers. */
  readonly ingestReady: () => Promise<Readiness>;
  /** Whether accounts can be shown now: the state index answers. */
  readonly accountsReady: () => Promise<Readiness>;
}

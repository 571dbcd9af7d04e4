import {
  enforcementRecord,
  firmAlert,
  firmAudit,
  refusedFirmCommandAudit,
} from '#contracts/firm-records.ts';
import type { AdoptedHolds, FirmActivities } from '#contracts/firm-messages.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Clock } from '#ports/clock.ts';
import type { CommandVerifier } from '#ports/command-envelope.ts';
import type { Publisher } from '#ports/publisher.ts';
import { hashedId } from './event-id.ts';
import { alertRecord } from './notify-customer.ts';

export interface FirmActivityPorts {
  readonly publisher: Publisher;
  readonly commands: CommandVerifier;
  readonly clock: Clock;
  /** What the log says is held; rejects when that cannot be proved. */
  readonly adopted: () => Promise<AdoptedHolds>;
}

/** What the firm's enforcement does to the world. A repeated attempt writes the same records again. */
export function createFirmActivities(ports: FirmActivityPorts): FirmActivities {
  const { publisher, commands, clock } = ports;
  return {
    adoptHolds: () => ports.adopted(),
    verifyFirmCommand: (message) => commands.check(message, clock.now()),
    recordFirmChange: async (request) => {
      const { change, firmId } = request;
      const { scope } = change.hold;
      const eventId = hashedId(['firm', firmId, change.version]);
      const alert = firmAlert(request);
      const [record, audit] = [enforcementRecord(request, eventId), firmAudit(request, eventId)];
      await publisher.publish([
        { topic: TOPICS.enforcement.name, key: scope, value: JSON.stringify(record) },
        { topic: TOPICS.audit.name, key: scope, value: JSON.stringify(audit) },
        ...(alert === null ? [] : [alertRecord(alert)]),
      ]);
    },
    recordRefusedFirmCommand: async (request) => {
      const eventId = hashedId(['firm', request.firmId, 'refused', request.refusalId]);
      const value = JSON.stringify(refusedFirmCommandAudit(request, eventId));
      await publisher.publish([{ topic: TOPICS.audit.name, key: request.command.scope, value }]);
    },
  };
}

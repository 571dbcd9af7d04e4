import { LOGGED_MAX } from '#contracts/control-activities.ts';
import type {
  AdoptedControls,
  ControlActivities,
  ControlRecordRequest,
} from '#contracts/control-activities.ts';
import { controlAudit } from '#contracts/control-audit.ts';
import type { ControlPolicyData } from '#contracts/control-policy.ts';
import { decodeControlState, encodeControlState } from '#contracts/control-states.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import { TOPICS } from '#contracts/topics.ts';
import { scopeName } from '#domain/scopes.ts';
import type { Clock } from '#ports/clock.ts';
import type { ControlCommandVerifier } from '#ports/control-envelope.ts';
import type { ControlLog } from '#ports/control-log.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { OutboundRecord } from '#ports/records.ts';
import { controlEventIdOf } from './event-id.ts';

export interface ControlActivityPorts {
  readonly publisher: Publisher;
  readonly log: ControlLog;
  readonly policy: ControlPolicyData;
  readonly commands: ControlCommandVerifier;
  readonly clock: Clock;
}

/**
 * A workflow that was lost may have a write under way: what the next one writes is so much newer that
 * the late write is dropped for its version (DESIGN 14).
 */
const LOST_WRITES_MAX = 1_000;

/** What the workflows of scopes do to the world; a repeated attempt writes the same records again. */
export function createControlActivities(ports: ControlActivityPorts): ControlActivities {
  return {
    controlPolicyInForce: () => Promise.resolve(ports.policy),
    verifyControlCommand: (message) => ports.commands.check(message, ports.clock.now()),
    adoptControls: async (scope) => adopted(await ports.log.latest(scope)),
    readControls: async (covered) => {
      const found = await ports.log.after(covered);
      return { controls: found.slice(0, LOGGED_MAX), hasMore: found.length > LOGGED_MAX };
    },
    recordControls: async (request) => {
      await ports.publisher.publish(recordsOf(request));
    },
  };
}

/** The set comes before its audit events: what is audited is never missing from its topic. */
function recordsOf(request: ControlRecordRequest): OutboundRecord[] {
  const { state, change, publish, audits } = request;
  const scope = scopeName(state.scope);
  const set: OutboundRecord = {
    topic: TOPICS.controlEvents.name,
    key: scope,
    value: JSON.stringify(encodeControlState(state, change)),
  };
  const audited = audits.map((audit, number): OutboundRecord => {
    const { key, record } = controlAudit(request, audit, controlEventIdOf(request, number));
    return { topic: TOPICS.audit.name, key, value: JSON.stringify(record) };
  });
  return publish ? [set, ...audited] : audited;
}

function adopted(latest: ControlStateRecord | null): AdoptedControls {
  if (latest === null) return { state: null, change: null };
  const found = decodeControlState(latest);
  const change = {
    reason: latest.reason,
    actor: latest.updated_by,
    commandId: latest.command_id,
    corrId: latest.corr_id,
    at: latest.updated_ts,
  };
  return { state: { ...found, version: found.version + LOST_WRITES_MAX }, change };
}

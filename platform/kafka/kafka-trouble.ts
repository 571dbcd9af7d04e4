import kafkajs from 'kafkajs';

/**
 * What to do about an error of Kafka: try again, or tell a person. kafkajs' own `retriable` says only
 * whether the very same request may be repeated; a fenced producer, a lost membership or a coordinator
 * that is not found while a broker restarts heal by joining the group anew.
 */

/** Trouble with the broker, or with this member's standing there, that passes: try again. */
export class KafkaTroubleError extends Error {
  override readonly name: string = 'KafkaTroubleError';
}

/** The broker's answers that no further try changes: a setting, a right or a record is wrong. */
const LASTING = new Set([
  'CLUSTER_AUTHORIZATION_FAILED',
  'CORRUPT_MESSAGE',
  'GROUP_AUTHORIZATION_FAILED',
  'GROUP_MAX_SIZE_REACHED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_CONFIG',
  'INVALID_GROUP_ID',
  'INVALID_PARTITIONS',
  'INVALID_RECORD',
  'INVALID_REQUIRED_ACKS',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_TRANSACTION_TIMEOUT',
  'MESSAGE_TOO_LARGE',
  'POLICY_VIOLATION',
  'RECORD_LIST_TOO_LARGE',
  'SASL_AUTHENTICATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'UNSUPPORTED_VERSION',
]);

/** Errors are followed to their causes this far. */
const CAUSES_MAX = 8;

/** Does the trouble pass by itself or by joining the group anew? False for defects and wrong settings. */
export function isPassingTrouble(error: unknown): boolean {
  if (error instanceof KafkaTroubleError) return true;
  if (!(error instanceof Error) || !error.name.startsWith('KafkaJS')) return false;
  return !brokerAnswers(error).some((type) => LASTING.has(type));
}

/** Is this what the broker answered, itself or as a cause? `type` as kafkajs names it. */
export function isAnswer(error: unknown, type: string): boolean {
  return brokerAnswers(error).includes(type);
}

/** What the broker answered; several at once where a request was about several topics. */
function brokerAnswers(error: unknown): string[] {
  const types: string[] = [];
  let cause: unknown = error;
  for (let depth = 0; cause instanceof Error && depth < CAUSES_MAX; depth += 1) {
    if ('type' in cause && typeof cause.type === 'string') types.push(cause.type);
    if (cause instanceof kafkajs.KafkaJSAggregateError) {
      types.push(...cause.errors.flatMap((each) => brokerAnswers(each)));
    }
    cause = cause.cause;
  }
  return types;
}

/** Anything thrown as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

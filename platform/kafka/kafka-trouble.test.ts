import { expect, test } from '@jest/globals';
import {
  KafkaJSAggregateError,
  KafkaJSConnectionError,
  KafkaJSNonRetriableError,
  KafkaJSProtocolError,
} from 'kafkajs';
import { isPassingTrouble, KafkaTroubleError } from './kafka-trouble.ts';

function protocolError(type: string): Error {
  return new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 0 }));
}

const PASSING: [string, unknown][] = [
  ['a connection that broke', new KafkaJSConnectionError('closed')],
  ['a coordinator that is not found while the broker restarts', notFound()],
  ['a fenced producer', protocolError('INVALID_PRODUCER_EPOCH')],
  ['a fenced producer in a wrapping', wrapped(protocolError('INVALID_PRODUCER_EPOCH'))],
  ['a membership that was lost', protocolError('UNKNOWN_MEMBER_ID')],
  ['a replica that finds no broker for a moment', several('INVALID_REPLICATION_FACTOR')],
  ['a partition that was given up', new KafkaTroubleError('given up')],
];
test.each(PASSING)('%s is tried again', (_what, error) => {
  expect(isPassingTrouble(error)).toBe(true);
});

const LASTING: [string, unknown][] = [
  ['a defect of the product', new TypeError('undefined is not a function')],
  ['a record that no broker takes', protocolError('MESSAGE_TOO_LARGE')],
  ['a record that no broker takes, in a wrapping', wrapped(protocolError('MESSAGE_TOO_LARGE'))],
  ['one of several topics that no broker makes', several('UNKNOWN', 'INVALID_CONFIG')],
  ['a group that is not allowed', protocolError('GROUP_AUTHORIZATION_FAILED')],
  ['something that is not an error', 'KafkaJS'],
];
test.each(LASTING)('%s is for a person', (_what, error) => {
  expect(isPassingTrouble(error)).toBe(false);
});

function notFound(): Error {
  const name = 'KafkaJSGroupCoordinatorNotFound';
  return Object.assign(new KafkaJSNonRetriableError('Failed to find group coordinator'), { name });
}

function wrapped(cause: Error): Error {
  return Object.assign(new KafkaJSNonRetriableError(cause), { cause });
}

function several(...types: string[]): Error {
  return new KafkaJSAggregateError('Topic creation errors', types.map(protocolError));
}

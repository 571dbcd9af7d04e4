import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';

/** Why a conditional write changed nothing; throws an error that is no answer to it. */
export function notWritten(
  error: unknown,
):
  | { readonly outcome: 'STALE' | 'GONE' }
  | { readonly outcome: 'REFUSED'; readonly reason: string } {
  if (error instanceof ConditionalCheckFailedException) return { outcome: 'STALE' };
  if (error instanceof ResourceNotFoundException) return { outcome: 'GONE' };
  if (error instanceof DynamoDBServiceException && error.name === 'ValidationException') {
    return { outcome: 'REFUSED', reason: error.message };
  }
  throw error;
}

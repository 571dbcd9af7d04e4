import { expect, test } from '@jest/globals';
import { connectTemporal } from './connection.ts';

test('a connection that is closed while a call waits to be tried again ends the call, not the process', async () => {
  const { client, close } = connectTemporal({
    address: '127.0.0.1:1',
    namespace: 'default',
    prefix: '',
  });
  const call = client.withDeadline(Date.now() + 3_000, () =>
    client.workflow.getHandle('nobody').describe(),
  );
  const outcome = expect(call).rejects.toThrow();
  // Long enough for the first failure, and shorter than the pauses that follow.
  await new Promise((resolve) => setTimeout(resolve, 700));
  await close();
  await outcome;
});

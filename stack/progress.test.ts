import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { asTask, durationText, streamProgress } from './progress.ts';
import type { ProgressOutput } from './progress.ts';

describe('without a terminal', () => {
  test('a quick task is one line, when it is done', async () => {
    const { output, text } = sink();
    await asTask(streamProgress(output), 'Starting Kafka', async () => undefined);
    expect(text()).toMatch(/^✓ Starting Kafka \([\d.]+ s\)\n$/);
  });

  test('a task that failed says so, and what it threw goes on', async () => {
    const { output, text } = sink();
    const work = asTask(streamProgress(output), 'Starting Kafka', () =>
      Promise.reject(new Error('no')),
    );
    await expect(work).rejects.toThrow('no');
    expect(text()).toMatch(/^✗ Starting Kafka \([\d.]+ s\)\n$/);
  });

  test('a long task says what it is at', async () => {
    const { output, text } = sink();
    await asTask(streamProgress(output), 'Building', async (task) => {
      task.update('12 packages');
      await new Promise((resolve) => setTimeout(resolve, 2_700));
    });
    expect(text()).toMatch(/^Building, 12 packages … [\d.]+ s …\n✓ Building \([\d.]+ s\)\n$/);
  });
});

test('on a terminal the running tasks are one line, as wide as the terminal, that goes away', () => {
  const { output, text } = sink({ isTTY: true, columns: 30 });
  const progress = streamProgress(output);
  const kafka = progress.task('Starting Kafka');
  progress.task('Starting Temporal').done();
  kafka.done();
  const [both = ''] = /Starting Kafka … [\d.]+ s · Star[^\r]*/.exec(text()) ?? [];
  expect(both).toHaveLength(29);
  expect(text()).toContain(`\r\u001b[2K${both}`);
  expect(text()).toMatch(/✓ Starting Kafka \([\d.]+ s\)\n$/);
});

test.each([
  [40, '0.0 s'],
  [1_240, '1.2 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [60_000, '1 min 0 s'],
  [185_000, '3 min 5 s'],
])('%d ms read as %s', (durationMs, text) => {
  expect(durationText(durationMs)).toBe(text);
});

function sink(terminal: { isTTY?: boolean; columns?: number } = {}): {
  output: ProgressOutput;
  text: () => string;
} {
  let text = '';
  const writable = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      text += chunk.toString();
      callback();
    },
  });
  return { output: Object.assign(writable, terminal), text: () => text };
}

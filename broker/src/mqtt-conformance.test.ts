/** Conversations of MQTT 3.1.1, byte for byte, on real sockets. */
import { afterEach, expect, test } from 'vitest';
import { conversations } from './testing/mqtt-corpus.ts';
import { startTestMqtt } from './testing/test-mqtt.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

test.each(conversations)('[$clause] $name', async ({ clause, steps, ends }) => {
  const mqtt = await startTestMqtt();
  cleanUp.push(() => mqtt.close());
  const client = await mqtt.open('nothing');
  const heard: Buffer[] = [];
  client.socket.on('data', (chunk: Buffer) => void heard.push(chunk));
  let expected = '';
  const heardSoFar = (): string => Buffer.concat(heard).toString('hex');
  for (const step of steps) {
    if ('says' in step) client.bytes(step.says);
    else if ('hears' in step) {
      expected += step.hears.toString('hex');
      await expect.poll(heardSoFar).toBe(expected);
    } else {
      const other = await mqtt.open({ clientId: 'other' });
      expect(await other.publish('a', 'x', { qos: step.elsewhere })).toBe(true);
      await other.disconnect();
    }
  }
  if (ends) await client.closed;
  else {
    client.send({ cmd: 'pingreq' });
    await expect.poll(heardSoFar).toBe(`${expected}d000`);
  }
  expect(heardSoFar()).toBe(ends ? expected : `${expected}d000`);
  expect(mqtt.faults).toEqual(ends ? [{ reason: 'malformed', clause }] : []);
});

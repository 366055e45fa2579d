/**
 * The brokers of a city, in one process: each with its own certificate and connection, one batch at a time, made and compressed before the clock runs.
 * Reads a CityOrder on standard input and prints the CityResult.
 */
import { readFileSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import { Client } from 'undici';
import { batchesOf, type Morning } from './morning.ts';

export type CityOrder = { urls: string[]; caFile: string; morning: Morning; identities: { key: string; cert: string }[] };
export type CityResult = {
  connectSeconds: number;
  seconds: number;
  accepted: number;
  batches: number;
  refused: number;
  cpuSeconds: number;
};

let text = '';
process.stdin.setEncoding('utf8');
for await (const chunk of process.stdin) text += chunk;
const { urls, caFile, morning, identities } = JSON.parse(text) as CityOrder;
const ca = readFileSync(caFile, 'utf8');
const sites = identities.map(({ key, cert }, site) => ({
  client: new Client(urls[site % urls.length]!, {
    connect: { ca, key, cert },
    pipelining: 1,
    bodyTimeout: 120_000,
    headersTimeout: 120_000,
  }),
  batches: [...batchesOf(morning, site)].map((batch) => zstdCompressSync(batch)),
}));
let [accepted, batches, refused] = [0, 0, 0];

const post = async (client: Client, body: Buffer | string): Promise<number> => {
  for (;;) {
    const answer = await client.request({
      ...{ method: 'POST', path: '/v1/events', body },
      headers: {
        'content-type': 'application/cloudevents-batch+json',
        ...(typeof body === 'string' ? {} : { 'content-encoding': 'zstd' }),
      },
    });
    const said = (await answer.body.json()) as { accepted: number; code?: string };
    if (answer.statusCode === 200) return said.accepted;
    if (answer.statusCode !== 429 && answer.statusCode !== 503) throw new Error(`${answer.statusCode} ${said.code}`);
    refused += 1;
    await new Promise((resolve) => setTimeout(resolve, Number(answer.headers['retry-after'] ?? 2) * 1_000));
  }
};
const connectStart = performance.now();
// sites are connected long before the morning, by their long poll; not all of them in the same millisecond
for (let at = 0; at < sites.length; at += 20) await Promise.all(sites.slice(at, at + 20).map(({ client }) => post(client, '[]')));
const start = performance.now();
const cpu = process.cpuUsage();
await Promise.all(
  sites.map(async ({ client, batches: own }) => {
    for (const body of own) {
      accepted += await post(client, body);
      batches += 1;
    }
  }),
);
const seconds = (performance.now() - start) / 1_000;
const { user, system } = process.cpuUsage(cpu);
const result: CityResult = {
  connectSeconds: (start - connectStart) / 1_000,
  seconds,
  accepted,
  batches,
  refused,
  cpuSeconds: (user + system) / 1e6,
};
process.stdout.write(JSON.stringify(result));
process.exit(0);

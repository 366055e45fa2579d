/**
 * A centre for tests: HTTPS with client certificates, the two routes a site uses and EST. It keeps events by (device, epoch, seq) as the real one
 * does, and can be told to fail in every way a network and a server can. Never used outside tests.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { zstdDecompressSync } from 'node:zlib';
import type { TramEvent } from '@tramhoc/protocol/event';
import { heldMarkHeader, nextMarkHeader, noMark } from '@tramhoc/protocol/upstream';
import type { AltNames, TestCa } from './test-ca.ts';

/** `drop`: store, then cut the line before the answer. `refuse`: this status and problem code. */
export type Mood = { do: 'work' } | { do: 'drop' } | { do: 'refuse'; status: number; code: string } | { do: 'lie' };
export type TestCentre = {
  url: string;
  /** In the order in which they were stored, each once. */
  stored: TramEvent[];
  /** Batches that arrived, also those that were refused. */
  batches: number;
  repeated: number;
  /** The cursors that the site asked from. */
  polledAfter: number[];
  /** Of the site's list, as the real one keeps it. */
  heldMark: string;
  /** A copy of what it holds; calling the result puts it back. */
  copy(): () => void;
  /** Asked for each batch. */
  mood: (events: TramEvent[]) => Mood;
  /** Answers the waiting poll and later ones with what is newer than their cursor. */
  wish(change: { documents?: unknown[]; revocations?: unknown[]; roster?: unknown }): void;
  /** Names that the next certificates get. */
  enrolNames: AltNames;
  enrolled: { authorization: string | undefined; withCertificate: boolean }[];
  close(): Promise<void>;
};

export async function startTestCentre(ca: TestCa, { siteId, port = 0 }: { siteId: string; port?: number }): Promise<TestCentre> {
  const identity = ca.issue({ subject: 'centre', names: { dns: ['localhost'], loopback: true } });
  const keys = new Set<string>();
  const wishes: { cursor: number; change: { documents?: unknown[]; revocations?: unknown[]; roster?: unknown } }[] = [];
  let polls: { after: number; response: ServerResponse }[] = [];

  const takeEvents = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await whole(request);
    const json = request.headers['content-encoding'] === 'zstd' ? zstdDecompressSync(body) : body;
    const events = JSON.parse(json.toString('utf8')) as TramEvent[];
    centre.batches += 1;
    const mood = centre.mood(events);
    if (mood.do === 'refuse') {
      answer(response, mood.status, { code: mood.code, detail: 'refused by the test' });
      return;
    }
    const held = request.headers[heldMarkHeader];
    if (held !== undefined && held !== centre.heldMark) {
      answer(response, 409, { code: 'CONFLICT', detail: 'the centre holds something else', heldMark: centre.heldMark });
      return;
    }
    if (mood.do !== 'lie') centre.heldMark = String(request.headers[nextMarkHeader] ?? noMark);
    let accepted = 0;
    for (const event of mood.do === 'lie' ? [] : events) {
      const key = `${event.source} ${event.epoch} ${event.seq}`;
      if (keys.has(key)) continue;
      keys.add(key);
      centre.stored.push(event);
      accepted += 1;
    }
    centre.repeated += mood.do === 'lie' ? 0 : events.length - accepted;
    if (mood.do === 'drop') {
      request.socket.destroy();
      return;
    }
    const highest = new Map<string, { device: string; epoch: string; storedSeq: number }>();
    for (const { source, epoch, seq } of events) {
      const device = source.split(':').at(-1)!;
      const held = highest.get(`${device} ${epoch}`);
      highest.set(`${device} ${epoch}`, { device, epoch, storedSeq: Math.max(seq, held?.storedSeq ?? 0) });
    }
    const receipts = [...highest.values()].map((receipt) => ({
      ...receipt,
      contiguousSeq: 0,
      ...(mood.do === 'lie' ? { storedSeq: 0 } : {}),
    }));
    answer(response, 200, { receipts, accepted, repeated: events.length - accepted, quarantined: 0, heldMark: centre.heldMark });
  };

  const answerPolls = (): void => {
    const ready = polls.filter(({ after }) => wishes.some(({ cursor }) => cursor > after));
    polls = polls.filter((poll) => !ready.includes(poll));
    for (const { after, response } of ready) {
      const news = wishes.filter(({ cursor }) => cursor > after).map(({ change }) => change);
      const roster = news.map((change) => change.roster).findLast((found) => found !== undefined);
      answer(response, 200, {
        siteId,
        cursor: wishes.at(-1)!.cursor,
        documents: news.flatMap(({ documents = [] }) => documents),
        revocations: news.flatMap(({ revocations = [] }) => revocations),
        ...(roster === undefined ? {} : { roster }),
        centreMs: 0,
      });
    }
  };

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url!, 'https://centre');
    const { authorized } = request.socket as TLSSocket;
    if (url.pathname === '/.well-known/est/cacerts') response.end(ca.cacerts());
    else if (url.pathname === '/.well-known/est/simpleenroll' || url.pathname === '/.well-known/est/simplereenroll') {
      centre.enrolled.push({ authorization: request.headers.authorization, withCertificate: authorized });
      response.end(ca.enroll((await whole(request)).toString(), centre.enrolNames));
    } else if (!authorized) answer(response, 401, { code: 'NOT_SIGNED_IN' });
    else if (url.pathname === '/v1/events') await takeEvents(request, response);
    else if (url.pathname === '/v1/desired') {
      const after = Number(url.searchParams.get('after'));
      centre.polledAfter.push(after);
      polls.push({ after, response });
      answerPolls();
    } else answer(response, 404, { code: 'NOT_FOUND' });
  };

  const server = createServer(
    { key: identity.keyPem, cert: identity.chainPem, ca: identity.caPem, requestCert: true, rejectUnauthorized: false },
    (request, response) => void route(request, response).catch(() => request.socket.destroy()),
  );
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const centre: TestCentre = {
    url: `https://127.0.0.1:${(server.address() as { port: number }).port}`,
    stored: [],
    batches: 0,
    repeated: 0,
    polledAfter: [],
    heldMark: noMark,
    copy() {
      const [stored, known, mark] = [[...centre.stored], [...keys], centre.heldMark];
      return () => {
        keys.clear();
        for (const key of known) keys.add(key);
        centre.stored = [...stored];
        centre.heldMark = mark;
      };
    },
    mood: () => ({ do: 'work' }),
    wish(change) {
      wishes.push({ cursor: wishes.length + 1, change });
      answerPolls();
    },
    enrolNames: {},
    enrolled: [],
    close: () =>
      new Promise((resolve) => {
        // one that is greeted at this moment would keep its long poll open
        server.on('secureConnection', (socket) => socket.destroy());
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return centre;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': status === 200 ? 'application/json' : 'application/problem+json' });
  response.end(JSON.stringify(body));
}

async function whole(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

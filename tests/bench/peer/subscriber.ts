/**
 * A plain subscriber between Mosquitto and PostgreSQL: node subscriber.ts <mqtt port> <database url> each|batches
 * `each`: a statement and a commit for each event, ten at a time (what a pool of `pg` gives); `batches`: what has come meanwhile in one statement.
 * Both acknowledge after the commit.
 */
import { connect } from 'node:net';
import { Pool } from 'pg';
import { connectPacket, packetCutter, pubackOf, subscribePacket } from '../mqtt-load/packets.ts';

const [port = '', url = '', way = 'each'] = process.argv.slice(2);
const pool = new Pool({ connectionString: url, max: 10 });
type Event = { id: string; source: string; seq: number; type: string; data: unknown };
type Message = { id: number; events: Event[] };
const waiting: Message[] = [];
const most = 500;
let writing = false;

const store = async (messages: readonly Message[]): Promise<void> => {
  const events = messages.flatMap((message) => message.events);
  await pool.query({
    name: 'store',
    text: `INSERT INTO plain_events (id, device_id, seq, type, data) SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[]) ON CONFLICT DO NOTHING`,
    values: [
      ...[events.map(({ id }) => id), events.map(({ source }) => source), events.map(({ seq }) => seq), events.map(({ type }) => type)],
      events.map(({ data }) => JSON.stringify(data)),
    ],
  });
  socket.write(Buffer.concat(messages.map(({ id }) => pubackOf(id))));
};
const storeOne = async ({ id, events }: Message): Promise<void> => {
  for (const event of events)
    await pool.query({
      name: 'store-one',
      text: 'INSERT INTO plain_events (id, device_id, seq, type, data) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
      values: [event.id, event.source, event.seq, event.type, JSON.stringify(event.data)],
    });
  socket.write(pubackOf(id));
};
const drain = async (): Promise<void> => {
  if (writing) return;
  writing = true;
  while (waiting.length > 0) await store(waiting.splice(0, most));
  writing = false;
};

const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true }, () => void socket.write(connectPacket('subscriber')));
socket.on(
  'data',
  packetCutter((type, body) => {
    if (type === 0x20) socket.write(subscribePacket('tram/#'));
    else if (type === 0x90) process.stdout.write('{"ready":true}\n');
    else if (type >> 4 === 3) {
      const topicBytes = body.readUInt16BE(0);
      const message = { id: body.readUInt16BE(2 + topicBytes), events: JSON.parse(body.toString('utf8', 4 + topicBytes)) as Event[] };
      if (way === 'each') void storeOne(message);
      else {
        waiting.push(message);
        void drain();
      }
    }
  }),
);
process.once('SIGTERM', () => process.exit(0));

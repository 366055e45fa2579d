/** aedes as it comes, in memory: what an MQTT broker for Node does without durability.  node main.ts -> {"ready":true,"port":N} */
import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const broker = await Aedes.createBroker({ concurrency: 0 });
const server = createServer({ noDelay: true }, (socket) => void broker.handle(socket));
server.listen(0, '127.0.0.1', () => process.stdout.write(`{"ready":true,"port":${(server.address() as { port: number }).port}}\n`));
process.once('SIGTERM', () => process.exit(0));

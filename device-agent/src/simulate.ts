/** A simulated device that others reach as if it were real: on a TCP or UDP port, on a pseudo-terminal that looks like a serial port, or calling. */
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync, unlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { Duplex } from 'node:stream';
import type { Clock } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import type { Simulator, SimulatorDefinition, SimulatorDeps } from './drivers/simulator.ts';
import { callingServer, listenFault, onUdp, type Stage } from './simulate-network.ts';
import { type Way, waysOf, waysText } from './simulated-ways.ts';
import { parsePort } from './transports/port-address.ts';

export type Where = { listen: string } | { pty: string } | { call: string };
export type Simulation<Device extends Simulator = Simulator> = {
  device: Device;
  /** What a driver's `port` must be to reach the device. */
  port: string;
  close(): Promise<void>;
};

/** socat makes the terminal in a few milliseconds; longer means that it did not start. */
const ptyWithinMs = 3_000;

/**
 * `listen`: `tcp://127.0.0.1:4001`, port 0 for any free one; a new connection takes the place of the one before, as on a serial device server.
 * `udp://127.0.0.1:4370` for a device that answers datagrams. `call`: `http://127.0.0.1:8081`, the agent that a device calls by itself; `tell` hears
 * when nobody answers. `pty`: path of the link to the terminal; needs socat. Throws INPUT_INVALID for a place where no slot of its driver can look,
 * PORT_IN_USE, PERMISSION_MISSING, DRIVER_PORT_UNAVAILABLE, or ZodError for options.
 */
export async function simulate<Device extends Simulator, Options>(
  definition: SimulatorDefinition<Device, Options>,
  where: Where,
  deps: SimulatorDeps & { tell?(line: string): void },
  options?: Record<string, unknown>,
): Promise<Simulation<Device>> {
  const way = wayOf(where);
  if (!waysOf(definition.kind).includes(way)) throw new TramError('INPUT_INVALID', `${waysText(definition.kind)}.`);
  // a device that can do both must know that it sends datagrams
  const device = definition.create(deps, way === 'udp' ? { ...options, udp: true } : options);
  try {
    const stage = await stageOf(device, where, deps);
    return {
      device,
      port: stage.port,
      async close() {
        device.close();
        await stage.close();
      },
    };
  } catch (cause) {
    device.close();
    throw cause;
  }
}

function wayOf(where: Where): Way {
  if ('call' in where) return 'call';
  if ('pty' in where) return 'pty';
  return where.listen.startsWith('udp:') ? 'udp' : 'tcp';
}

async function stageOf(
  device: Simulator,
  where: Where,
  { clock, tell = () => undefined }: { clock: Clock; tell?(line: string): void },
): Promise<Stage> {
  if ('call' in where) return callingServer(device, where.call, tell);
  if ('pty' in where) return onPty(device, where.pty, clock);
  return where.listen.startsWith('udp:') ? onUdp(device, where.listen) : onTcp(device, where.listen);
}

async function onTcp(device: Simulator, listen: string): Promise<Stage> {
  const address = /^tcp:\/\/(.+):0$/.exec(listen);
  const parsed = address === null ? parsePort(listen) : ({ bus: 'tcp', host: address[1]!, port: 0 } as const);
  if (parsed?.bus !== 'tcp' || parsed.port === undefined)
    throw new TramError('DRIVER_PORT_UNAVAILABLE', `"${listen}" is not an address to listen on; write it like tcp://127.0.0.1:4001.`);
  const { host, port } = parsed;
  const server = createServer({ noDelay: true }, (socket) => device.plug(socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenFault(cause, { host, port })));
    server.listen({ host, port }, resolve);
  });
  const bound = server.address();
  const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    port: `tcp://${host.includes(':') ? `[${host}]` : host}:${boundPort}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function onPty(device: Simulator, path: string, clock: Clock): Promise<Stage> {
  forgetOldLink(path);
  const socat = spawn('socat', [`pty,raw,echo=0,link=${path}`, '-'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<TramError>((resolve) => {
    socat.once('error', (cause) =>
      resolve(
        new TramError(
          'DRIVER_PORT_UNAVAILABLE',
          'a pseudo-terminal needs socat (apt-get install socat); without it use --listen tcp://127.0.0.1:4001.',
          {
            cause,
          },
        ),
      ),
    );
    socat.once('exit', () =>
      resolve(new TramError('DRIVER_PORT_UNAVAILABLE', `socat could not make ${path}; check that its folder exists.`)),
    );
  });
  const fault = await Promise.race([ended, linkAppears(path, clock)]);
  if (fault !== undefined) {
    socat.kill();
    throw fault;
  }
  device.plug(Duplex.from({ readable: socat.stdout, writable: socat.stdin }));
  return {
    port: path,
    async close() {
      socat.kill();
      await ended;
    },
  };
}

/** A simulation that was killed leaves its link behind. Anything else at that path is not ours to remove. */
function forgetOldLink(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSymbolicLink() || !readlinkSync(path).startsWith('/dev/pts/'))
    throw new TramError('DRIVER_PORT_UNAVAILABLE', `${path} exists already and is no link to a pseudo-terminal; choose another path.`);
  unlinkSync(path);
}

async function linkAppears(path: string, clock: Clock): Promise<TramError | undefined> {
  const untilMs = clock.monotonicMs() + ptyWithinMs;
  while (!existsSync(path)) {
    if (clock.monotonicMs() > untilMs) return new TramError('DRIVER_PORT_UNAVAILABLE', `socat did not make ${path} in time; try again.`);
    await clock.sleep(10);
  }
  return undefined;
}

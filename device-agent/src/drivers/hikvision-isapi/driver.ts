/** Hikvision attendance and access terminals that post their events to us (ISAPI, "HTTP listening"). */
import type { Duplex } from 'node:stream';
import { TerminalSerial } from '@tramhoc/protocol/terminal-punch';
import { z } from 'zod';
import type { HttpAnswer, HttpRequest } from '../../transports/http-in.ts';
import { HttpInAddress } from '../../transports/port-address.ts';
import type { Driver, DriverCounters, DriverDefinition, DriverDeps } from '../driver.ts';
import { serveRequests, type TellUnclear, type TerminalDoor, tellUnclear, terminalDoor } from '../request-server.ts';
import { serials, utcOffsetMinutes } from '../terminal-fields.ts';
import { readPosted, type TerminalEvent } from './codec.ts';

const Config = z.strictObject({ port: HttpInAddress, serials, utcOffsetMinutes });
export type HikvisionIsapiConfig = z.infer<typeof Config>;

export const hikvisionIsapi: DriverDefinition<HikvisionIsapiConfig> = {
  kind: 'hikvision-isapi',
  title: { vi: 'Máy chấm công Hikvision (tự gửi sự kiện)', en: 'Hikvision attendance terminals (event push)' },
  configSchema: Config,
  capabilities: [{ can: 'read-punches' }],
  link: ({ port }) => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  open: async (link, config, deps) => new Terminals(link, config, deps),
};

class Terminals implements Driver<HikvisionIsapiConfig> {
  readonly #deps: DriverDeps;
  readonly #server: { stop(): void };
  readonly #door: TerminalDoor;
  readonly #tell: TellUnclear;
  readonly #counters: DriverCounters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined };
  #over = false;

  constructor(link: Duplex, config: HikvisionIsapiConfig, deps: DriverDeps) {
    this.#deps = deps;
    this.#door = terminalDoor({
      ...{ port: config.port, log: deps.log },
      fail: (error) => {
        this.#stop();
        deps.fail(error);
      },
    });
    this.#door.allow(config.serials);
    this.#tell = tellUnclear(deps.log);
    this.#server = serveRequests(link, {
      serve: async (request) => (this.#over ? undefined : request.respond(this.#answer(request))),
      onGone: () => this.#stop(),
      onRefused: (bytes) => {
        this.#counters.skippedBytes += bytes;
      },
      log: deps.log,
    });
  }

  async configure(config: HikvisionIsapiConfig): Promise<void> {
    this.#door.allow(config.serials);
  }

  async close(): Promise<void> {
    this.#stop();
  }

  counters(): DriverCounters {
    return { ...this.#counters };
  }

  #answer({ method, headers, body }: HttpRequest): HttpAnswer {
    // the button "Test" of the terminal
    if (method === 'GET' || method === 'HEAD') return taken;
    const posted = readPosted(headers['content-type'] ?? '', body);
    switch (posted.kind) {
      case 'events':
        return this.#take(posted.events);
      case 'nothing to keep':
        this.#heard();
        return taken;
      case 'xml':
        this.#deps.log.warn({}, 'a terminal posts its events as XML; set its event format (HTTP listening, parameter format) to JSON');
        return { status: 415, body: 'post events as JSON' };
      case 'not readable': {
        const terminal = posted.names.length === 0 ? 'unknown' : this.#door.admitted(posted.names);
        if (terminal !== undefined) this.#tell(terminal, posted.unclear);
        // taken all the same: a terminal that is refused says the same thing again and never the next one
        this.#counters.skippedBytes += body.length;
        return taken;
      }
      default:
        return posted satisfies never;
    }
  }

  /** 200 only when every punch is on disk; else the terminal posts the event again. */
  #take(events: readonly TerminalEvent[]): HttpAnswer {
    for (const { names, punch, unclear } of events) {
      if (punch === undefined && unclear === undefined) continue;
      const terminal = TerminalSerial.safeParse(this.#door.admitted(names)).data;
      if (terminal === undefined) return { status: 403, body: 'this serial number is not allowed here' };
      if (unclear !== undefined) this.#tell(terminal, unclear);
      if (punch !== undefined && !this.#deps.emit({ ...punch, terminal })) return { status: 503, body: 'the disk is full' };
    }
    this.#heard();
    return taken;
  }

  #heard(): void {
    this.#counters.frameCount += 1;
    this.#counters.lastFrameAtMs = this.#deps.clock.monotonicMs();
  }

  #stop(): void {
    this.#over = true;
    this.#server.stop();
  }
}

const taken: HttpAnswer = { status: 200, body: 'OK' };

/** ZKTeco attendance terminals that push their records to us (ADMS, "cloud server"): they call, we answer. */
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import type { HttpAnswer, HttpRequest } from '../../transports/http-in.ts';
import { HttpInAddress } from '../../transports/port-address.ts';
import { type Driver, type DriverCounters, type DriverDefinition, type DriverDeps, describe, type Punch } from '../driver.ts';
import { serveRequests, type TellUnclear, type TerminalDoor, tellUnclear, terminalDoor } from '../request-server.ts';
import { serials, utcOffsetMinutes } from '../terminal-fields.ts';
import { optionsText, type PushRequest, pushOptionsText, readRequest, registryText, userCommand } from './codec.ts';
import { nothingSent, planUserCommands, readUsers, takeReplies, type User, type UserState } from './plan-user-commands.ts';

const Config = z.strictObject({
  port: HttpInAddress,
  serials,
  utcOffsetMinutes,
  users: describe(
    z
      .string()
      .max(4_096)
      .superRefine((text, context) => {
        const users = readUsers(text);
        if (typeof users === 'string') context.addIssue({ code: 'custom', message: users });
      })
      .default(''),
    {
      vi: {
        title: 'Người dùng đưa xuống máy',
        help: 'Số=họ tên, cách nhau bằng dấu chấm phẩy: 1023=Nguyễn Thị An; 1024=Trần Văn Bình. Người đã có trên máy giữ nguyên thẻ, vân tay, mật khẩu; người bị bỏ khỏi đây không bị xóa trên máy.',
      },
      en: {
        title: 'Users given to the terminals',
        help: 'Number=name with semicolons between: 1023=Nguyễn Thị An; 1024=Trần Văn Bình. Who is there keeps card, finger and password; who is taken out here is not deleted there.',
      },
    },
  ),
});
export type ZktecoPushConfig = z.infer<typeof Config>;

/** Records that are kept before anything else of this program has a turn: each waits for the disk. */
const punchesPerTurn = 16;

export const zktecoPush: DriverDefinition<ZktecoPushConfig> = {
  kind: 'zkteco-push',
  title: { vi: 'Máy chấm công ZKTeco (tự gửi, ADMS)', en: 'ZKTeco attendance terminals (push, ADMS)' },
  configSchema: Config,
  capabilities: [{ can: 'read-punches' }],
  link: ({ port }) => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  open: async (link, config, deps) => new Terminals(link, config, deps),
};

type Known = { users: UserState; stamp: string | undefined };

class Terminals implements Driver<ZktecoPushConfig> {
  readonly #deps: DriverDeps;
  readonly #server: { stop(): void };
  readonly #door: TerminalDoor;
  readonly #tell: TellUnclear;
  readonly #counters: DriverCounters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined };
  readonly #stopped = new AbortController();
  /** By serial number; only terminals of the list get in. */
  readonly #known = new Map<string, Known>();
  #config: ZktecoPushConfig;
  #users: readonly User[];

  constructor(link: Duplex, config: ZktecoPushConfig, deps: DriverDeps) {
    this.#deps = deps;
    this.#config = config;
    this.#users = usersOf(config);
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
      serve: (request) => this.#serve(request),
      onGone: () => this.#stopped.abort(),
      onRefused: (bytes) => {
        this.#counters.skippedBytes += bytes;
      },
      log: deps.log,
    });
  }

  async configure(config: ZktecoPushConfig): Promise<void> {
    this.#config = config;
    this.#door.allow(config.serials);
    this.#users = usersOf(config);
  }

  async close(): Promise<void> {
    this.#stop();
  }

  counters(): DriverCounters {
    return { ...this.#counters };
  }

  async #serve(request: HttpRequest): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    const asked = readRequest(request);
    if (asked.ask === 'nothing known') {
      this.#counters.skippedBytes += request.body.length;
      request.respond({ status: 404, body: 'not found' });
      return;
    }
    if (this.#door.admitted([asked.serial]) === undefined) {
      request.respond({ status: 403, body: 'this serial number is not allowed here' });
      return;
    }
    this.#counters.frameCount += 1;
    this.#counters.lastFrameAtMs = this.#deps.clock.monotonicMs();
    const known = this.#known.get(asked.serial) ?? { users: nothingSent, stamp: undefined };
    this.#known.set(asked.serial, known);
    request.respond(asked.ask === 'punches' ? await this.#take(known, asked) : this.#answer(known, asked));
  }

  #answer(known: Known, asked: Exclude<PushRequest, { ask: 'punches' | 'nothing known' }>): HttpAnswer {
    const { serial } = asked;
    switch (asked.ask) {
      case 'options':
        this.#deps.log.info({ terminal: serial, pushVersion: asked.pushVersion.slice(0, 16) }, 'an attendance terminal said hello');
        return ok(optionsText({ serial, stamp: known.stamp, utcOffsetMinutes: this.#config.utcOffsetMinutes }));
      case 'other data':
        return ok(asked.taken);
      case 'commands': {
        if (asked.info !== undefined) this.#deps.log.debug({ terminal: serial, info: asked.info.slice(0, 120) }, 'terminal');
        const { state, commands } = planUserCommands(known.users, {
          wanted: this.#users,
          nowMs: this.#deps.clock.monotonicMs(),
          newId: () => Buffer.from(this.#deps.random.bytes(8)).toString('hex'),
        });
        known.users = state;
        return ok(commands.length === 0 ? 'OK' : `${commands.map(({ id, user }) => userCommand(id, user)).join('\n')}\n`);
      }
      case 'replies': {
        const { state, refused } = takeReplies(known.users, asked.replies);
        known.users = state;
        for (const code of refused)
          this.#deps.log.warn({ terminal: serial, code }, 'the terminal refused a user; compare its manual, -1001 means that it is full');
        return ok('OK');
      }
      case 'ping':
        return ok('OK');
      case 'registry':
        return ok(registryText(serial));
      case 'push options':
        return ok(pushOptionsText);
      default:
        return asked satisfies never;
    }
  }

  /** `OK` only when all of them are on disk; else the terminal says them again, and those that are there already count once. */
  async #take(known: Known, asked: Extract<PushRequest, { ask: 'punches' }>): Promise<HttpAnswer> {
    const { punches, rowCount, skippedBytes, unclear, stamp, serial, table } = asked;
    this.#counters.skippedBytes += skippedBytes;
    if (skippedBytes > 0)
      this.#deps.log.warn({ terminal: serial, rowCount, readable: punches.length }, 'a terminal sent records that are none');
    for (const what of unclear) this.#tell(serial, what);
    if (!(await this.#emitAll(punches))) return { status: 503, body: 'ERROR: the disk is full' };
    if (table === 'RTLOG') return ok('OK');
    known.stamp = stamp;
    return ok(`OK: ${rowCount}`);
  }

  async #emitAll(punches: readonly Punch[]): Promise<boolean> {
    for (const [at, punch] of punches.entries()) {
      if (at > 0 && at % punchesPerTurn === 0) await this.#deps.clock.sleep(0, this.#stopped.signal).catch(() => undefined);
      if (this.#stopped.signal.aborted || !this.#deps.emit(punch)) return false;
    }
    return true;
  }

  #stop(): void {
    this.#stopped.abort();
    this.#server.stop();
  }
}

const ok = (body: string): HttpAnswer => ({ status: 200, body });

function usersOf({ users }: ZktecoPushConfig): readonly User[] {
  const read = readUsers(users);
  return typeof read === 'string' ? [] : read;
}

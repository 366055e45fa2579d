/** Starts the parts of the site in order, each when what it needs is there, and says what to try. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '@tramhoc/base/config';
import { seededRandom } from '@tramhoc/base/random';
import { adminApi } from './admin-api.ts';
import { findElectron } from './electron.ts';
import { startHardware } from './hardware.ts';
import { writePartConfig } from './part-config.ts';
import type { Part, Parts } from './parts.ts';
import { playMorning } from './play-morning.ts';
import { choosePorts } from './ports.ts';
import { type AgentName, approve, createSchool, deviceOf, rosterCards, school, untilHardwareRuns, wishDrivers } from './school.ts';

const root = resolve(import.meta.dirname, '..');

export type SiteOptions = {
  dataFolder: string;
  /** How many times as fast as a real morning; 0 plays nothing. */
  speed: number;
  /** First of nine ports; 0 takes free ones. */
  port: number;
  seed: number;
  electron: boolean;
  parts: Parts;
  print(line?: string): void;
  /** Aborted when everything is being ended; the parts are ended by whoever made them. */
  ending: AbortSignal;
};

/** Rejects with the line to show when something does not start. Then, and when it is interrupted by `ending`, parts may be running. */
export async function startSite(options: SiteOptions): Promise<void> {
  const { dataFolder, parts, print, ending } = options;
  const startedMs = performance.now();
  const atTheEnd = (step: () => void): void => ending.addEventListener('abort', step, { once: true });
  const step = async <Result>(name: string, work: () => Promise<Result>, tell: (result: Result) => string): Promise<Result> => {
    const fromMs = performance.now();
    try {
      const result = await work();
      print(`  ✓ ${name.padEnd(20)} ${((performance.now() - fromMs) / 1_000).toFixed(1).padStart(5)} s   ${tell(result)}`);
      return result;
    } catch (error) {
      throw new Error(`  ✗ ${name.padEnd(20)} ${(error as Error).message}`, { cause: error });
    }
  };
  const onRestart = (why: string): void => print(`  ! ${why}; starting it again`);
  const part = (name: string, args: readonly string[], more: { onLine?(line: Record<string, unknown>): void } = {}): Promise<Part> =>
    parts.start({ name, args, logPath: join(dataFolder, 'logs', `${name}.log`), onRestart, ...more });
  const config = (name: string, value: Readonly<Record<string, unknown>>): string => {
    const path = join(dataFolder, name);
    writePartConfig(path, value);
    return path;
  };

  const ports = await choosePorts(dataFolder, options.port);
  print(`Tramhoc: ${school.name}, in ${dataFolder}\n`);

  const building = Promise.all([build('provisioning/build-console.ts', ending), build('kiosk-app/build.ts', ending)]);
  const hardwareStarting = startHardware({ root, dataFolder, ports, parts, onRestart });
  // their errors are told at their step
  for (const begun of [building, hardwareStarting]) begun.catch(() => undefined);

  let firstPassword: { user: string; password: string } | undefined;
  const centre = await step(
    'centre',
    () =>
      part(
        'centre',
        [
          join(root, 'provisioning/src/main.ts'),
          '--config',
          config('centre.json', {
            dataDir: join(dataFolder, 'centre'),
            departmentName: 'Sở Giáo dục và Đào tạo (mô phỏng)',
            console: { host: '127.0.0.1', port: ports.console },
            devices: { host: '127.0.0.1', port: ports.devices, names: ['127.0.0.1', 'localhost'] },
            adminSocket: join(dataFolder, 'admin.sock'),
          }),
        ],
        {
          onLine: (line) => {
            if (typeof line['firstRunPassword'] === 'string')
              firstPassword = { user: String(line['firstRunUser']), password: line['firstRunPassword'] };
          },
        },
      ),
    ({ ready }) => String(ready['consoleUrl']),
  );
  const consoleUrl = String(centre.ready['consoleUrl']);
  const centreOfDevices = { url: String(centre.ready['devicesUrl']), caFile: String(centre.ready['rootCaFile']) };
  const admin = adminApi(join(dataFolder, 'admin.sock'));

  const claim = await createSchool(admin, ports);
  const broker = await step(
    'site broker',
    () =>
      part('broker', [
        join(root, 'broker/src/main.ts'),
        '--config',
        config('broker.json', {
          dataDir: join(dataFolder, 'broker'),
          centre: centreOfDevices,
          ...(claim === undefined ? {} : { claim }),
          mqtt: { host: '127.0.0.1', port: ports.mqtt },
          status: { host: '127.0.0.1', port: ports.status },
        }),
      ]),
    ({ ready }) => `${ready['mqttUrl']}   ${ready['statusUrl']}`,
  );

  const hardware = await step(
    'simulated hardware',
    () => hardwareStarting,
    ({ onPseudoTerminals }) =>
      onPseudoTerminals
        ? 'card reader, scanner, air sensor on pseudo-terminals; projector on TCP'
        : 'all on TCP (socat would give pseudo-terminals)',
  );

  const socketOf = (agent: AgentName): string => join(dataFolder, `${agent}.sock`);
  await step(
    'device agents',
    () => Promise.all((Object.keys(school.agents) as AgentName[]).map((agent) => startAgent(agent))),
    (names) => names.join(', '),
  );
  async function startAgent(agent: AgentName): Promise<string> {
    const { name, model, serial } = school.agents[agent];
    let approving: Promise<void> | undefined;
    await part(
      `agent-${agent}`,
      [
        join(root, 'device-agent/src/main.ts'),
        '--config',
        config(`agent-${agent}.json`, {
          dataDir: join(dataFolder, `agent-${agent}`),
          name,
          model,
          serial,
          centre: centreOfDevices,
          localLink: { path: socketOf(agent) },
        }),
      ],
      {
        onLine: (line) => {
          const shown = line['enrolment'] as { userCode?: string; fingerprint?: string } | undefined;
          // only the first code: a device that was revoked in the console waits for a person
          if (approving !== undefined || shown?.userCode === undefined || shown.fingerprint === undefined) return;
          approving = approve(admin, agent, { userCode: shown.userCode, fingerprint: shown.fingerprint }).then((deviceId) =>
            wishDrivers(admin, { agent, deviceId, wires: hardware.wires }),
          );
          approving.catch((error: Error) => {
            if (!ending.aborted) print(`  ! ${name}: ${error.message}`);
          });
        },
      },
    );
    const deviceId = await deviceOf(admin, agent);
    if (deviceId !== undefined) await wishDrivers(admin, { agent, deviceId, wires: hardware.wires });
    else await waitFor(() => approving, 15_000);
    return name;
  }

  await step(
    'screens built',
    () => building,
    () => 'console and kiosk',
  );
  const kioskConfig = config('kiosk.json', {
    agentSocket: socketOf('gate'),
    host: '127.0.0.1',
    port: ports.kiosk,
    distFolder: join(root, 'kiosk-app/dist/page'),
  });
  const kiosk = await step(
    'kiosk',
    () => part('kiosk', [join(root, 'kiosk-app/src/web/main.ts'), '--config', kioskConfig]),
    ({ ready }) => String(ready['url']),
  );

  const runPath = join(dataFolder, 'run.json');
  writeFileAtomic(
    runPath,
    `${JSON.stringify({ console: consoleUrl, kiosk: kiosk.ready['url'], broker: broker.ready['mqttUrl'], metrics: broker.ready['metricsUrl'], pid: process.pid }, null, 2)}\n`,
  );
  atTheEnd(() => rmSync(runPath, { force: true }));

  if (options.speed > 0) {
    const random = seededRandom(options.seed);
    const play = (): void => {
      if (ending.aborted) return;
      const playing = playMorning({ hardware, cards: rosterCards(), speed: options.speed, fraction: () => random.fraction() });
      atTheEnd(() => playing.stop());
    };
    // nobody comes before the gate is open: a device that was just approved fetches its certificate first
    void untilHardwareRuns(admin).then(play);
  }
  const kioskWindow = options.electron ? openElectron(kioskConfig) : 'open the address above in a browser';
  print(
    `\nReady after ${((performance.now() - startedMs) / 1_000).toFixed(1)} s. Ctrl-C stops everything; the next start goes on where this one stopped.\n`,
  );
  print(`  Console   ${consoleUrl}`);
  if (firstPassword !== undefined)
    print(`            user ${firstPassword.user}, password ${firstPassword.password} (once; you choose your own at the first sign-in)`);
  else print('            with the password that you chose; a forgotten one: docs/runbooks/forgotten-password.md');
  print(`  Kiosk     ${kiosk.ready['url']}   (${kioskWindow})`);
  print(`  Broker    ${broker.ready['statusUrl']}   metrics ${broker.ready['metricsUrl']}\n`);
  print('What to try');
  print(
    `  - Watch the pupils arrive: Điểm danh in the console, and the kiosk. The morning runs ${options.speed} times as fast as a real one.`,
  );
  print('  - Change a slot of "Phòng học 10A1" in the console (Thiết bị) and see the report come back; try a wrong value.');
  print(
    `  - Freeze the centre (kill -STOP ${centre.pid}), let pupils tap on, thaw it (kill -CONT ${centre.pid}): everything arrives, once.`,
  );
  print(
    `  - A device of your own: ./tramhoc agent start needs a config like ${join(dataFolder, 'agent-gate.json')}; approve its code in the console.`,
  );

  function openElectron(configPath: string): string {
    const electron = findElectron({ root, configPath });
    if (!electron.found) return `${electron.why}: open the address in a browser`;
    const window = spawn(electron.program, electron.args, { stdio: 'ignore', env: { ...process.env, ...electron.env }, signal: ending });
    window.on('error', () => undefined);
    return 'open in Electron; the address works in any browser as well';
  }
}

function build(script: string, signal: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [join(root, script)], { stdio: ['ignore', 'ignore', 'pipe'], signal });
    const words: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => words.push(chunk.toString('utf8')));
    child.once('error', fail);
    child.once('exit', (code) => (code === 0 ? done() : fail(new Error(`${script} failed: ${words.join('').trim().slice(-600)}`))));
  });
}

async function waitFor(promise: () => Promise<void> | undefined, limitMs: number): Promise<void> {
  const untilMs = performance.now() + limitMs;
  while (promise() === undefined) {
    if (performance.now() > untilMs) throw new Error('the agent showed no enrolment code; look at its log in the data folder.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await promise();
}

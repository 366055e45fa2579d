/** A whole school on one computer: `npm start`. Whatever ends it (Ctrl-C, a closed terminal, a part that does not start), no part stays behind. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { exitCodeOf, runProgram, typedNumber } from '@tramhoc/base/command-line';
import { asFolderFault, readJsonFileIfAny } from '@tramhoc/base/config';
import { isTramError } from '@tramhoc/protocol/errors';
import { createParts } from './parts.ts';
import { startSite } from './site.ts';

const usage = `usage: npm start -- [--data <folder>] [--speed <n>] [--port <n>] [--seed <n>] [--no-electron]

Runs a whole school on this computer: centre, site broker, two agents with simulated hardware, a kiosk.

  --data <folder>      where everything is kept (default ./data)
  --speed <n>          how fast the school morning is played (default 30; 1 is real time, 0 plays nothing)
  --port <n>           first of nine ports (default 7400; 0 takes free ones). Chosen at the first start, kept after.
  --seed <n>           another morning (default: a new one each start)
  --no-electron        do not open the kiosk in Electron`;
const options = {
  data: { type: 'string', default: 'data' },
  speed: { type: 'string', default: '30' },
  port: { type: 'string', default: '7400' },
  seed: { type: 'string' },
  'no-electron': { type: 'boolean', default: false },
} as const;

const print = (line = ''): void => void process.stdout.write(`${line}\n`);

await runProgram({ usage, options }, async ({ values }) => {
  const dataFolder = resolve(values.data);
  const wanted = {
    speed: typedNumber('speed', values.speed, { min: 0, max: 1_000, whole: false }),
    port: typedNumber('port', values.port, { min: 0, max: 65_000 }),
    seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : typedNumber('seed', values.seed, { min: 0, max: 2 ** 31 }),
    electron: !values['no-electron'],
  };
  const parts = createParts();
  const ending = new AbortController();

  const stop = async (code: number): Promise<void> => {
    if (ending.signal.aborted) return;
    ending.abort();
    await parts.stop();
    process.exit(code);
  };
  process.on('SIGINT', () => {
    print('\nstopping ...');
    void stop(0);
  });
  process.on('SIGTERM', () => void stop(0));
  // a terminal that is closed, or a pipe whose reader has gone: the parts must not stay behind
  process.on('SIGHUP', () => void stop(0));
  for (const output of [process.stdout, process.stderr]) output.on('error', () => void stop(0));

  try {
    makeFolder(dataFolder);
    refuseSecondStart(dataFolder);
    await startSite({ ...wanted, dataFolder, parts, print, ending: ending.signal });
  } catch (error) {
    // what was interrupted by the end is no news
    if (ending.signal.aborted) return;
    print(isTramError(error) ? `${error.code}: ${error.message}` : (error as Error).message);
    await stop(exitCodeOf(error));
  }
});

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw asFolderFault(cause, path);
  }
}

/** Two starts on one folder would fight for every port and file. */
function refuseSecondStart(dataFolder: string): void {
  const other = readJsonFileIfAny(join(dataFolder, 'run.json')) as { pid?: unknown } | undefined;
  if (typeof other?.pid !== 'number' || other.pid === process.pid) return;
  try {
    process.kill(other.pid, 0);
  } catch {
    return; // it is gone; its run.json was left behind
  }
  throw new Error(`it already runs here as process ${other.pid}; stop that one first, or choose another folder with --data.`);
}

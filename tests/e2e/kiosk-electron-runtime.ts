/** An Electron to test with: the folder that ELECTRON_TEST_RUNTIME names, or the official binary if it was downloaded. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';

export type Runtime = { folder: string; executable: string };

/** undefined when there is none on this machine. */
export function findRuntime(): Runtime | undefined {
  const given = process.env['ELECTRON_TEST_RUNTIME'];
  if (given !== undefined && existsSync(join(given, 'electron'))) return { folder: given, executable: 'electron' };
  const home = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const pathFile = join(home, 'path.txt');
  if (!existsSync(pathFile)) return undefined;
  const executable = readFileSync(pathFile, 'utf8').trim();
  return existsSync(join(home, 'dist', executable)) ? { folder: join(home, 'dist'), executable } : undefined;
}

export type Kiosk = { app: ElectronApplication; page: Page; output: string[]; close(): Promise<void> };

/**
 * Starts the built kiosk in a copy of the runtime (hard links, so it takes no time), as an installed one would be: the app lies in resources/app.
 * Waits until the home or device screen is drawn.
 */
export async function launchKiosk(
  runtime: Runtime,
  { appFolder, config }: { appFolder: string; config: Record<string, unknown> },
): Promise<Kiosk> {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-electron-'));
  const copy = join(folder, 'runtime');
  try {
    execFileSync('cp', ['-al', runtime.folder, copy], { stdio: 'ignore' });
  } catch {
    // Another file system: a real copy.
    rmSync(copy, { recursive: true, force: true });
    cpSync(runtime.folder, copy, { recursive: true, verbatimSymlinks: true });
  }
  rmSync(join(copy, 'resources/app'), { recursive: true, force: true });
  rmSync(join(copy, 'resources/default_app.asar'), { force: true });
  symlinkSync(appFolder, join(copy, 'resources/app'));
  const configFile = join(folder, 'kiosk.json');
  writeFileSync(configFile, JSON.stringify(config));
  const app = await _electron.launch({
    executablePath: join(copy, runtime.executable),
    args: [`--user-data-dir=${join(folder, 'profile')}`],
    env: {
      ...(process.env as Record<string, string>),
      TRAMHOC_KIOSK_CONFIG: configFile,
      KIOSK_SANDBOX: process.getuid?.() === 0 ? '0' : '1',
    },
    timeout: 30_000,
  });
  const output: string[] = [];
  for (const stream of [app.process().stdout, app.process().stderr]) stream?.on('data', (chunk: Buffer) => output.push(String(chunk)));
  const close = async (): Promise<void> => {
    await app.close().catch(() => app.process().kill());
    rmSync(folder, { recursive: true, force: true });
  };
  const page = await drawnPage(app).catch(async (cause: unknown) => {
    await close();
    throw new Error(`the kiosk drew nothing; it said: ${output.join('')}`, { cause });
  });
  return {
    app,
    page,
    output,
    close,
  };
}

async function drawnPage(app: ElectronApplication): Promise<Page> {
  const page = await app.firstWindow({ timeout: 15_000 });
  await page.locator('.home, .device').first().waitFor();
  return page;
}

/** Finds an Electron to show the kiosk in, if this computer has one and a screen to show it on. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export type Electron = { found: true; program: string; args: string[]; env: Record<string, string> } | { found: false; why: string };

/** `root`: the repository; `configPath`: the kiosk's config file. */
export function findElectron({ root, configPath }: { root: string; configPath: string }): Electron {
  if (process.platform === 'linux' && process.env['DISPLAY'] === undefined && process.env['WAYLAND_DISPLAY'] === undefined)
    return { found: false, why: 'there is no screen here' };
  const folder = join(root, 'node_modules', 'electron', 'dist');
  const program = [join(folder, 'electron'), join(folder, 'electron.exe'), join(folder, 'Electron.app/Contents/MacOS/Electron')].find(
    (path) => existsSync(path),
  );
  if (program === undefined) return { found: false, why: 'Electron is not installed (npx install-electron gets it)' };
  const asRoot = process.getuid?.() === 0;
  return {
    found: true,
    program,
    args: [...(asRoot ? ['--no-sandbox'] : []), join(root, 'kiosk-app', 'dist', 'electron')],
    env: { TRAMHOC_KIOSK_CONFIG: configPath, ...(asRoot ? { KIOSK_SANDBOX: '0' } : {}) },
  };
}

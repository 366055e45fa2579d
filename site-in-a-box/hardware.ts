/** Simulated hardware on real wires: each device's simulator in a process of its own, on a pseudo-terminal where there is socat, on TCP otherwise. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Part, Parts } from './parts.ts';
import type { Ports } from './ports.ts';
import type { Wires } from './school.ts';

export type Hardware = { wires: Wires; devices: Record<keyof Wires, Part>; onPseudoTerminals: boolean };

const kinds = { reader: 'rdm6300', scanner: 'scanner-serial', air: 'pms5003', projector: 'pjlink' } as const;

export async function startHardware({
  root,
  dataFolder,
  ports,
  parts,
  onRestart,
}: {
  root: string;
  dataFolder: string;
  ports: Ports;
  parts: Parts;
  onRestart(why: string): void;
}): Promise<Hardware> {
  const wireFolder = join(dataFolder, 'wires');
  mkdirSync(wireFolder, { recursive: true });
  const onPseudoTerminals = spawnSync('socat', ['-V'], { stdio: 'ignore' }).status === 0;
  const wire = (name: keyof Wires): string =>
    onPseudoTerminals && name !== 'projector' ? join(wireFolder, name) : `tcp://127.0.0.1:${ports[name]}`;
  const wires: Wires = { reader: wire('reader'), scanner: wire('scanner'), air: wire('air'), projector: wire('projector') };
  const start = (name: keyof Wires): Promise<Part> =>
    parts.start({
      name: `simulated ${kinds[name]}`,
      args: [
        join(root, 'device-agent/src/simulate/main.ts'),
        kinds[name],
        ...(wires[name].startsWith('tcp:') ? ['--listen', wires[name]] : ['--pty', wires[name]]),
        ...(name === 'projector' ? ['--set', 'password=JBMIAProjectorLink'] : name === 'air' ? ['--set', 'recorded=true'] : []),
      ],
      logPath: join(dataFolder, 'logs', `simulated-${name}.log`),
      readyText: /is plugged in at/,
      onRestart,
    });
  const names = Object.keys(kinds) as (keyof Wires)[];
  const devices = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await start(name)]))) as Hardware['devices'];
  return { wires, devices, onPseudoTerminals };
}

/** What this computer is, for the console's list of devices. */
import { readFileSync } from 'node:fs';
import { type as osType, release } from 'node:os';
import { join } from 'node:path';
import type { EventData } from '@tramhoc/protocol/event';
import { z } from 'zod';
import type { AgentConfig } from '../agent-config.ts';
import type { AnyDriverDefinition } from '../drivers/driver.ts';

export type HostFacts = { agentVersion: string; model: string; serial: string; os: string };

/** Boards without a filled-in DMI table say such things. */
const nonsense = /^(?:|none|default string|to be filled by o\.?e\.?m\.?|system (?:product name|serial number)|not specified|0+)$/i;
const dmiFolder = '/sys/class/dmi/id';

/** What the config says goes before what the computer says of itself. Texts are cut to what the contracts allow. */
export function hostFacts(config: Pick<AgentConfig, 'model' | 'serial'>): HostFacts {
  return {
    agentVersion: agentVersion(),
    model: (config.model ?? dmi('product_name') ?? 'unknown').slice(0, 120),
    // only root may read it on most systems: then the label in the config is what counts
    serial: (config.serial ?? dmi('product_serial') ?? 'unknown').slice(0, 120),
    os: (prettyName() ?? `${osType()} ${release()}`).slice(0, 120),
  };
}

function dmi(name: string): string | undefined {
  const text = fileText(join(dmiFolder, name))?.trim();
  return text === undefined || nonsense.test(text) ? undefined : text;
}

function prettyName(): string | undefined {
  return /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(fileText('/etc/os-release') ?? '')?.[1];
}

function agentVersion(): string {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

function fileText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The drivers this agent has, each with the JSON Schema of its config: the console makes its form of it. */
export function driverKinds(drivers: readonly AnyDriverDefinition[]): EventData<'vn.tramhoc.device.driver.v1'>[] {
  return drivers.map(({ kind, title, configSchema, capabilities }) => ({
    kind,
    title,
    configSchema: z.toJSONSchema(configSchema, { io: 'input' }) as Record<string, unknown>,
    capabilities: capabilities.map((capability) => ({ ...capability })),
  }));
}

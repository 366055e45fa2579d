/** Gateways in the broker's config file, changed by a command: the rest of the file stays as it is, and nothing is written that would not start. */
import { statSync } from 'node:fs';
import { readConfig, readJsonFileIfAny, writeFileAtomic } from '@tramhoc/base/config';
import type { Random } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import { faults } from '@tramhoc/protocol/event';
import { BrokerConfig } from '../broker-config.ts';
import { hashPassword, newPassword } from './password.ts';

type File = Record<string, unknown> & { gateways?: Record<string, unknown> & { entries?: Record<string, unknown>[] } };
export type NewGateway = { name: string; adapter: string; user?: string; topics: readonly string[] };

/** What is typed into the gateway. */
export type Access = { user: string; password: string; host: string; port: number };

/** Gives the password: it is nowhere else. Throws CONFIG_INVALID, CONFLICT, INPUT_INVALID, PERMISSION_MISSING. */
export async function addGateway(path: string, gateway: NewGateway, random: Random): Promise<Access> {
  const file = readFile(path);
  const { name, adapter, user = name, topics } = gateway;
  const entries = file.gateways?.entries ?? [];
  if (entries.some((entry) => entry['name'] === name))
    throw new TramError(
      'CONFLICT',
      `there is a gateway ${name} already; choose another name, or give it a new password with: tramhoc site gateway new-password.`,
    );
  const password = newPassword(random);
  const passwordHash = await hashPassword(password, random);
  const entry = { name, adapter, user, passwordHash, ...(topics.length === 0 ? {} : { topics }) };
  const written = writeFile(path, { ...file, gateways: { ...file.gateways, entries: [...entries, entry] } });
  return { user, password, ...written };
}

/** Throws NOT_FOUND and what addGateway throws. */
export async function renewPassword(path: string, name: string, random: Random): Promise<Access> {
  const file = readFile(path);
  const found = entryNamed(file, name, path);
  const password = newPassword(random);
  const passwordHash = await hashPassword(password, random);
  const entries = file.gateways!.entries!.map((entry) => (entry === found ? { ...entry, passwordHash } : entry));
  const written = writeFile(path, { ...file, gateways: { ...file.gateways, entries } });
  return { user: String(found['user']), password, ...written };
}

export function removeGateway(path: string, name: string): void {
  const file = readFile(path);
  const found = entryNamed(file, name, path);
  writeFile(path, { ...file, gateways: { ...file.gateways, entries: file.gateways!.entries!.filter((entry) => entry !== found) } });
}

export function listGateways(path: string): { name: string; adapter: string; user: string; topics: string[] }[] {
  return (readConfig(path, BrokerConfig).gateways?.entries ?? []).map(({ name, adapter, user, topics }) => ({
    name,
    adapter,
    user,
    topics,
  }));
}

function entryNamed(file: File, name: string, path: string): Record<string, unknown> {
  const found = file.gateways?.entries?.find((entry) => entry['name'] === name);
  if (found === undefined) throw new TramError('NOT_FOUND', `there is no gateway ${name} in ${path}; look at the list.`);
  return found;
}

/** As it stands, defaults not filled in; it has been found good. */
function readFile(path: string): File {
  readConfig(path, BrokerConfig);
  return readJsonFileIfAny(path) as File;
}

/** Gives where the gateways are let in. */
function writeFile(path: string, file: File): { host: string; port: number } {
  const checked = BrokerConfig.safeParse(file);
  if (!checked.success) throw new TramError('INPUT_INVALID', `${faults(checked.error)}. Nothing was changed.`);
  writeFileAtomic(path, `${JSON.stringify(file, null, 2)}\n`, { mode: statSync(path).mode & 0o777 });
  const { host, port } = checked.data.gateways!;
  return { host, port };
}

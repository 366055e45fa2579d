/**
 * Two network namespaces, one for a device and one for a site's broker, joined by cables of the kernel (veth); a third cable leads to the computer
 * itself, where the centre stands. All faults are put into the broker's namespace, so that nothing of the computer's own network is touched.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, lacking, networkName, removeNamespace } from './leftovers.ts';
import type { Places } from './town.ts';

export type Namespaces = {
  places: Places;
  /** What stands before a command that runs there. */
  inDevice: readonly string[];
  inBroker: readonly string[];
  /** In the broker's namespace; `deviceSide` and `centreSide` are its ends of the cables. */
  run(...words: string[]): void;
  deviceSide: string;
  centreSide: string;
  remove(): void;
};

export const cannotUseNamespaces = (): string | undefined => lacking('ip', 'tc', 'iptables', 'nft', 'socat');

/** Where ip(8) looks for files that a namespace sees instead of the system's own. */
const filesOf = (name: string): string => join('/etc/netns', name);

export function makeNamespaces(): Namespaces {
  const [device, broker, cable] = [networkName('d'), networkName('b'), networkName('h')];
  const address = (last: number): string => `10.231.${process.pid % 250}.${last}`;
  const remove = (): void => {
    for (const name of [device, broker]) {
      removeNamespace(name);
      rmSync(filesOf(name), { recursive: true, force: true });
    }
  };
  const ip = (...words: string[]): void => void command('ip', ...words);
  try {
    // the certificate of a broker on one computer names localhost: here that name leads through the cable
    mkdirSync(filesOf(device), { recursive: true });
    writeFileSync(join(filesOf(device), 'hosts'), `${address(2)} localhost\n`);
    ip('netns', 'add', device);
    ip('netns', 'add', broker);
    ip('link', 'add', 'dev0', 'netns', device, 'type', 'veth', 'peer', 'name', 'site0', 'netns', broker);
    ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'up0', 'netns', broker);
    ip('-n', device, 'address', 'add', `${address(1)}/30`, 'dev', 'dev0');
    ip('-n', broker, 'address', 'add', `${address(2)}/30`, 'dev', 'site0');
    ip('-n', broker, 'address', 'add', `${address(5)}/30`, 'dev', 'up0');
    ip('address', 'add', `${address(6)}/30`, 'dev', cable);
    for (const name of ['lo', 'dev0']) ip('-n', device, 'link', 'set', name, 'up');
    for (const name of ['lo', 'site0', 'up0']) ip('-n', broker, 'link', 'set', name, 'up');
    ip('link', 'set', cable, 'up');
  } catch (error) {
    remove();
    throw error;
  }
  const exec = (name: string): string[] => ['ip', 'netns', 'exec', name];
  return {
    places: { centreHost: address(6), brokerHost: address(5) },
    ...{ inDevice: exec(device), inBroker: exec(broker), deviceSide: 'site0', centreSide: 'up0', remove },
    run: (...words) => void command('ip', 'netns', 'exec', broker, ...words),
  };
}

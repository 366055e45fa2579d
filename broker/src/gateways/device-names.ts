/** What the devices of a gateway are called here. Two may have one name and are two all the same: then the identifier tells them apart. */
import { maxNameCharacters } from '../adapters/adapter.ts';

export type DeviceNames = {
  /** The same for the same device, also after a restart with what was known then. At most `maxNameCharacters`. */
  nameOf(device: { device: string; id?: string | undefined }): string;
};

/** Four times the devices of a gateway: lamps and switches are announced as well. */
const maxOwners = 512;

export function createDeviceNames(known: readonly { name: string; id?: string | undefined }[]): DeviceNames {
  const owners = new Map<string, string>();
  for (const { name, id } of known) if (id !== undefined) owners.set(name, id);
  return {
    nameOf({ device, id }) {
      const plain = device.slice(0, maxNameCharacters);
      if (id === undefined) return plain;
      const apart = marked(plain, id);
      // somebody may have called another device so
      const names = [plain, apart, marked(apart, id)];
      const own = names.find((name) => owners.get(name) === id);
      if (own !== undefined) return own;
      if (owners.size >= maxOwners) return names.slice(1).find((name) => !owners.has(name)) ?? apart;
      const free = names.find((name) => !owners.has(name)) ?? apart;
      owners.set(free, id);
      return free;
    },
  };
}

function marked(name: string, id: string): string {
  const mark = ` (${id})`;
  return `${name.slice(0, maxNameCharacters - mark.length)}${mark}`;
}

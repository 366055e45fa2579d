/** What is plugged into the computer and out of it, as events. Known is what was there when the computer was first looked at, and what the config allows. */
import { type UsbDevice, usbPlace } from '@tramhoc/protocol/asset';
import { SlotId } from '@tramhoc/protocol/ids';
import { z } from 'zod';
import type { Outbox } from '../outbox/outbox.ts';

export type UsbWatch = {
  /** `devices`: everything that is plugged in now. Throws what the outbox throws; what was not kept is told with the next look. */
  look(seen: { slot: string; kind: string; config: Readonly<Record<string, unknown>>; devices: readonly UsbDevice[] }): void;
};

/** `present` is kept as well, so that what happens while the agent is off is told when it comes back. */
const Memory = z.object({
  known: z.array(z.string().max(9)).max(64),
  present: z.array(z.object({ vendorId: z.string(), productId: z.string(), name: z.string(), port: z.string() })).max(32),
});
type Memory = z.infer<typeof Memory>;

const numberOf = ({ vendorId, productId }: Pick<UsbDevice, 'vendorId' | 'productId'>): string => `${vendorId}:${productId}`;

export function createUsbWatch({ outbox }: { outbox: Pick<Outbox, 'accept' | 'notes'> }): UsbWatch {
  return {
    look({ slot, kind, config, devices }) {
      const key = `usb.${slot}`;
      const memory = read(outbox.notes.get(key));
      if (memory === undefined) {
        outbox.notes.set(key, JSON.stringify({ known: [...new Set(devices.map(numberOf))], present: [...devices] } satisfies Memory));
        return;
      }
      const allowed = new Set([...memory.known, ...allowedIn(config['allowedUsb'])]);
      const { plugged, unplugged } = usbChanges(memory.present, devices);
      const changes = [
        ...unplugged.map((device) => ({ change: 'unplugged' as const, device })),
        ...plugged.map((device) => ({ change: 'plugged' as const, device })),
      ];
      if (changes.length === 0) return;
      for (const { change, device } of changes)
        outbox.accept('vn.tramhoc.asset.usb.v1', {
          slot: SlotId.parse(slot),
          driver: kind,
          change,
          device,
          known: allowed.has(numberOf(device)),
        });
      outbox.notes.set(key, JSON.stringify({ ...memory, present: [...devices] } satisfies Memory));
    },
  };
}

/** A device that is in another port now was unplugged there and plugged in here. */
export function usbChanges(before: readonly UsbDevice[], now: readonly UsbDevice[]): { plugged: UsbDevice[]; unplugged: UsbDevice[] } {
  const [old, present] = [new Set(before.map(usbPlace)), new Set(now.map(usbPlace))];
  return {
    plugged: now.filter((device) => !old.has(usbPlace(device))),
    unplugged: before.filter((device) => !present.has(usbPlace(device))),
  };
}

function allowedIn(text: unknown): string[] {
  return typeof text === 'string' ? (text.toLowerCase().match(/[0-9a-f]{4}:[0-9a-f]{4}/g) ?? []) : [];
}

function read(text: string | undefined): Memory | undefined {
  if (text === undefined) return undefined;
  try {
    return Memory.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

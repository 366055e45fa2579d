import type { UsbDevice } from '@tramhoc/protocol/asset';
import { eventData } from '@tramhoc/protocol/event';
import { expect, test } from 'vitest';
import { createUsbWatch } from './usb-watch.ts';

const keyboard: UsbDevice = { vendorId: '046d', productId: 'c31c', name: 'Keyboard', port: '1-1' };
const stick: UsbDevice = { vendorId: '0781', productId: '5567', name: 'Cruzer', port: '1-2' };

function bench() {
  const kept: unknown[] = [];
  const notes = new Map<string, string>();
  let full = false;
  const outbox = {
    accept(type: string, data: unknown) {
      if (full) throw new Error('full');
      kept.push(eventData[type as 'vn.tramhoc.asset.usb.v1'].parse(data));
      return { seq: 1, id: '' };
    },
    notes: { get: (key: string) => notes.get(key), set: (key: string, value: string) => void notes.set(key, value) },
  };
  /** A new one each time, as after a start of the agent. */
  const look = (devices: UsbDevice[], config: Record<string, unknown> = {}): void =>
    createUsbWatch({ outbox: outbox as never }).look({ slot: 'may-tinh', kind: 'host', config, devices });
  return { kept, look, fill: (now: boolean) => (full = now) };
}
const told = (kept: unknown[]) =>
  kept
    .map((data) => data as { change: string; device: UsbDevice; known: boolean })
    .map(({ change, device, known }) => [change, device.name, known]);

test('what is there at the first look is known, and what comes later is not', () => {
  const { kept, look } = bench();
  look([keyboard]);
  expect(kept).toEqual([]);
  look([keyboard, stick]);
  look([keyboard, stick]);
  look([stick]);
  look([keyboard, stick]);
  expect(told(kept)).toEqual([
    ['plugged', 'Cruzer', false],
    ['unplugged', 'Keyboard', true],
    ['plugged', 'Keyboard', true],
  ]);
});

test('what is plugged in while the agent is off is told when it comes back', () => {
  const { kept, look } = bench();
  look([keyboard]);
  look([keyboard, stick]);
  expect(told(kept)).toEqual([['plugged', 'Cruzer', false]]);
});

test('what the config allows is known, however it is written', () => {
  const { kept, look } = bench();
  look([], {});
  look([stick], { allowedUsb: '046D:C31C, 0781:5567' });
  expect(told(kept)).toEqual([['plugged', 'Cruzer', true]]);
});

test('a device in another port was unplugged and plugged in', () => {
  const { kept, look } = bench();
  look([keyboard]);
  look([{ ...keyboard, port: '1-4' }]);
  expect(told(kept)).toEqual([
    ['unplugged', 'Keyboard', true],
    ['plugged', 'Keyboard', true],
  ]);
});

test('what the disk refused is told with the next look', () => {
  const { kept, look, fill } = bench();
  look([keyboard]);
  fill(true);
  expect(() => look([keyboard, stick])).toThrow('full');
  fill(false);
  look([keyboard, stick]);
  expect(told(kept)).toEqual([['plugged', 'Cruzer', false]]);
});

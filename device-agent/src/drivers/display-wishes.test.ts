import { type Duplex, duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import { expect, test } from 'vitest';
import type { LinkSpec, Notes } from './driver.ts';
import { pjlinkSimulator } from './pjlink/simulator.ts';
import { driverOf } from './registry.ts';
import { samsungMdcSimulator } from './samsung-mdc/simulator.ts';
import type { Simulator, SimulatorDefinition } from './simulator.ts';
import { createSlots, type Slots } from './slots.ts';

/** A room with one display, and agents that are started in it one after the other; `notes` is their disk. */
function room<Device extends Simulator, Options>(simulator: SimulatorDefinition<Device, Options>, notes: Notes = new Map()) {
  const clock = fakeClock();
  const device = simulator.create({ clock, random: seededRandom(7) }, {});
  const sent: string[] = [];
  const specs: LinkSpec[] = [];
  const network = { up: true, wire: undefined as Duplex | undefined };
  const startAgent = (): Slots =>
    createSlots({
      definitionOf: driverOf,
      notes,
      async openLink(spec) {
        specs.push(spec);
        if (!network.up) throw new TramError('DRIVER_PORT_UNAVAILABLE', `${spec.port} does not answer; check its power.`);
        const [near, far] = duplexPair();
        far.on('data', (bytes: Buffer) => sent.push(bytes.toString('latin1')));
        far.on('error', () => undefined);
        device.plug(far);
        network.wire = near;
        return near;
      },
      onReading: () => true,
      onStatus: () => undefined,
      ...{ clock, random: seededRandom(1), log: silentLog },
    });
  const config = (wishes: object) => ({ kind: simulator.kind, config: { port: 'tcp://192.168.1.40', ...wishes } });
  return {
    ...{ clock, device, sent, specs, network, startAgent },
    open: (slots: Slots, wishes: object) => slots.apply({ do: 'open', slot: 'display', wish: config(wishes) }),
    configure: (slots: Slots, wishes: object) => slots.apply({ do: 'configure', slot: 'display', wish: config(wishes) }),
    close: (slots: Slots, removed: boolean) => slots.apply({ do: 'close', slot: 'display', removed }),
    async lose() {
      network.wire!.destroy();
      await clock.advance(60_000);
    },
  };
}
const projectorRoom = (notes?: Notes) => {
  const it = room(pjlinkSimulator, notes);
  return { ...it, switchedOn: () => it.sent.filter((line) => line === '%1POWR 1\r').length };
};

test('who switched the projector off finds it off after its network was away, and after the agent was started anew', async () => {
  const it = projectorRoom();
  const slots = it.startAgent();
  await it.open(slots, { power: 'on' });
  await it.clock.advance(60_000);
  expect(it.device.power()).toBe('on');
  it.device.pressPower('off');
  await it.lose();
  await slots.closeAll();
  const later = it.startAgent();
  await it.open(later, { power: 'on' });
  await it.clock.advance(60_000);
  expect([it.device.power(), it.switchedOn()]).toEqual(['off', 1]);
  await later.closeAll();
});

test('a wish for a projector that cannot be reached is given when it can, also by an agent that was started meanwhile', async () => {
  const it = projectorRoom();
  it.network.up = false;
  const slots = it.startAgent();
  await it.open(slots, { power: 'on' });
  await it.clock.advance(600_000);
  await slots.closeAll();
  const later = it.startAgent();
  await it.open(later, { power: 'on' });
  it.network.up = true;
  await it.clock.advance(60_000);
  expect([it.device.power(), it.switchedOn()]).toEqual(['on', 1]);
  await later.closeAll();
});

test('a wish that is taken back and wished anew is given again, also when the projector was away meanwhile', async () => {
  const it = projectorRoom();
  const slots = it.startAgent();
  await it.open(slots, { power: 'on', input: '32' });
  await it.clock.advance(60_000);
  it.device.pressPower('off');
  it.device.setInput('31');
  it.network.up = false;
  await it.lose();
  await it.configure(slots, { power: 'keep', input: '32' });
  await it.configure(slots, { power: 'on', input: '32' });
  it.network.up = true;
  await it.clock.advance(60_000);
  expect([it.device.power(), it.switchedOn()]).toEqual(['on', 2]);
  expect(it.sent.filter((line) => line === '%2INPT 32\r').length).toBe(1);
  await slots.closeAll();
});

test.each([
  ['removed and added again', true, {}],
  ['given another address', false, { port: 'tcp://192.168.1.41' }],
])('a slot that is %s has a new projector', async (_what, removed, changed) => {
  const it = projectorRoom();
  const slots = it.startAgent();
  await it.open(slots, { power: 'on' });
  await it.clock.advance(60_000);
  it.device.pressPower('off');
  await it.clock.advance(60_000);
  await it.close(slots, removed);
  await it.open(slots, { power: 'on', ...changed });
  await it.clock.advance(60_000);
  expect([it.device.power(), it.switchedOn()]).toEqual(['on', 2]);
  await slots.closeAll();
});

test('a display whose network sleeps is woken until it was on once, and again for a new wish', async () => {
  const it = room(samsungMdcSimulator);
  const wakes = (): boolean[] => it.specs.splice(0).map(({ wakeOnLanMac }) => wakeOnLanMac !== undefined);
  const wish = { power: 'on', wakeOnLanMac: '00:11:22:33:44:55' };
  it.network.up = false;
  const slots = it.startAgent();
  await it.open(slots, wish);
  await it.clock.advance(60_000);
  it.network.up = true;
  await it.clock.advance(60_000);
  expect([it.device.state().on, new Set(wakes())]).toEqual([true, new Set([true])]);
  it.device.act('off');
  it.network.up = false;
  await it.lose();
  expect(new Set(wakes())).toEqual(new Set([false]));
  await it.close(slots, false);
  await it.open(slots, { ...wish, power: 'keep' });
  await it.close(slots, false);
  await it.open(slots, wish);
  await it.clock.advance(60_000);
  expect(wakes()).toContain(true);
  await slots.closeAll();
});

test('a display that went with its network when it was switched off is left to who switches it on', async () => {
  const it = room(samsungMdcSimulator);
  it.device.act('on');
  await it.clock.advance(10_000);
  const slots = it.startAgent();
  await it.open(slots, { power: 'off' });
  await it.clock.advance(500);
  expect(it.device.state().on).toBe(false);
  it.network.up = false;
  await it.lose();
  it.device.act('on');
  it.network.up = true;
  await it.clock.advance(60_000);
  expect([it.device.state().on, slots.list()[0]!.state]).toEqual([true, 'open']);
  await slots.closeAll();
});

test('a disk that refuses a note costs the note, not the display', async () => {
  const it = projectorRoom({
    get: () => undefined,
    set() {
      throw new TramError('DISK_FULL', 'the disk is full; make room.');
    },
  });
  const slots = it.startAgent();
  await it.open(slots, { power: 'on' });
  await it.clock.advance(60_000);
  it.device.pressPower('off');
  await it.lose();
  expect([it.device.power(), it.switchedOn()]).toEqual(['off', 1]);
  expect(slots.list()).toMatchObject([{ state: 'open', reopenCount: 1 }]);
  await slots.closeAll();
});

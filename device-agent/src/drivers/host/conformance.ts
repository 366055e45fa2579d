import type { ConformanceCase } from '../conformance-case.ts';
import type { SimulatedComputer } from './simulator.ts';

const device = (n: number) => ({ vendorId: '1a86', productId: '7523', name: `USB Serial ${n}`, port: '2-1' });

export const conformance: ConformanceCase = {
  buses: ['host'],
  reportBytes: 64,
  config: { usbEveryS: 1 },
  changedConfig: { usbEveryS: 2, allowedUsb: '1a86:7523' },
  act: (simulator, n) => (simulator as SimulatedComputer).plugUsb(device(n)),
  shows: (reading, n) => reading.kind === 'computer' && reading.state.usb.some(({ name }) => name === device(n).name),
  // a lost answer is waited for as long as a slow computer may take
  readingWithinMs: 35_000,
  noise: new TextEncoder().encode('{"told":"usb"'),
  noisePauseMs: 0,
  afterDamage: 'goes on',
  mustAnswer: false,
  wrongConfigs: [
    { config: { port: 'host:other' }, key: 'port' },
    { config: { port: '/dev/ttyUSB0' }, key: 'port' },
    { config: { allowedUsb: 'keyboard' }, key: 'allowedUsb' },
    { config: { stateEveryMin: 1 }, key: 'stateEveryMin' },
    { config: { name: 'PC' }, key: 'name' },
  ],
};

import { boardConformance } from '../board-conformance.ts';

export const conformance = boardConformance({
  noise: new TextEncoder().encode('\x01\x0100A\x01\r0AB12\x02x\x03'),
  wrongConfigs: [
    { config: { monitorId: 0 }, key: 'monitorId' },
    { config: { monitorId: 101 }, key: 'monitorId' },
    { config: { input: 'HDMI1' }, key: 'input' },
    { config: { wakeOnLanMac: '00:11' }, key: 'wakeOnLanMac' },
  ],
  // a dozen questions with 0.6 s between them
  readingWithinMs: 14_000,
});

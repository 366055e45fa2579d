import { boardConformance } from '../board-conformance.ts';

export const conformance = boardConformance({
  noise: new TextEncoder().encode('\0\xff4x8\r801-D'),
  wrongConfigs: [
    { config: { baudRate: 19_200 }, key: 'baudRate' },
    { config: { offMode: 'sleep' }, key: 'offMode' },
    { config: { input: 'HDMI' }, key: 'input' },
  ],
});

import { boardConformance } from '../board-conformance.ts';

export const conformance = boardConformance({
  noise: new TextEncoder().encode('=on;#volume;invalid\x80\rget x=\0\x7f'),
  wrongConfigs: [
    { config: { port: 'tcp://192.168.1.40' }, key: 'port' },
    { config: { offState: 'off' }, key: 'offState' },
    { config: { input: 'HDMI 1' }, key: 'input' },
  ],
});

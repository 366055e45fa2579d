/** A Shelly Plus H&T and a Plus Plug S under one name each, as the documentation and recorded messages (codec.test.ts) have it. */
import type { GadgetSimulator } from '../simulator.ts';

const notify = (id: string, method: string, params: object): { topic: string; payload: string } => ({
  topic: `${id}/events/rpc`,
  payload: JSON.stringify({ src: id, dst: `${id}/events`, method, params: { ts: 1680962879.62, ...params } }),
});

export const shellyGen2Simulator: GadgetSimulator = {
  kind: 'shelly-gen2',
  session: (name) => ({
    clientId: `shellyplusplugs-${name}`,
    will: { topic: `shellyplusplugs-${name}/online`, payload: 'false', retain: true },
  }),
  announce: (name) => [
    { topic: `shellyplusplugs-${name}/online`, payload: 'true', retain: true },
    notify(`shellyplusplugs-${name}`, 'NotifyFullStatus', {
      ...{ ble: {}, cloud: { connected: false }, mqtt: { connected: true } },
      'switch:0': {
        ...{ id: 0, source: 'init', output: true, apower: 0, voltage: 229.1, current: 0 },
        ...{ aenergy: { total: 0, by_minute: [0, 0, 0], minute_ts: 1698999953 }, temperature: { tC: 34.8, tF: 94.7 } },
      },
    }),
  ],
  round: (name, air) => [
    notify(`shellyplusplugs-${name}`, 'NotifyStatus', { 'switch:0': { id: 0, apower: air.powerW, current: air.powerW / 229 } }),
    notify(`shellyplusplugs-${name}`, 'NotifyStatus', {
      'switch:0': { id: 0, aenergy: { total: air.energyKWh * 1_000, by_minute: [775, 775, 775], minute_ts: 1698999953 } },
    }),
    notify(`shellyplusht-${name}`, 'NotifyFullStatus', {
      'devicepower:0': { id: 0, battery: { V: 5.9, percent: 96 }, external: { present: false } },
      'humidity:0': { id: 0, rh: air.humidityPct },
      'temperature:0': { id: 0, tC: air.temperatureC, tF: air.temperatureC * 1.8 + 32 },
    }),
  ],
};

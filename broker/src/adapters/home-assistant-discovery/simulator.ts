/** A home-made board that announces itself as a device with components (Home Assistant 2024.11 and later), like those recorded in codec.test.ts. */
import type { GadgetSimulator } from '../simulator.ts';

export const homeAssistantSimulator: GadgetSimulator = {
  kind: 'home-assistant-discovery',
  session: (name) => ({ clientId: name, will: { topic: `${name}/status`, payload: 'offline', retain: true } }),
  announce: (name) => [
    {
      topic: `homeassistant/device/${name}/config`,
      payload: JSON.stringify({
        dev: { ids: [name], name, mf: 'Trường', mdl: 'RFM69/BMP280' },
        o: { name: 'board', sw: '2.1' },
        '~': name,
        cmps: {
          t: { p: 'sensor', uniq_id: `${name}t`, dev_cla: 'temperature', unit_of_meas: '°F', val_tpl: '{{value_json.t}}' },
          h: {
            p: 'sensor',
            uniq_id: `${name}h`,
            dev_cla: 'humidity',
            unit_of_meas: '%',
            val_tpl: "{{ value_json['h'] | float | round(1) }}",
          },
          e: { p: 'sensor', uniq_id: `${name}e`, dev_cla: 'energy', unit_of_meas: 'Wh', val_tpl: '{{ value_json.meter.total }}' },
          x: { p: 'sensor', uniq_id: `${name}x`, dev_cla: 'power', unit_of_meas: 'W', val_tpl: '{{ value_json.a * value_json.v }}' },
        },
        stat_t: '~/state',
        avty_t: '~/status',
      }),
      retain: true,
    },
    { topic: `${name}/status`, payload: 'online', retain: true },
  ],
  round: (name, air) => [
    {
      topic: `${name}/state`,
      payload: JSON.stringify({
        t: air.temperatureC * 1.8 + 32,
        h: air.humidityPct,
        meter: { total: air.energyKWh * 1_000 },
        a: 0.2,
        v: 230,
      }),
    },
  ],
};

/** A Zigbee2MQTT 2 bridge with one SNZB-02 and one air quality sensor, as its documentation and recorded messages (codec.test.ts) have it. */
import type { GadgetSimulator } from '../simulator.ts';

const numeric = (name: string, unit: string): object => ({ access: 1, label: name, name, property: name, type: 'numeric', unit });

export const zigbee2mqttSimulator: GadgetSimulator = {
  kind: 'zigbee2mqtt',
  session: () => ({
    clientId: 'mqttjs_8f3c1b20',
    will: { topic: 'zigbee2mqtt/bridge/state', payload: JSON.stringify({ state: 'offline' }), retain: true },
  }),
  announce: (name) => [
    { topic: 'zigbee2mqtt/bridge/state', payload: JSON.stringify({ state: 'online' }), retain: true },
    { topic: 'zigbee2mqtt/bridge/info', payload: JSON.stringify({ version: '2.6.0', permit_join: false }), retain: true },
    {
      topic: 'zigbee2mqtt/bridge/devices',
      payload: JSON.stringify([
        { ieee_address: '0x00124b0014d9a1c2', type: 'Coordinator', friendly_name: 'Coordinator', supported: true },
        device('0x00124b00251f6ccc', name, {
          ...{ model: 'SNZB-02', vendor: 'SONOFF', description: 'Temperature and humidity sensor' },
          exposes: [
            numeric('battery', '%'),
            numeric('temperature', '°C'),
            numeric('humidity', '%'),
            numeric('voltage', 'mV'),
            numeric('linkquality', 'lqi'),
          ],
        }),
        device('0xa4c1388a4bb6240c', `${name}-air`, {
          ...{ model: 'TS0601_air_quality_sensor', vendor: 'Tuya', description: 'Air quality sensor' },
          exposes: [
            numeric('temperature', '°C'),
            numeric('humidity', '%'),
            numeric('co2', 'ppm'),
            numeric('voc', 'ppb'),
            numeric('linkquality', 'lqi'),
          ],
        }),
      ]),
      retain: true,
    },
    { topic: `zigbee2mqtt/${name}/availability`, payload: JSON.stringify({ state: 'online' }), retain: true },
    { topic: `zigbee2mqtt/${name}-air/availability`, payload: JSON.stringify({ state: 'online' }), retain: true },
  ],
  round: (name, air) => [
    {
      topic: `zigbee2mqtt/${name}`,
      payload: JSON.stringify({ battery: 87, humidity: air.humidityPct, linkquality: 134, temperature: air.temperatureC, voltage: 2900 }),
    },
    {
      topic: `zigbee2mqtt/${name}-air`,
      payload: JSON.stringify({ co2: air.co2, humidity: air.humidityPct, linkquality: 98, temperature: air.temperatureC, voc: 240 }),
    },
  ],
};

function device(ieee: string, name: string, definition: object): object {
  return {
    ieee_address: ieee,
    type: 'EndDevice',
    friendly_name: name,
    supported: true,
    power_source: 'Battery',
    definition,
    disabled: false,
  };
}

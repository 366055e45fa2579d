/** An ESPHome node with three sensors, as mqtt_component.cpp and mqtt_sensor.cpp have it (README.md). */
import type { GadgetSimulator, SimulatedMessage } from '../simulator.ts';

const sensors = [
  { id: 'nhiet_do', name: 'Nhiệt độ', deviceClass: 'temperature', unit: '°C', of: 'temperatureC', decimals: 1 },
  { id: 'do_am', name: 'Độ ẩm', deviceClass: 'humidity', unit: '%', of: 'humidityPct', decimals: 1 },
  { id: 'co2', name: 'CO2', deviceClass: 'carbon_dioxide', unit: 'ppm', of: 'co2', decimals: 0 },
] as const;

export const esphomeSimulator: GadgetSimulator = {
  kind: 'esphome',
  session: (name) => ({ clientId: `${name}-c45bbe8f47f7`, will: { topic: `${name}/status`, payload: 'offline', retain: true } }),
  announce: (name) => [
    { topic: `${name}/status`, payload: 'online', retain: true },
    {
      topic: `esphome/discover/${name}`,
      payload: JSON.stringify({ ip: '192.168.1.41', name, port: 6053, version: '2026.10.0' }),
      retain: true,
    },
    { topic: `${name}/debug`, payload: '[I][app:102]: ESPHome version 2026.10.0' },
    ...sensors.map(
      ({ id, name: label, deviceClass, unit }): SimulatedMessage => ({
        topic: `homeassistant/sensor/${name}/${id}/config`,
        payload: JSON.stringify({
          ...{ dev_cla: deviceClass, unit_of_meas: unit, stat_cla: 'measurement', name: label },
          ...{ stat_t: `${name}/sensor/${id}/state`, avty_t: `${name}/status`, uniq_id: `ESPsensor${id}` },
          dev: { ids: 'c45bbe8f47f7', name: `Phòng ${name}`, mdl: 'esp32dev', mf: 'Espressif' },
        }),
        retain: true,
      }),
    ),
  ],
  round: (name, air) =>
    sensors.map(({ id, of, decimals }) => ({ topic: `${name}/sensor/${id}/state`, payload: air[of].toFixed(decimals), retain: true })),
};

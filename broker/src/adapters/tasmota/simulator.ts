/** A board with Tasmota 14, a BME280, an MH-Z19B and an SDS011, as its documentation and recorded messages (codec.test.ts) have it. */
import type { GadgetSimulator } from '../simulator.ts';

export const tasmotaSimulator: GadgetSimulator = {
  kind: 'tasmota',
  session: (name) => ({ clientId: `DVES_${name}`, will: { topic: `tele/${name}/LWT`, payload: 'Offline', retain: true } }),
  announce: (name) => [
    { topic: `tele/${name}/LWT`, payload: 'Online', retain: true },
    {
      topic: 'tasmota/discovery/C45BBE8F47F7/config',
      payload: JSON.stringify({
        ip: '192.168.1.40',
        dn: name,
        t: name,
        md: 'Generic',
        ft: '%prefix%/%topic%/',
        tp: ['cmnd', 'stat', 'tele'],
      }),
      retain: true,
    },
    {
      topic: `tele/${name}/INFO1`,
      payload: JSON.stringify({ Info1: { Module: 'Generic', Version: '14.4.1(release-sensors)', FallbackTopic: `cmnd/DVES_${name}_fb/` } }),
    },
  ],
  round: (name, air) => [
    {
      topic: `tele/${name}/STATE`,
      payload: JSON.stringify({ Uptime: '0T00:10:09', UptimeSec: 609, Heap: 27, Wifi: { RSSI: 78, Signal: -61 } }),
    },
    {
      topic: `tele/${name}/SENSOR`,
      payload: JSON.stringify({
        Time: '2026-11-23T07:05:09',
        BME280: { Temperature: air.temperatureC, Humidity: air.humidityPct, DewPoint: 21.1, Pressure: 1009.3 },
        MHZ19B: { Model: 'B', CarbonDioxide: air.co2, Temperature: air.temperatureC + 3 },
        SDS0X1: { 'PM2.5': air.pm25, PM10: air.pm10 },
        PressureUnit: 'hPa',
        TempUnit: 'C',
      }),
    },
  ],
};

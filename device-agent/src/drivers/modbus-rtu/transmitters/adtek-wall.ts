import { RegisterMap } from '../register-map.ts';

export const adtekWall = RegisterMap.parse({
  id: 'adtek-wall',
  title: { vi: 'ADTEK WALL-RS485: CO₂, nhiệt độ, độ ẩm', en: 'ADTEK WALL-RS485: CO₂, temperature, humidity' },
  source:
    'ADTEK WALL-RS485 user manual, page 4 (manualshive.com 2854208): holding registers 0 (tenths of °C), 1 (tenths of %), 5 (ppm), unit 1, with request frames and their CRC (in codec.test.ts). Not stated on the page: the factory speed (9600 N81 is the first that it lists), whether temperatures below 0 are signed, and the warm-up (2 minutes is what other NDIR transmitters ask for, e.g. RS-CO2 WS-N01).',
  serial: { baudRate: 9_600, parity: 'none', stopBits: 1 },
  warmUpS: 120,
  values: [
    { quantity: 'temperatureC', table: 'holding', address: 0x0000, type: 'int16', scale: 0.1, min: -40, max: 85 },
    { quantity: 'humidityPct', table: 'holding', address: 0x0001, type: 'uint16', scale: 0.1, min: 0, max: 100 },
    { quantity: 'co2', table: 'holding', address: 0x0005, type: 'uint16', min: 1, max: 10_000 },
  ],
});

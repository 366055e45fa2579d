import { RegisterMap } from '../register-map.ts';

export const xyMd02 = RegisterMap.parse({
  id: 'xy-md02',
  title: { vi: 'XY-MD02: nhiệt độ, độ ẩm (SHT20/SHT40)', en: 'XY-MD02: temperature, humidity (SHT20/SHT40)' },
  source:
    'XY-MD02 manual as given at accautomation.ca (XY-MD02 Temp Humidity Sensor - Modbus RTU), domoticx.com and smartfarmdiys.com: input registers 1 and 2, tenths, temperature signed; 9600 8N1, unit 1; -40..60 °C. Its example frames are in codec.test.ts.',
  serial: { baudRate: 9_600, parity: 'none', stopBits: 1 },
  warmUpS: 0,
  values: [
    { quantity: 'temperatureC', table: 'input', address: 0x0001, type: 'int16', scale: 0.1, min: -40, max: 85 },
    { quantity: 'humidityPct', table: 'input', address: 0x0002, type: 'uint16', scale: 0.1, min: 0, max: 100 },
  ],
});

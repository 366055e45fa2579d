import { RegisterMap } from '../register-map.ts';

export const cometT3510 = RegisterMap.parse({
  id: 'comet-t3510',
  title: { vi: 'COMET T3510, T3511, T7510 (mạng LAN): nhiệt độ, độ ẩm', en: 'COMET T3510, T3511, T7510 (Ethernet): temperature, humidity' },
  source:
    'COMET "ModbusTCP registers for Tx5xx/Tx6xx", v3.2, 2017-11-24 (comet-system.net, tx5xx-tx6xx-sdk.zip, modbus/modbus.txt) and user manual IE-SNC-Tx6xx-07 page 27: holding registers 0x31 and 0x32, tenths, port 502, any unit. The CO2 register 0x34 of the T5540 family is left out: its scale ("Int*X") could not be confirmed.',
  warmUpS: 0,
  values: [
    { quantity: 'temperatureC', table: 'holding', address: 0x0031, type: 'int16', scale: 0.1, min: -90, max: 260 },
    { quantity: 'humidityPct', table: 'holding', address: 0x0032, type: 'int16', scale: 0.1, min: 0, max: 100 },
  ],
});

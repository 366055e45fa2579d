import { RegisterMap } from '../register-map.ts';

export const sdm120 = RegisterMap.parse({
  id: 'sdm120',
  title: { vi: 'Công tơ điện một pha Eastron SDM120, SDM220, SDM230', en: 'Single-phase power meter Eastron SDM120, SDM220, SDM230' },
  source:
    'Eastron SDM120 register table (30001 volts, 30007 amperes, 30013 watts, 30343 total kWh; function 4, IEEE 754 big endian) as in github ilseh/Oppleo SDM120.py at 22eeccb and openenergymonitor/emonhub SDM120/readme.md; the same addresses in the SDM230 and SDM72 manuals (aggsoft.com, manualshive.com 522602 page 13). Factory speed 2400 8N1: gianfrdp/SDM120C, ESPHome sdm_meter. That the registers in between are answered: ESPHome sdm_meter asks these meters for input registers 0 to 79 at once (esphome/esphome components/sdm_meter/sdm_meter.cpp at 152d960).',
  serial: { baudRate: 2_400, parity: 'none', stopBits: 1 },
  warmUpS: 0,
  readableGap: 4,
  values: [
    { quantity: 'voltageV', table: 'input', address: 0x0000, type: 'float32', min: 0, max: 500 },
    { quantity: 'currentA', table: 'input', address: 0x0006, type: 'float32', min: -200, max: 200 },
    { quantity: 'powerW', table: 'input', address: 0x000c, type: 'float32', min: -50_000, max: 50_000 },
    { quantity: 'energyKWh', table: 'input', address: 0x0156, type: 'float32', min: 0, max: 10_000_000 },
  ],
});

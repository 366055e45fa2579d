/** Measured quantities: one name, one unit, from the driver to the chart. Units are written as in UCUM's print form. */
import { z } from 'zod';

export const quantities = {
  pm1: { unit: 'µg/m³', label: { vi: 'Bụi PM1.0', en: 'PM1.0' } },
  pm25: { unit: 'µg/m³', label: { vi: 'Bụi mịn PM2.5', en: 'PM2.5' } },
  pm10: { unit: 'µg/m³', label: { vi: 'Bụi PM10', en: 'PM10' } },
  co2: { unit: 'ppm', label: { vi: 'Khí CO₂', en: 'CO₂' } },
  temperatureC: { unit: '°C', label: { vi: 'Nhiệt độ', en: 'Temperature' } },
  humidityPct: { unit: '%', label: { vi: 'Độ ẩm', en: 'Humidity' } },
  pm100: { unit: 'µg/m³', label: { vi: 'Bụi lơ lửng PM100', en: 'PM100' } },
  powerW: { unit: 'W', label: { vi: 'Công suất', en: 'Power' } },
  energyKWh: { unit: 'kWh', label: { vi: 'Điện năng', en: 'Energy' } },
  voltageV: { unit: 'V', label: { vi: 'Điện áp', en: 'Voltage' } },
  currentA: { unit: 'A', label: { vi: 'Dòng điện', en: 'Current' } },
  pressureHPa: { unit: 'hPa', label: { vi: 'Áp suất không khí', en: 'Air pressure' } },
  illuminanceLx: { unit: 'lx', label: { vi: 'Độ sáng', en: 'Illuminance' } },
  tvocPpb: { unit: 'ppb', label: { vi: 'Hơi hữu cơ (TVOC)', en: 'TVOC' } },
  coPpm: { unit: 'ppm', label: { vi: 'Khí CO', en: 'Carbon monoxide' } },
  soundDb: { unit: 'dB', label: { vi: 'Độ ồn', en: 'Sound level' } },
  batteryPct: { unit: '%', label: { vi: 'Pin', en: 'Battery' } },
  lampHours: { unit: 'h', label: { vi: 'Giờ đèn', en: 'Lamp hours' } },
} as const satisfies Record<string, { unit: string; label: { vi: string; en: string } }>;

export type Quantity = keyof typeof quantities;
export const Quantity = z.enum(Object.keys(quantities) as [Quantity, ...Quantity[]]);

/** A value in the unit of its quantity. */
export const Measurement = z.strictObject({ quantity: Quantity, value: z.number() });
export type Measurement = z.infer<typeof Measurement>;

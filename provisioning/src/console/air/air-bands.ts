/**
 * Colour words for PM2.5 by the bands of the Vietnamese air quality index. Source: Decision 1459/QĐ-TCMT (12/11/2019), levels of table 1 and
 * the PM2.5 break points of its table of BPi: 25, 50, 80, 150, 250 µg/m³ for AQI 50, 100, 150, 200, 300. The index itself is worked out from
 * averages over hours; a single value shows only the band it would fall into, and the page says so.
 */
export const airBands = [
  { level: 'good', aboveUgM3: 0 },
  { level: 'moderate', aboveUgM3: 25 },
  { level: 'poor', aboveUgM3: 50 },
  { level: 'bad', aboveUgM3: 80 },
  { level: 'very-bad', aboveUgM3: 150 },
  { level: 'hazardous', aboveUgM3: 250 },
] as const;
export type AirLevel = (typeof airBands)[number]['level'];

/** A value on a break point still belongs to the lower band. */
export function airLevel(pm25UgM3: number): AirLevel {
  return airBands.findLast(({ aboveUgM3 }) => pm25UgM3 > aboveUgM3)?.level ?? 'good';
}

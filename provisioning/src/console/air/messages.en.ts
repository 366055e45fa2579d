import type { AirText } from './messages.vi.ts';

export const en: AirText = {
  title: 'Air',
  subtitle: 'Readings of the sensors in the rooms, live.',
  site: 'Site',
  range: 'Range of time',
  ranges: { 6: '6 hours', 24: '24 hours', 168: '7 days' },
  levels: { good: 'Good', moderate: 'Moderate', poor: 'Poor', bad: 'Bad', 'very-bad': 'Very bad', hazardous: 'Hazardous' },
  source:
    'Colours follow the PM2.5 bands of the Vietnamese index VN_AQI (Decision 1459/QĐ-TCMT, 12/11/2019). The official index is worked out from averages over hours; single readings are a guide only.',
  bandUpTo: (to) => `up to ${to}`,
  bandRange: (from, to) => `above ${from} to ${to}`,
  bandOver: (from) => `above ${from}`,
  scale: 'Scale for PM2.5',
  stale: (ago) => `last reading ${ago}`,
  noValue: 'no reading in this range',
  chartOf: (place, range) => `Chart of ${place}, ${range}`,
  table: 'Show as a table (averages per hour)',
  hour: 'Hour',
  legend: 'Legend',
  emptyTitle: 'No reading yet',
  emptyText: 'Connect a dust sensor (e.g. a PMS5003) to a device and add its slot on the device page; readings show up within a minute.',
  toDevices: 'See the devices',
};

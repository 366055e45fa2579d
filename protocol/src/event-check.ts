/**
 * The check of an event on the busiest path: by hand, for the types that come by the million. It says yes only where `checkEvent` says yes and would
 * hand on the very same object; a no means nothing but "ask checkEvent". A test holds the two together. Pure.
 */
import type { EventData, TramEvent } from './event.ts';
import { quantities } from './sensor.ts';

type Fields = Record<string, unknown>;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const bootId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const epoch = /^[0-9a-f]{16}$/;
const nanoseconds = /^\d{1,19}$/;
const slot = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;
const cardHash = /^[0-9a-f]{64}$/;
/** Universal time with a day that its month has in every year. */
const timestamp =
  /^\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;
const maxSeq = 2_147_483_647;

const isText = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value);
const isMissingOr = (value: unknown, pattern: RegExp): boolean => value === undefined || isText(value, pattern);
const technologies: ReadonlySet<unknown> = new Set<EventData<'vn.tramhoc.attendance.tap.v1'>['technology']>([
  'em4100',
  'iso14443',
  'iso15693',
  'code',
]);
const clockQualities: ReadonlySet<unknown> = new Set<TramEvent['clockquality']>(['unknown', 'rtc', 'site', 'ntp']);

/** `source`: the URN of the device that sent it. Nothing in it is stamped by a site broker, and it is nested three levels deep at most. */
export function isPlainEvent(item: unknown, source: string): item is TramEvent {
  return isPlain(item, source) && hasOnlyFieldsOf(item, known);
}

/** The same for an event as a site's broker sends it on: with the site's time, or without one. */
export function isPlainStampedEvent(item: unknown, source: string): item is TramEvent {
  return (
    isPlain(item, source) &&
    hasOnlyFieldsOf(item, knownWithStamps) &&
    isMissingOr(item['sitetime'], timestamp) &&
    (item['sitetimemethod'] === undefined || siteTimeMethods.has(item['sitetimemethod'])) &&
    (item['sitetimeerrorms'] === undefined || (Number.isSafeInteger(item['sitetimeerrorms']) && (item['sitetimeerrorms'] as number) >= 0))
  );
}
const siteTimeMethods: ReadonlySet<unknown> = new Set<TramEvent['sitetimemethod']>(['same-boot', 'device-clock', 'unknown']);

function isPlain(item: unknown, source: string): item is Fields {
  if (typeof item !== 'object' || item === null) return false;
  const event = item as Fields;
  return (
    event['source'] === source &&
    event['specversion'] === '1.0' &&
    event['datacontenttype'] === 'application/json' &&
    Number.isInteger(event['seq']) &&
    (event['seq'] as number) >= 1 &&
    (event['seq'] as number) <= maxSeq &&
    isText(event['id'], uuid) &&
    isText(event['epoch'], epoch) &&
    isText(event['bootid'], bootId) &&
    isText(event['monons'], nanoseconds) &&
    isText(event['time'], timestamp) &&
    clockQualities.has(event['clockquality']) &&
    isMissingOr(event['sentbootid'], bootId) &&
    isMissingOr(event['sentmonons'], nanoseconds) &&
    isPlainData(event['type'], event['data'])
  );
}

/** A field that this version does not know goes the long way. */
const known: ReadonlySet<string> = new Set<keyof TramEvent>([
  ...(['specversion', 'id', 'source', 'type', 'time', 'datacontenttype', 'epoch', 'seq', 'bootid', 'monons'] as const),
  ...(['clockquality', 'sentbootid', 'sentmonons', 'data'] as const),
]);
const knownWithStamps: ReadonlySet<string> = new Set([...known, 'sitetime', 'sitetimemethod', 'sitetimeerrorms']);
function hasOnlyFieldsOf(event: object, names: ReadonlySet<string>): boolean {
  for (const key in event) if (!names.has(key)) return false;
  return true;
}

function isPlainData(type: unknown, data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return false;
  switch (type) {
    case 'vn.tramhoc.attendance.tap.v1':
      return isTap(data as Fields);
    case 'vn.tramhoc.sensor.reading.v1':
      return isReading(data as Fields);
    default:
      return false;
  }
}

function isTap(data: Fields): boolean {
  return fieldCount(data) === 3 && isText(data['slot'], slot) && isText(data['cardHash'], cardHash) && technologies.has(data['technology']);
}

function isReading(data: Fields): boolean {
  const { driver, measurements, sampleCount } = data;
  return (
    fieldCount(data) === 4 &&
    isText(data['slot'], slot) &&
    typeof driver === 'string' &&
    driver.length <= maxDriverCharacters &&
    Number.isSafeInteger(sampleCount) &&
    (sampleCount as number) >= 1 &&
    Array.isArray(measurements) &&
    measurements.length >= 1 &&
    measurements.length <= maxMeasurements &&
    measurements.every(isMeasurement)
  );
}
const maxDriverCharacters = 32;
const maxMeasurements = 16;

function isMeasurement(item: unknown): boolean {
  if (typeof item !== 'object' || item === null) return false;
  const { quantity, value } = item as Fields;
  return fieldCount(item) === 2 && typeof quantity === 'string' && Object.hasOwn(quantities, quantity) && Number.isFinite(value);
}

function fieldCount(fields: object): number {
  let count = 0;
  for (const _key in fields) count += 1;
  return count;
}

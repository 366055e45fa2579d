/** Wall time of a place with its zone. */
import { isLocalTime } from '@tramhoc/protocol/terminal-punch';

/**
 * `2026-11-23T06:58:12` and 420 give `2026-11-23T06:58:12+07:00` and the moment in ms since 1970. undefined for a day or an hour that does not exist.
 */
export function zonedTime(localTime: string, utcOffsetMinutes: number): { time: string; ms: number } | undefined {
  if (!isLocalTime(localTime) || Math.abs(utcOffsetMinutes) > 14 * 60) return undefined;
  const two = (value: number): string => String(value).padStart(2, '0');
  const away = Math.abs(utcOffsetMinutes);
  const zone = `${utcOffsetMinutes < 0 ? '-' : '+'}${two(Math.floor(away / 60))}:${two(away % 60)}`;
  return { time: `${localTime}${zone}`, ms: Date.parse(`${localTime}Z`) - utcOffsetMinutes * 60_000 };
}

/** Every transmitter that we know the registers of, one line each. */
import type { RegisterMap, SerialMap } from './register-map.ts';
import { adtekWall } from './transmitters/adtek-wall.ts';
import { cometT3510 } from './transmitters/comet-t3510.ts';
import { sdm120 } from './transmitters/sdm120.ts';
import { xyMd02 } from './transmitters/xy-md02.ts';

export const transmitters: readonly RegisterMap[] = [
  xyMd02, //
  adtekWall,
  sdm120,
  cometT3510,
];

/** Those with a place on an RS-485 line. */
export const serialTransmitters = transmitters.filter((map): map is SerialMap => map.serial !== undefined);

/** `id` comes from a checked config. */
export function mapOf(id: string): RegisterMap {
  const map = transmitters.find((transmitter) => transmitter.id === id);
  if (map === undefined) throw new Error(`no register map ${id}`);
  return map;
}

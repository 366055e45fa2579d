/** What a driver tells the conformance suite (tests/driver-conformance) about itself: <kind>/conformance.ts exports one as `conformance`. */
import type { Reading } from './driver.ts';
import type { Simulator } from './simulator.ts';

export type ConformanceCase = {
  /** Buses that the device comes with; all but HID, PC/SC and the computer itself are tried on real ones here. On `http-in` the device calls us: noise and damage are in bodies. */
  buses: readonly ('serial' | 'tcp' | 'udp' | 'http-in' | 'hid' | 'file' | 'pcsc' | 'host')[];
  /** Bytes of one input report, or of a message; devices on `hid`, `pcsc` and `host` have one. */
  reportBytes?: number;
  /** Config as a person writes it, without `port`. Short periods, so that a reading comes within `readingWithinMs`. */
  config: Record<string, unknown>;
  /** Another config that opens the same link. */
  changedConfig: Record<string, unknown>;
  simulatorOptions?: Record<string, unknown>;
  /** Makes the device say something that differs for each `n` (1..50). */
  act(simulator: Simulator, n: number): void;
  /** Whether `reading` is what `act(n)` made the device say. */
  shows(reading: Reading, n: number): boolean;
  readingWithinMs: number;
  /** Bytes that are no frame nor part of one, as a loose plug makes them. */
  noise: Uint8Array;
  /** Pause after noise before the next frame is whole again; 0 where frames have a checksum. */
  noisePauseMs: number;
  /** One byte of one frame is changed: either the readings after it still come, or the driver says `fail` and is opened again. */
  afterDamage: 'goes on' | 'fails';
  /** A device that has to answer before `open` returns. */
  mustAnswer: boolean;
  /** Configs that must be refused, each with the key that the message must name. `port` is filled in where it is missing. */
  wrongConfigs: readonly { config: Record<string, unknown>; key: string }[];
};

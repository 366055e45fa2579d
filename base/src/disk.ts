/** The disk of one computer, handed to whoever keeps something on it, so that a simulation can cut its power. */
import { existsSync, renameSync } from 'node:fs';
import { type Ballast, type BallastOptions, openBallast } from './ballast.ts';
import { readJsonFileIfAny, writeFileAtomic } from './config.ts';
import { openDatabase } from './sqlite.ts';

export type Disk = {
  openDatabase: typeof openDatabase;
  readJsonFileIfAny: typeof readJsonFileIfAny;
  writeFileAtomic: typeof writeFileAtomic;
  exists(path: string): boolean;
  rename(from: string, to: string): void;
  /** A simulated disk has none: it is full when it says so. */
  openBallast?(options: BallastOptions): Ballast;
};

/** The disk of this computer. */
export const localDisk: Disk = { openDatabase, readJsonFileIfAny, writeFileAtomic, exists: existsSync, rename: renameSync, openBallast };

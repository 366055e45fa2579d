/** What boards and signage have in common before the conformance suite: on, with a volume that somebody turns. */
import type { ConformanceCase } from './conformance-case.ts';
import type { Board } from './simulated-board.ts';

/** `wrongConfigs`: those that only this protocol has. `gapMs`: the pause that the display wants between commands. */
export function boardConformance({
  buses = ['serial', 'tcp'],
  noise,
  wrongConfigs,
  readingWithinMs = 11_000,
}: Pick<ConformanceCase, 'noise' | 'wrongConfigs'> & Partial<Pick<ConformanceCase, 'buses' | 'readingWithinMs'>>): ConformanceCase {
  return {
    buses,
    config: { pollEveryS: 5 },
    changedConfig: { pollEveryS: 6 },
    simulatorOptions: { on: true },
    act: (simulator, n) => (simulator as Board).set({ volumePct: n }),
    shows: (reading, n) => reading.kind === 'display' && reading.state.power === 'on' && reading.state.volumePct === n,
    readingWithinMs,
    noise,
    noisePauseMs: 0,
    afterDamage: 'goes on',
    mustAnswer: true,
    wrongConfigs: [
      { config: { port: 'ttyUSB0' }, key: 'port' },
      { config: { port: 'hid:04d9:a052' }, key: 'port' },
      { config: { power: 'standby' }, key: 'power' },
      { config: { volumePct: 101 }, key: 'volumePct' },
      { config: { pollEveryS: 1 }, key: 'pollEveryS' },
      ...wrongConfigs,
    ],
  };
}

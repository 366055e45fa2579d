import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { noReports, type ReportState, refillMs, reportStep } from './slot-report-machine.ts';

type Change = { status: string; afterMs: number };
const same = (a: string, b: string): boolean => a === b;

/** What is told of the changes, and of the looks that were asked for, until all is quiet. */
function toldOf(changes: Change[]): { status: string; atMs: number }[] {
  let state: ReportState<string> = noReports(0);
  let nowMs = 0;
  let lookAtMs: number | undefined;
  const told: { status: string; atMs: number }[] = [];
  const step = (status: string | undefined): void => {
    const result = reportStep(state, { status, nowMs, same });
    state = result.state;
    if (result.tell !== undefined) told.push({ status: result.tell, atMs: nowMs });
    lookAtMs = result.lookAgainMs === undefined ? undefined : nowMs + result.lookAgainMs;
  };
  const lookUntil = (untilMs: number): void => {
    while (lookAtMs !== undefined && lookAtMs <= untilMs) {
      nowMs = lookAtMs;
      step(undefined);
    }
  };
  for (const { status, afterMs } of changes) {
    const atMs = nowMs + afterMs;
    lookUntil(atMs);
    nowMs = atMs;
    step(status);
  }
  lookUntil(Number.POSITIVE_INFINITY);
  return told;
}

test('a device that is opened, lost and found again is told each time', () => {
  const told = toldOf([
    { status: 'opening', afterMs: 0 },
    { status: 'open', afterMs: 100 },
    { status: 'lost', afterMs: 60_000 },
    { status: 'open', afterMs: 2_000 },
  ]);
  expect(told.map(({ status }) => status)).toEqual(['opening', 'open', 'lost', 'open']);
});

test('a plug that wobbles every second for an hour makes a handful of events', () => {
  const told = toldOf(Array.from({ length: 3_601 }, (_, at) => ({ status: at % 2 === 0 ? 'lost' : 'open', afterMs: 1_000 })));
  expect(told.length).toBeLessThanOrEqual(6 + 13);
  expect(told.at(-1)!.status).toBe('lost');
});

const changes = fc.array(fc.record({ status: fc.constantFrom('open', 'lost', 'opening'), afterMs: fc.integer({ min: 0, max: 400_000 }) }), {
  minLength: 1,
  maxLength: 80,
});

test('law: the last state is told in the end, nothing is told twice running, and never more than the allowance', () => {
  fc.assert(
    fc.property(changes, (list) => {
      const told = toldOf(list);
      expect(told.at(-1)!.status).toBe(list.at(-1)!.status);
      for (const [at, { status }] of told.entries()) if (at > 0) expect(status).not.toBe(told[at - 1]!.status);
      for (const [at, first] of told.entries()) {
        const within = told.slice(at).filter(({ atMs }) => atMs < first.atMs + refillMs);
        expect(within.length).toBeLessThanOrEqual(7);
      }
    }),
  );
});

import { codeTries } from '@tramhoc/protocol/enrolment';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { atTime, type Enrolment, type EnrolmentAct, step } from './enrolment-machine.ts';

const waiting: Enrolment = { state: 'waiting', tries: 0, expiresMs: 1_000, fingerprint: 'F' };
const act = fc.oneof(
  fc.constant<EnrolmentAct>({ do: 'wrong-try' }),
  fc.constantFrom('F', 'X').map((fingerprint): EnrolmentAct => ({ do: 'approve', fingerprint })),
  fc.constant<EnrolmentAct>({ do: 'deny' }),
  fc.constant<EnrolmentAct>({ do: 'issue' }),
);

test('whatever happens in whatever order: nothing is issued that was not approved in time with its own fingerprint', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(act, fc.integer({ min: 0, max: 300 })), { maxLength: 20 }), (story) => {
      let now = 0;
      let enrolment = waiting;
      let approvals = 0;
      for (const [next, wait] of story) {
        now += wait;
        const before = atTime(enrolment, now);
        const { next: after, fault } = step(enrolment, next, now);
        if (before.state === 'waiting' && after.state === 'approved') {
          approvals += 1;
          expect(next).toEqual({ do: 'approve', fingerprint: 'F' });
          expect(now).toBeLessThan(1_000);
          expect(before.tries).toBeLessThan(codeTries);
        }
        if (after.state === 'issued') expect(approvals).toBe(1);
        // what is over stays over
        if (['denied', 'expired', 'issued'].includes(before.state)) expect(after.state).toBe(before.state);
        if (fault !== undefined && next.do !== 'approve') expect(after).toEqual(before);
        enrolment = after;
      }
    }),
  );
});

test('five wrong tries end a code', () => {
  let enrolment = waiting;
  for (let tries = 1; tries <= codeTries; tries += 1) {
    expect(enrolment.state).toBe('waiting');
    enrolment = step(enrolment, { do: 'wrong-try' }, 0).next;
  }
  expect(enrolment.state).toBe('expired');
  expect(step(enrolment, { do: 'approve', fingerprint: 'F' }, 0).fault).toBe('ENROL_TOO_MANY_TRIES');
});

test('of two approvals of one code one wins', () => {
  const first = step(waiting, { do: 'approve', fingerprint: 'F' }, 0);
  expect(first.fault).toBeUndefined();
  expect(step(first.next, { do: 'approve', fingerprint: 'F' }, 0).fault).toBe('CONFLICT');
});

test('after 15 minutes a code is worth nothing, also before anybody looked', () => {
  expect(step(waiting, { do: 'approve', fingerprint: 'F' }, 1_000)).toMatchObject({
    fault: 'ENROL_CODE_EXPIRED',
    next: { state: 'expired' },
  });
});

import { fakeClock } from '@tramhoc/base/fake-clock';
import { seededRandom } from '@tramhoc/base/random';
import { CardHash, DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { expect, test } from 'vitest';
import { createQuestions } from './questions.ts';

const cardHash = CardHash.parse('a'.repeat(64));
function bench() {
  const clock = fakeClock();
  const asked: { topic: string; id: string }[] = [];
  const state = { connected: true };
  const questions = createQuestions({
    owner: { siteId: SiteId.parse('thpt-demo'), deviceId: DeviceId.parse('11111111-1111-4111-8111-111111111111') },
    clock,
    random: seededRandom(3),
    isConnected: () => state.connected,
    async publish(topic, payload) {
      asked.push({ topic, id: (JSON.parse(payload) as { id: string }).id });
    },
  });
  const answer = (at: number, rest: object): void => questions.answered(Buffer.from(JSON.stringify({ id: asked[at]!.id, ...rest })));
  return { clock, asked, state, questions, answer };
}

test('answers find their questions, in whatever order they come', async () => {
  const it = bench();
  const first = it.questions.ask('who-is', { cardHash });
  const second = it.questions.ask('who-is', { cardHash });
  it.answer(1, { ok: true, answer: { known: false } });
  it.answer(0, { ok: true, answer: { known: true, personId: 'HS1', name: 'Nguyễn An', group: '10A1' } });
  expect(await second).toEqual({ known: false });
  expect(await first).toMatchObject({ name: 'Nguyễn An' });
  expect(it.asked[0]!.topic).toBe('tram/1/thpt-demo/11111111-1111-4111-8111-111111111111/request/who-is');
});

test('without a connection nobody waits', async () => {
  const it = bench();
  it.state.connected = false;
  await expect(it.questions.ask('time', {})).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
  expect(it.asked).toEqual([]);
});

test('a question that nobody answers ends after five seconds, one whose connection breaks at once', async () => {
  const it = bench();
  const slow = it.questions.ask('time', {});
  const late = expect(slow).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' });
  await it.clock.advance(5_000);
  await late;
  it.answer(0, { ok: true, answer: { wallMs: 1 } });
  const cut = it.questions.ask('time', {});
  it.questions.linkLost();
  await expect(cut).rejects.toMatchObject({ code: 'LINK_CLOSED' });
});

test('an answer of another shape, a refusal and noise are no answers', async () => {
  const it = bench();
  const odd = it.questions.ask('time', {});
  it.questions.answered(Buffer.from('noise'));
  it.answer(0, { ok: true, answer: { wallMs: 'noon' } });
  await expect(odd).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  const refused = it.questions.ask('time', {});
  it.answer(1, { ok: false, code: 'INTERNAL', message: 'the roster is damaged' });
  await expect(refused).rejects.toThrow(/the roster is damaged/);
});

test('questions that nobody answers do not pile up', async () => {
  const it = bench();
  const open = Array.from({ length: 64 }, () => it.questions.ask('time', {}).catch(() => undefined));
  await expect(it.questions.ask('time', {})).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' });
  it.questions.linkLost();
  await Promise.all(open);
});

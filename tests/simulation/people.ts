/** What people and sensors do in a history: cards, feedback, readings, an administrator who changes a configuration. */
import { agentDatabase, someWish } from './agent-computer.ts';
import type { DevicePlace, District } from './district.ts';

const cards = Array.from({ length: 40 }, (_, index) => (0x1000_0000 + index * 7_919).toString(16).toUpperCase().padStart(8, '0'));
const words = ['Quạt phòng học hỏng', 'Nước uống có mùi', 'Cổng mở trễ', 'Sân trơn khi mưa'];

export function somethingHappens(district: District): void {
  const { dice } = district;
  const device = dice.pick(district.devices);
  const roll = dice.fraction();
  if (roll < 0.62) tap(device, district);
  else if (roll < 0.8) measure(device, dice.chance(0.15) ? dice.whole(5, 25) : 1, district);
  else if (roll < 0.9) giveFeedback(device, district);
  else changeWish(device, district);
}

function tap({ serving, computer }: DevicePlace, { dice, count, loop }: District): void {
  const shown = dice.chance(0.1) ? 3 : 1;
  const card = dice.pick(cards);
  // a card that lies on the reader is read again and again
  for (let times = 0; times < shown; times += 1) {
    if (serving?.card(card) !== true) return;
    count('cards shown');
    loop.trace.note(computer.name, 'card shown');
  }
}

function measure({ serving, computer }: DevicePlace, howMany: number, { dice, count, loop }: District): void {
  for (let reading = 0; reading < howMany; reading += 1) {
    const measurements = Array.from({ length: howMany > 1 ? 12 : 2 }, () => ({ quantity: 'co2' as const, value: dice.whole(400, 2_000) }));
    if (serving?.measure({ kind: 'measurements', measurements, sampleCount: 60 }) !== true) return;
    count('readings');
  }
  loop.trace.note(computer.name, `${howMany} readings`);
}

function giveFeedback({ serving, computer }: DevicePlace, { dice, count, loop, ledger }: District): void {
  if (serving === undefined) return;
  const code = serving.feedback({ category: 'facilities', text: dice.pick(words), language: 'vi' });
  if (computer.program === undefined) return;
  loop.trace.note(computer.name, code === undefined ? 'feedback refused' : `feedback ${code}`);
  if (code === undefined) return;
  count('feedback accepted');
  ledger.presentedFeedback(code, computer.disk.platters.get(agentDatabase));
}

export function changeWish({ deviceId }: DevicePlace, { dice, count, loop, centre }: District): void {
  if (centre.serving === undefined) return;
  try {
    centre.serving.wish(deviceId, someWish(dice));
    count('wishes');
    loop.trace.note('centre', `wish for ${deviceId}`);
  } catch {
    // the centre's disk refuses: the administrator sees it and tries again another time
  }
}

/** Slots of sensors behind a gateway: `zigbee-phong-may-1`, out of the gateway's name and whatever the gateway calls the sensor. Pure. */
import { createHash } from 'node:crypto';
import { SlotId } from '@tramhoc/protocol/ids';

const maxSlotCharacters = 32;
const markCharacters = 4;

/**
 * Vietnamese letters lose their marks, everything else becomes dashes. A name that had to be cut ends in four digits of its hash, so that it stays the
 * same after each start. `isTaken`: by another sensor; then the hash is added as well.
 */
export function slotFor(gateway: string, sensor: string, isTaken: (slot: SlotId) => boolean): SlotId {
  const plain = sensor
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replaceAll(/[đĐ]/g, 'd')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const whole = plain === '' ? gateway : `${gateway}-${plain}`;
  if (plain !== '' && whole.length <= maxSlotCharacters && !isTaken(SlotId.parse(whole))) return SlotId.parse(whole);
  const mark = createHash('sha256').update(`${gateway}\0${sensor}`).digest('hex').slice(0, markCharacters);
  const front = whole.slice(0, maxSlotCharacters - markCharacters - 1).replace(/-+$/, '');
  return SlotId.parse(`${front}-${mark}`);
}

/** What others say on wires like ours and no driver here speaks: somebody will plug it in one day. */
import { expect, test } from 'vitest';
import { targets } from './targets.ts';

const hex = (text: string): Uint8Array => Buffer.from(text, 'hex');
const text = (line: string): Uint8Array => Buffer.from(line, 'latin1');

/** Each is whole and sound on its own wire. */
const recordings: readonly { what: string; bytes: Uint8Array }[] = [
  {
    // source: github sparkfun/SparkFun_Simultaneous_RFID_Tag_Reader_Library, parseResponse()
    what: 'ThingMagic M6E: a tag record',
    bytes: hex('ff2822000010001b01ff0101c4110e16400000012700000500000f00803000000000000000000000001545e94a561d'),
  },
  {
    // source: SIP2 Developers Guide 78-6970-7216-9 rev 2.21
    what: 'SIP2: a login',
    bytes: text('9300CNLoginUserID|COLoginPassword|CPLocationCode|AY5AZEC78\r'),
  },
  {
    // source: built by vietnam-qr-pay 1.5.1 and by hand from EMVCo's specification, equal
    what: 'VietQR: a payment',
    bytes: text('00020101021138530010A0000007270123000697041601092576788590208QRIBFTTA53037045802VN6304AE9F'),
  },
];
/** Their frames end with a checksum: nothing of these passes for one. */
const checked = ['feig-obid', 'rl866', 'threem-210', 'uhfreader18', 'pn532', 'rdm6300', 'pms5003', 'sds011', 'mhz19', 'modbus-rtu', 'llrp'];

test.each(recordings)('$what is noise to every codec, and a card or a tag to none', ({ bytes }) => {
  for (const target of targets) {
    const size = target.pieceBytes ?? bytes.length;
    const eater = target.start();
    let said = { keptBytes: 0, found: 0 };
    for (let at = 0; at < bytes.length; at += size) said = eater.eat(bytes.slice(at, at + size));
    expect(said.keptBytes, target.name).toBeLessThanOrEqual(target.maxKeptBytes);
    if (checked.includes(target.name)) expect({ kind: target.name, found: said.found }).toEqual({ kind: target.name, found: 0 });
  }
  expect(checked.filter((kind) => !targets.some(({ name }) => name === kind))).toEqual([]);
});

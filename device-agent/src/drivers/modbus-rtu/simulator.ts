/** A Modbus RTU transmitter on its line: answers questions to its own unit whose CRC is right. Written from the serial line guide V1.02. */
import { cable, defineSimulator, type Simulator } from '../simulator.ts';
import {
  type SimulatedTransmitter,
  simulatedTransmitter,
  type TransmitterOptions,
  transmitterOptions,
  transmitterUsage,
} from './simulated-transmitter.ts';

export type RtuTransmitter = Simulator & Pick<SimulatedTransmitter, 'set' | 'setException' | 'setSilent' | 'setDelay'>;

export const modbusRtuSimulator = defineSimulator<RtuTransmitter, TransmitterOptions>({
  kind: 'modbus-rtu',
  usage: transmitterUsage,
  optionsSchema: transmitterOptions,
  build({ clock }, { model, unit }) {
    const device = simulatedTransmitter(model, clock);
    let heard = Buffer.alloc(0);
    const wire = cable({
      onBytes(chunk) {
        heard = Buffer.concat([heard, chunk]).subarray(-64);
        // questions of functions 3 and 4 have eight bytes
        while (heard.length >= 8) {
          const frame = heard.subarray(0, 8);
          const whole = crc(frame.subarray(0, 6)) === frame.readUInt16LE(6);
          heard = heard.subarray(whole ? 8 : 1);
          if (whole && frame[0] === unit) device.answer(frame.subarray(1, 6), reply);
        }
      },
    });
    const reply = (pdu: Uint8Array): void => {
      const frame = Buffer.from([unit, ...pdu, 0, 0]);
      frame.writeUInt16LE(crc(frame.subarray(0, -2)), frame.length - 2);
      wire.send(frame);
    };
    return {
      plug: wire.plug,
      unplug: wire.unplug,
      set: device.set,
      setException: device.setException,
      setSilent: device.setSilent,
      setDelay: device.setDelay,
      act: device.act,
      close() {
        device.close();
        wire.unplug();
      },
    };
  },
});

/** Serial line guide, appendix B: shifted right, 1010 0000 0000 0001 when a one falls out. */
function crc(bytes: Uint8Array): number {
  let register = 0xffff;
  for (const byte of bytes) {
    register ^= byte;
    for (let shift = 0; shift < 8; shift += 1) {
      const out = register & 1;
      register >>= 1;
      if (out === 1) register ^= 0b1010_0000_0000_0001;
    }
  }
  return register;
}

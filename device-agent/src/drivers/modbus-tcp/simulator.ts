/** A Modbus TCP transmitter: answers each question under its number. Written from Modbus Messaging on TCP/IP V1.0b. */
import {
  type SimulatedTransmitter,
  simulatedTransmitter,
  type TransmitterOptions,
  transmitterOptions,
  transmitterUsage,
} from '../modbus-rtu/simulated-transmitter.ts';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type TcpTransmitter = Simulator & Pick<SimulatedTransmitter, 'set' | 'setException' | 'setSilent' | 'setDelay'>;

export const modbusTcpSimulator = defineSimulator<TcpTransmitter, TransmitterOptions>({
  kind: 'modbus-tcp',
  usage: transmitterUsage,
  optionsSchema: transmitterOptions,
  build({ clock }, { model, unit }) {
    const device = simulatedTransmitter(model, clock);
    let heard = Buffer.alloc(0);
    const wire = cable({
      onBytes(chunk) {
        heard = Buffer.concat([heard, chunk]).subarray(-600);
        while (heard.length >= 8) {
          const length = heard.readUInt16BE(4);
          // not our protocol: a real device closes the connection
          if (heard.readUInt16BE(2) !== 0 || length < 2 || length > 254) return wire.unplug();
          if (heard.length < 6 + length) return;
          const question = heard.subarray(0, 6 + length);
          heard = heard.subarray(6 + length);
          if (question[6] === unit) device.answer(question.subarray(7), (pdu) => reply(question.subarray(0, 2), pdu));
        }
      },
      onUnplugged() {
        heard = Buffer.alloc(0);
      },
    });
    const reply = (number: Uint8Array, pdu: Uint8Array): void => {
      const header = Buffer.from([...number, 0, 0, 0, 0, unit]);
      header.writeUInt16BE(pdu.length + 1, 4);
      wire.send(Buffer.concat([header, pdu]));
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

/** The computer itself as a link: questions are written to it, answers are read from it. There is no wire; whatever has to be asked is asked behind it. */
import { Duplex } from 'node:stream';
import type { Clock } from '@tramhoc/base/clock';
import { decodeQuestion, encodeAnswer, type HostQuestion } from '../drivers/host/codec.ts';
import { type HostProbe, loadOf, stateOf, usbOf } from '../drivers/host/host-probe.ts';
import type { Opening } from './open-link.ts';

/** Three kinds of question, each asked again only after its answer. */
const bufferMessages = 16;

/** `probe`: for tests; else this computer is asked. */
export function openHost(clock: Clock, probe?: HostProbe): Opening {
  const open = async (): Promise<Duplex> => {
    const { systemProbe } = await import('../drivers/host/system-probe.ts');
    return hostLink(probe ?? systemProbe(clock));
  };
  return { opened: open(), cancel: () => undefined };
}

/** A question that cannot be answered is not: whoever asks has a time limit of its own. */
export function hostLink(probe: HostProbe): Duplex {
  const tell = async (question: HostQuestion): Promise<void> => {
    const answer = await answerTo(question, probe).catch(() => undefined);
    if (answer !== undefined && !link.destroyed && link.readableLength < bufferMessages) link.push(Buffer.from(answer));
  };
  const link = new Duplex({
    objectMode: true,
    highWaterMark: bufferMessages,
    read() {},
    write(message: Uint8Array, _encoding, done) {
      const question = decodeQuestion(message);
      if (question !== undefined) void tell(question);
      done();
    },
  });
  return link;
}

async function answerTo(question: HostQuestion, probe: HostProbe): Promise<Uint8Array | undefined> {
  switch (question) {
    case 'state':
      return encodeAnswer({ told: 'state', state: stateOf(await probe.state()) });
    case 'usb':
      return encodeAnswer({ told: 'usb', devices: usbOf(await probe.usb()) });
    case 'load': {
      const load = loadOf(await probe.load());
      return load === undefined ? undefined : encodeAnswer({ told: 'load', load });
    }
    default:
      return question satisfies never;
  }
}

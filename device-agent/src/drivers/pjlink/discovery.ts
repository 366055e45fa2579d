import { type Discovery, eightN1, type Recognised } from '../discovery.ts';
import { discover } from './discover.ts';

/**
 * Class 2 devices answer a search by broadcast. Older ones are known by their greeting, where a person gives the address: `--port tcp://…:4352`.
 */
export const discovery: Discovery = {
  serial: [{ serial: eightN1(9600), withinMs: 1_000, recognise, onNetwork: true }],
  async search({ clock, signal }) {
    const found = await discover({ clock, signal });
    return found.map(({ host, mac }) => ({
      port: `tcp://${host}`,
      evidence: { vi: `trả lời lời tìm PJLink, địa chỉ MAC ${mac}`, en: `answers a PJLink search, MAC address ${mac}` },
    }));
  },
};

/** `PJLINK 0`, or `PJLINK 1 <random number>` (class 2 also `PJLINK 2`) where it wants a password (5.1). */
function recognise(heard: Uint8Array): Recognised | undefined {
  const greeting = /^PJLINK (?:0|1 [0-9a-f]{8}|2 [0-9a-f]{32})\r/i.exec(Buffer.from(heard).toString('latin1'))?.[0];
  if (greeting === undefined) return undefined;
  return greeting.charAt(7) === '0'
    ? { evidence: { vi: 'chào bằng PJLink', en: 'greets with PJLink' } }
    : { evidence: { vi: 'chào bằng PJLink và đòi mật khẩu', en: 'greets with PJLink and wants a password' } };
}

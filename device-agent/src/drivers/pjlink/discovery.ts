import type { Discovery } from '../discovery.ts';
import { discover } from './discover.ts';

/** Class 2 devices answer a search by broadcast; older ones must be entered by hand. */
export const discovery: Discovery = {
  async search({ clock, signal }) {
    const found = await discover({ clock, signal });
    return found.map(({ host, mac }) => ({
      port: `tcp://${host}`,
      evidence: { vi: `trả lời lời tìm PJLink, địa chỉ MAC ${mac}`, en: `answers a PJLink search, MAC address ${mac}` },
    }));
  },
};

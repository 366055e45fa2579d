import { listPcscReaders } from '../../transports/pcsc.ts';
import type { Discovery } from '../discovery.ts';

/** The service of the system knows its readers; no card is touched. */
export const discovery: Discovery = {
  searchIsQuiet: true,
  async search({ clock }) {
    const names = await listPcscReaders(clock);
    return names.map((name) => ({
      port: `pcsc:${name}`,
      evidence: { vi: 'đầu đọc của dịch vụ PC/SC trên máy tính này', en: 'a reader of the PC/SC service of this computer' },
    }));
  },
};

import type { Discovery } from '../discovery.ts';

/** It is always there. */
export const discovery: Discovery = {
  searchIsQuiet: true,
  search: async () => [
    { port: 'host:', evidence: { vi: 'máy tính đang chạy phần mềm này', en: 'the computer that this software runs on' } },
  ],
};

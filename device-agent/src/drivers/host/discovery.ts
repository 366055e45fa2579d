import type { Discovery } from '../discovery.ts';

/** It is always there. */
export const discovery: Discovery = {
  search: async () => [{ port: 'host:', evidence: 'the computer that this software runs on' }],
};

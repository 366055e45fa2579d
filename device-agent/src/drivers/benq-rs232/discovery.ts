import { askPower } from '../asc-board-protocol/discovery.ts';
import type { Discovery } from '../discovery.ts';

/** Some older boards use 9600 as well; there a ViewSonic is the likelier find. */
export const discovery: Discovery = { serial: [askPower(38_400, { baudRate: 38_400 }), askPower(115_200, { baudRate: 115_200 })] };

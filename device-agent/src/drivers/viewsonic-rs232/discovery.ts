import { askPower } from '../asc-board-protocol/discovery.ts';
import type { Discovery } from '../discovery.ts';

export const discovery: Discovery = { serial: [askPower(9600, {})] };

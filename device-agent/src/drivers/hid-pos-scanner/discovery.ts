import type { Discovery } from '../discovery.ts';

/** HID Point of Sale Usage Tables 1.02: page 8C is for bar code scanners. */
export const discovery: Discovery = { hidUsage: { page: 0x8c, what: 'scanner in HID-POS mode' } };

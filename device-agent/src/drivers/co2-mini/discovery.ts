import type { Discovery } from '../discovery.ts';

export const discovery: Discovery = { usbHid: [{ vendorId: 0x04d9, productId: 0xa052, what: 'USB-zyTemp CO₂ monitor' }] };

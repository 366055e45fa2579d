import type { Discovery } from '../discovery.ts';

/**
 * A reader that types cannot be told from a keyboard, and a keyboard must never be taken for a reader: only numbers that are known to be readers.
 * Sources: the USB ID database as shipped with systemd; for Sycreader the kernel's own lines about it, published by several of its users.
 */
export const discovery: Discovery = {
  usbHid: [
    { vendorId: 0xffff, productId: 0x0035, what: 'Sycreader card reader' },
    { vendorId: 0x08ff, productId: 0x0009, what: 'Sycreader card reader' },
    { vendorId: 0x1667, productId: 0x0005, what: 'PCR330A card reader, 125 kHz' },
    { vendorId: 0x1243, productId: 0xe000, what: 'card reader with keyboard emulation' },
    { vendorId: 0x05e0, productId: 0x1200, what: 'Symbol/Zebra scanner in keyboard mode', config: { reads: 'codes' } },
    { vendorId: 0x1eab, productId: 0x0103, what: 'Newland scanner in keyboard mode', config: { reads: 'codes' } },
    { vendorId: 0x0c2e, productId: 0x0204, what: 'Metrologic scanner in keyboard mode', config: { reads: 'codes' } },
    { vendorId: 0x067e, productId: 0x0801, what: 'Intermec scanner in keyboard mode', config: { reads: 'codes' } },
  ],
};

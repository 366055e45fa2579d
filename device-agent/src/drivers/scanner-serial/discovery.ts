import type { Discovery } from '../discovery.ts';

/**
 * It speaks only when something is scanned, so only USB tells. These makers build nothing but scanners; in keyboard or HID-POS mode the same
 * scanner is no serial port. Names and numbers: the USB ID database as shipped with systemd (hwdb.d/20-usb-vendor-model.hwdb).
 */
export const discovery: Discovery = {
  usbSerial: [
    { vendorId: 0x05e0, what: 'Symbol/Zebra scanner' },
    { vendorId: 0x0c2e, what: 'Honeywell/Metrologic scanner' },
    { vendorId: 0x0536, what: 'Honeywell/Hand Held Products scanner' },
    { vendorId: 0x05f9, what: 'Datalogic scanner' },
    { vendorId: 0x080c, what: 'Datalogic scanner' },
    { vendorId: 0x1eab, what: 'Newland scanner' },
    { vendorId: 0x065a, what: 'Opticon scanner' },
    { vendorId: 0x067e, productId: 0x0803, what: 'Intermec scanner' },
  ],
};

import type { SearchText } from './search-messages.vi.ts';

export const en: SearchText = {
  title: 'Devices found',
  start: 'Search for hardware',
  again: 'Search again',
  intro:
    'The device listens at each free port, then asks questions that only read and change nothing. Ports in use are left alone. A card reader is recognised only while a card lies on it.',
  modbus: 'Ask for Modbus devices on RS-485 lines too',
  offline: 'The device is offline: it has to be connected for a search.',
  asked: 'Asked; waiting for the device…',
  began: 'Searching; this takes about half a minute. Put a card on card readers now.',
  lost: 'The device did not answer. Check its connection, then search again.',
  nothing: 'No hardware found',
  nothingText: 'There is no serial port, USB device or projector that this device recognises. Check cables and power, then search again.',
  noneKnown: 'At no port is there hardware that this device recognises. It can be added by hand below.',
  states: {
    found: 'Recognised',
    silent: 'Silent',
    'in-use': 'In use',
    'no-right': 'No right',
    unavailable: 'Cannot be opened',
  },
  notes: {
    silent: 'Nothing that this device recognises. A card reader is heard only with a card.',
    inUse: 'Another program uses this port.',
    'no-right': 'The software may not open this device. Its administrator has to do this:',
    unavailable: 'The port cannot be opened. Check cable and power.',
  },
  slotHere: (slot) => `Slot ${slot} uses this port.`,
  add: 'Add',
  addThis: (title, port) => `Add ${title} at ${port}`,
  added: 'Added to the configuration',
  unknownKind: 'This driver is not yet in the list of the device.',
  more: (count) => `${count} more ports are not shown here.`,
  doneAt: (ago) => `Searched ${ago}.`,
};

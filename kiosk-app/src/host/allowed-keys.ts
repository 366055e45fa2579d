/** Which keys reach the page of a public kiosk. Pure. Everything that opens, closes, zooms or leaves something stays out. */

export type KeyPress = { key: string; control: boolean; alt: boolean; meta: boolean };

const named = [
  'Tab',
  'Enter',
  'Escape',
  'Backspace',
  'Delete',
  'Home',
  'End',
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  'PageUp',
  'PageDown',
  'Shift',
  'CapsLock',
  'Dead',
  'Process',
  'Unidentified',
  'AudioVolumeUp',
  'AudioVolumeDown',
  'AudioVolumeMute',
];

/** One character, or a key for moving and typing, without Ctrl, Alt or the system key. AltGr types characters and arrives without them. */
export function isAllowedKey({ key, control, alt, meta }: KeyPress): boolean {
  if (control || alt || meta) return false;
  return [...key].length === 1 || named.includes(key);
}

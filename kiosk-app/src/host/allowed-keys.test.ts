import { expect, test } from 'vitest';
import { isAllowedKey } from './allowed-keys.ts';

const plain = { control: false, alt: false, meta: false };

test.each(['a', 'ễ', '7', '+', 'Enter', 'Tab', 'Backspace', 'ArrowLeft', 'Process'])('%s reaches the page', (key) =>
  expect(isAllowedKey({ key, ...plain })).toBe(true),
);

test.each(['F1', 'F5', 'F11', 'F12', 'BrowserBack', 'ContextMenu', 'PrintScreen', 'Meta', 'Alt', 'Control', 'LaunchMail'])(
  '%s does not',
  (key) => expect(isAllowedKey({ key, ...plain })).toBe(false),
);

test.each(['r', 'w', 'n', 't', '+', '-', '0', 'i', 'Tab'])('Ctrl, Alt or the system key with %s does not', (key) => {
  for (const modifier of ['control', 'alt', 'meta']) expect(isAllowedKey({ key, ...plain, [modifier]: true })).toBe(false);
});

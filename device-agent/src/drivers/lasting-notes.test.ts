import { silentLog } from '@tramhoc/base/log';
import { expect, test } from 'vitest';
import { lastingNotes } from './lasting-notes.ts';

test('what was noted of a device holds for it alone, and no more after another one was in its slot', () => {
  const store = new Map<string, string>();
  const notesOf = (device: string) => lastingNotes(store, { slot: 'may-chieu', device, log: silentLog });
  notesOf('pjlink tcp://192.168.1.40').set('came-true', 'on');
  expect(notesOf('pjlink tcp://192.168.1.40').get('came-true')).toBe('on');
  expect(notesOf('pjlink tcp://192.168.1.41').get('came-true')).toBeUndefined();
  expect(notesOf('pjlink tcp://192.168.1.40').get('came-true')).toBeUndefined();
});

test('a note that the disk refuses lives as long as the slot', () => {
  const full = {
    get: () => undefined,
    set: () => {
      throw new Error('the disk is full');
    },
  };
  const notes = lastingNotes(full, { slot: 'may-chieu', device: 'pjlink', log: silentLog });
  notes.set('came-true', 'on');
  expect(notes.get('came-true')).toBe('on');
});

import type { AttendanceMessages } from './messages.vi.ts';

export const attendanceEn: AttendanceMessages = {
  title: 'Attendance',
  prompt: 'Hold your card to the reader',
  hint: 'Keep it close until the screen shows a green tick.',
  accepted: 'Recorded',
  looking: 'Looking up your name…',
  hello: 'Hello',
  group: (group) => `Class ${group}`,
  unknown: 'This card is not registered',
  unknownHint: 'The tap was saved. Please take your card to the office to have it registered.',
  offline: 'There is no network, so no name is shown. Your attendance counts all the same.',
  repeated: 'You are already marked present',
  repeatedHint: 'No need to tap again. Please go to your class.',
  refused: 'Attendance was not recorded',
  refusedHint: 'This tap does not count. Please see the office so that they can record you.',
  recent: 'Just tapped',
  noReader: 'The card reader is not ready. Please tell the office.',
  agentAway: 'Nothing can be recorded at the moment. Please wait, or tell the office.',
};

import type { HomeMessages } from './messages.vi.ts';

export const homeEn: HomeMessages = {
  greeting: 'Welcome!',
  question: 'What do you need today?',
  attendance: 'Attendance',
  attendanceHint: 'Hold your pupil card to the reader, no button needed',
  feedback: 'Feedback',
  feedbackHint: 'Tell us about the school and its services',
  staff: 'For technicians',
  starting: 'Starting up',
  startingHint: 'Please wait a moment. If it takes more than a minute, tell the staff on duty.',
};

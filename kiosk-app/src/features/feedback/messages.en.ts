import { feedbackCategoryTitles } from '@tramhoc/protocol/kiosk';
import type { FeedbackMessages } from './messages.vi.ts';

export const feedbackEn: FeedbackMessages = {
  title: 'Feedback',
  stepOf: (step, all) => `Step ${step} of ${all}`,
  ask: {
    category: 'What is your feedback about?',
    text: 'Your feedback',
    phone: 'Your phone number',
  },
  hint: {
    category: 'Choose what comes closest.',
    text: 'Keep it short: what, where, when. You need not give your name.',
    phone: 'Optional. Used only to answer this feedback.',
  },
  categories: feedbackCategoryTitles.en,
  categoryHints: {
    facilities: 'Classrooms, furniture, power, water, devices',
    teaching: 'Lessons, homework, exams, teachers',
    services: 'Documents, fees, the information portal',
    safety: 'Violence, traffic, fire, surroundings',
    food: 'Canteen, school lunch, toilets',
    other: 'Anything that fits nowhere above',
  },
  textLabel: 'Your feedback',
  textCount: (used, all) => `${used.toLocaleString('en')}/${all.toLocaleString('en')} characters`,
  phoneLabel: 'Phone number (optional)',
  problems: {
    'category-missing': 'Choose one to go on.',
    'text-short': 'This is too short. Please write at least 5 characters.',
    'text-long': 'This is too long. Please write at most 2,000 characters.',
    'phone-wrong': 'This is not a Vietnamese phone number. Example: 0912 345 678. You may also leave it empty.',
  },
  next: 'Continue',
  skip: 'Skip, no number',
  back: 'Back',
  check: 'Check before sending',
  checkHint: 'If something is not right, press “Change” beside it.',
  answers: { category: 'About', text: 'Feedback', phone: 'Phone' },
  noPhone: 'Not given',
  change: (answer) => `Change: ${answer}`,
  changeShort: 'Change',
  send: 'Send feedback',
  sending: 'Saving your feedback…',
  failed: 'Your feedback could not be saved',
  failedReason: (code) => {
    if (code === 'LOCAL_LINK_UNAVAILABLE') return 'A part of this machine is restarting. Please wait a few seconds and try again.';
    if (code === 'REQUEST_TIMEOUT' || code === 'LINK_CLOSED')
      return 'The machine did not answer in time, so it is not known whether your feedback was saved. Please try again.';
    if (code === 'DISK_FULL' || code === 'STORE_FULL')
      return 'The storage of this machine is full. Please tell the staff on duty, then try again.';
    return `The machine refused to save it (code ${code}). Please try again or tell the staff on duty.`;
  },
  failedKept: 'What you wrote is still here; nothing is lost.',
  retry: 'Try again',
  sent: 'Your feedback is saved',
  codeLabel: 'Tracking code',
  keepCode: 'Write this code down or photograph the QR code. Name it when you ask the office about your feedback.',
  qrLabel: 'QR code with the tracking code',
  delivery: {
    stored: 'Kept on this machine, sent when the network is back.',
    sending: 'Being sent…',
    delivered: 'Delivered to the people in charge.',
  },
  print: 'Print a receipt',
  printAgain: 'Print again',
  printing: 'Printing…',
  printed: 'Printed. Please take the paper from the printer.',
  printFailed: (code) => {
    const also = 'Please write the code down or photograph the QR code on the screen.';
    if (code === 'PRINTER_PAPER_OUT')
      return `The printer is out of paper. Ask the staff on duty for a new roll, then press “Print again”. ${also}`;
    if (code === 'PRINTER_COVER_OPEN') return `The cover of the printer is open. Close it, then press “Print again”. ${also}`;
    if (code === 'PRINTER_FAULT') return `The printer is jammed or broken. Please tell the staff on duty. ${also}`;
    if (code === 'CONFLICT') return 'The printer is busy with another receipt. Wait a few seconds, then press “Print again”.';
    return `The printer does not answer. Please tell the staff on duty. ${also}`;
  },
  receipt: {
    title: 'FEEDBACK RECEIVED',
    sentAt: 'Sent',
    keep: 'Keep this paper. Name its code when you ask the office about your feedback.',
  },
  finish: 'Done',
  leaveTitle: 'Discard your feedback?',
  leaveText: 'It has not been sent. If you leave, what you wrote will be erased.',
  leave: 'Leave and erase',
  stay: 'Keep writing',
};

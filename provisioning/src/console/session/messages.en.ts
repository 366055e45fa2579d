import type { SessionText } from './messages.vi.ts';

export const en: SessionText = {
  product: 'Tramhoc',
  tagline: 'The console of the schools’ devices',
  signInTitle: 'Sign in',
  userName: 'User name',
  password: 'Password',
  signIn: 'Sign in',
  firstRun: 'First time? The password was printed once when the centre started.',
  fillBoth: 'Type the user name and the password.',
  changeTitle: 'Change the password',
  changeWhy:
    'The first password stood on the server’s screen, where others may have read it. Choose one that only you know; after this step the old one no longer works.',
  oldPassword: 'Current password',
  newPassword: 'New password',
  repeatPassword: 'New password again',
  newHelp: '12 characters or more. A few unrelated words are easy to remember and hard to guess.',
  change: 'Change password',
  differs: 'The two are not the same.',
  sameAsOld: 'The new password must differ from the current one.',
  oldWrong: 'The current password is wrong.',
  hints: {
    short: (missing) => `${missing} more characters needed`,
    'same-as-user': 'Contains the user name: easy to guess',
    repetitive: 'Repeats or counts up: easy to guess',
    fair: 'Good enough',
    strong: 'Strong',
  },
  language: 'Language',
  unreachable: 'The centre cannot be reached',
  retry: 'Try again',
};

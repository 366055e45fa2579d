import type { UiText } from './messages.vi.ts';

export const en: UiText = {
  show: 'Show',
  hide: 'Hide',
  showPassword: 'Show password',
  close: 'Close',
  cancel: 'Cancel',
  copy: 'Copy',
  copied: 'Copied',
  loading: 'Loading…',
  showMore: (count) => `Show ${count} more`,
  clearFilters: 'Clear filters',
  previousDay: 'Day before',
  nextDay: 'Next day',
  today: 'Today',
  path: 'Breadcrumbs',
  chooseDay: 'Choose a day',
};

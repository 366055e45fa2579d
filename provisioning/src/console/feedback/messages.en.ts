import { feedbackCategoryTitles } from '@tramhoc/protocol/kiosk';
import type { FeedbackText } from './messages.vi.ts';

export const en: FeedbackText = {
  title: 'Feedback',
  subtitle: 'What parents, pupils and citizens sent at a kiosk. Phone numbers show only when somebody has to call back.',
  search: 'Search tracking code or text',
  site: 'Site',
  allSites: 'All sites',
  category: 'Category',
  allCategories: 'All categories',
  categories: feedbackCategoryTitles.en,
  code: 'Tracking code',
  from: (device, site) => `${device}, ${site}`,
  writtenInEnglish: 'written in English',
  phone: 'Phone',
  showPhone: 'Show number',
  hidePhone: 'Hide number',
  showPhoneOf: (code) => `Show number of ${code}`,
  noPhone: 'no number left',
  count: (shown, all) => `${shown} of ${all}`,
  emptyTitle: 'No feedback yet',
  emptyText: 'What is sent at a kiosk shows up here. A kiosk without network takes it too, and delivers it later.',
  noneTitle: 'No feedback matches',
  noneText: 'Tracking codes look like PA-7K3M-9QXP; a few characters are enough.',
  clear: 'Clear filters',
};

/**
 * react-aria speaks 34 languages, Vietnamese is not among them, so a screen reader would hear English inside a Vietnamese page. Its strings are
 * read once from two symbols of `window` (the mechanism of its server-side rendering); here they get ours. Packages that the console does not
 * use keep English.
 */
import english from 'react-aria-components/i18n/en-US';
import type { Language } from './language.tsx';

type Strings = Record<string, unknown>;

const vietnamese: Record<string, Strings> = {
  '@react-aria/overlays': { dismiss: 'Đóng' },
  '@react-aria/searchfield': { 'Clear search': 'Xóa từ tìm kiếm' },
  '@react-aria/spinbutton': { Empty: 'Trống' },
  '@react-aria/menu': { longPressMessage: 'Nhấn giữ hoặc nhấn Alt + mũi tên xuống để mở danh sách' },
  '@react-aria/numberfield': {
    decrease: ({ fieldLabel }: { fieldLabel: string }) => `Giảm ${fieldLabel}`,
    increase: ({ fieldLabel }: { fieldLabel: string }) => `Tăng ${fieldLabel}`,
    numberField: 'Ô nhập số',
  },
  '@react-aria/dnd': {
    dropDescriptionKeyboard: 'Nhấn Enter để thả. Nhấn Escape để thôi.',
    dropDescriptionTouch: 'Chạm hai lần để thả.',
    dropDescriptionVirtual: 'Bấm để thả.',
    dropCanceled: 'Đã thôi kéo.',
    dropComplete: 'Đã thả.',
  },
  'react-aria-components': { selectPlaceholder: 'Chọn một mục', dropzoneLabel: 'Vùng thả tệp' },
};

export function provideAriaStrings(language: Language, view: Window): void {
  if (language !== 'vi') return;
  const all: Record<string, Strings> = {};
  for (const [name, strings] of Object.entries(english as Record<string, Strings>)) all[name] = { ...strings, ...vietnamese[name] };
  const target = view as unknown as Record<symbol, unknown>;
  target[Symbol.for('react-aria.i18n.locale')] = 'vi-VN';
  target[Symbol.for('react-aria.i18n.strings')] = all;
}

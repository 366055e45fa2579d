import type { LinkState } from '../features/home/home-machine.ts';

export type UiMessages = {
  /** Names the switch, in both languages: who cannot read this one must find it. */
  language: string;
  home: string;
  help: string;
  largeText: string;
  highContrast: string;
  reach: string;
  tools: string;
  link: Record<LinkState, string>;
  keyboard: string;
  space: string;
  backspace: string;
  shift: Record<'off' | 'once' | 'locked', string>;
  numbers: string;
  letters: string;
  enter: string;
  method: string;
  layouts: Record<'telex' | 'direct' | 'plain', string>;
  layoutHints: Record<'telex' | 'direct' | 'plain', string>;
  tones: Record<'acute' | 'grave' | 'hook' | 'tilde' | 'dot', string>;
  stillThere: string;
  stillThereHint(seconds: number): string;
  stillHere: string;
  erase: string;
};

export const uiVi: UiMessages = {
  language: 'Ngôn ngữ',
  home: 'Trang chủ',
  help: 'Cần giúp đỡ? Hãy hỏi nhân viên trực.',
  largeText: 'Chữ to',
  highContrast: 'Tương phản',
  reach: 'Tầm với thấp',
  tools: 'Cách hiển thị',
  link: {
    online: 'Đã kết nối',
    offline: 'Mất mạng: đang lưu tại máy, sẽ gửi khi có mạng',
    'agent-away': 'Máy chưa ghi nhận được, đang khởi động lại',
    'not-enrolled': 'Chưa đăng ký: chưa gửi dữ liệu',
    revoked: 'Thiết bị đã bị thu hồi: không gửi dữ liệu',
  },
  keyboard: 'Bàn phím trên màn hình',
  space: 'dấu cách',
  backspace: 'Xóa một ký tự',
  shift: { off: 'Viết hoa', once: 'Viết hoa một chữ', locked: 'Viết hoa tất cả' },
  numbers: '123, số và dấu câu',
  letters: 'abc, chữ cái',
  enter: 'Xuống dòng',
  method: 'Kiểu gõ',
  layouts: { telex: 'Telex', direct: 'Chữ có dấu', plain: 'ABC' },
  layoutHints: {
    telex: 'aa â · aw ă · dd đ · s f r x j dấu',
    direct: 'Bấm chữ có sẵn dấu mũ, rồi bấm dấu thanh',
    plain: 'Không bỏ dấu',
  },
  tones: { acute: 'Dấu sắc', grave: 'Dấu huyền', hook: 'Dấu hỏi', tilde: 'Dấu ngã', dot: 'Dấu nặng' },
  stillThere: 'Bạn còn ở đó không?',
  stillThereHint: (seconds) => `Màn hình sẽ xóa và về trang chủ sau ${seconds} giây.`,
  stillHere: 'Tôi vẫn ở đây',
  erase: 'Xóa và kết thúc',
};

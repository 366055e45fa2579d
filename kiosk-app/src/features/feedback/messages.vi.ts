import { type FeedbackCategory, feedbackCategoryTitles } from '@tramhoc/protocol/kiosk';
import type { Problem, Question } from './feedback-machine.ts';

export type FeedbackMessages = {
  title: string;
  stepOf(step: number, all: number): string;
  ask: Record<Question, string>;
  hint: Record<Question, string>;
  categories: Readonly<Record<FeedbackCategory, string>>;
  categoryHints: Record<FeedbackCategory, string>;
  textLabel: string;
  textCount(used: number, all: number): string;
  phoneLabel: string;
  problems: Record<Problem, string>;
  next: string;
  skip: string;
  back: string;
  check: string;
  checkHint: string;
  answers: Record<Question, string>;
  noPhone: string;
  change(answer: string): string;
  changeShort: string;
  send: string;
  sending: string;
  failed: string;
  failedReason(code: string): string;
  failedKept: string;
  retry: string;
  sent: string;
  codeLabel: string;
  keepCode: string;
  qrLabel: string;
  delivery: Record<'stored' | 'sending' | 'delivered', string>;
  print: string;
  printAgain: string;
  printing: string;
  printed: string;
  printFailed(code: string): string;
  receipt: { title: string; sentAt: string; keep: string };
  finish: string;
  leaveTitle: string;
  leaveText: string;
  leave: string;
  stay: string;
};

export const feedbackVi: FeedbackMessages = {
  title: 'Phản ánh',
  stepOf: (step, all) => `Bước ${step}/${all}`,
  ask: {
    category: 'Bạn muốn phản ánh về việc gì?',
    text: 'Nội dung phản ánh',
    phone: 'Số điện thoại của bạn',
  },
  hint: {
    category: 'Chọn một mục gần nhất với điều bạn muốn nói.',
    text: 'Viết ngắn gọn: việc gì, ở đâu, khi nào. Không cần ghi tên của bạn.',
    phone: 'Không bắt buộc. Chỉ dùng để trả lời phản ánh này.',
  },
  categories: feedbackCategoryTitles.vi,
  categoryHints: {
    facilities: 'Phòng học, bàn ghế, điện, nước, thiết bị',
    teaching: 'Giờ học, bài tập, thi cử, thầy cô',
    services: 'Giấy tờ, học phí, cổng thông tin',
    safety: 'Bạo lực, giao thông, cháy nổ, môi trường',
    food: 'Căng tin, bán trú, nhà vệ sinh',
    other: 'Điều bạn muốn nói không thuộc các mục trên',
  },
  textLabel: 'Nội dung phản ánh',
  textCount: (used, all) => `${used.toLocaleString('vi')}/${all.toLocaleString('vi')} ký tự`,
  phoneLabel: 'Số điện thoại (không bắt buộc)',
  problems: {
    'category-missing': 'Hãy chọn một mục để tiếp tục.',
    'text-short': 'Nội dung còn quá ngắn. Hãy viết ít nhất 5 ký tự.',
    'text-long': 'Nội dung quá dài. Hãy viết tối đa 2.000 ký tự.',
    'phone-wrong': 'Số điện thoại chưa đúng. Ví dụ đúng: 0912 345 678. Bạn cũng có thể để trống.',
  },
  next: 'Tiếp tục',
  skip: 'Bỏ qua, không ghi số',
  back: 'Quay lại',
  check: 'Kiểm tra trước khi gửi',
  checkHint: 'Nếu chưa đúng, bấm “Sửa” ở mục cần sửa.',
  answers: { category: 'Về việc', text: 'Nội dung', phone: 'Điện thoại' },
  noPhone: 'Không ghi',
  change: (answer) => `Sửa: ${answer}`,
  changeShort: 'Sửa',
  send: 'Gửi phản ánh',
  sending: 'Đang lưu phản ánh…',
  failed: 'Chưa lưu được phản ánh',
  failedReason: (code) => {
    if (code === 'LOCAL_LINK_UNAVAILABLE') return 'Phần ghi nhận của máy đang khởi động lại. Hãy chờ vài giây rồi thử lại.';
    if (code === 'REQUEST_TIMEOUT' || code === 'LINK_CLOSED')
      return 'Máy không trả lời kịp nên chưa biết phản ánh đã được lưu hay chưa. Hãy thử lại.';
    if (code === 'DISK_FULL' || code === 'STORE_FULL') return 'Bộ nhớ của máy đã đầy. Hãy báo nhân viên trực, rồi thử lại.';
    return `Máy từ chối lưu (mã ${code}). Hãy thử lại hoặc báo nhân viên trực.`;
  },
  failedKept: 'Nội dung bạn viết vẫn còn đây, không bị mất.',
  retry: 'Thử lại',
  sent: 'Đã lưu phản ánh của bạn',
  codeLabel: 'Mã tra cứu',
  keepCode: 'Hãy ghi lại mã này hoặc chụp hình mã QR. Khi liên hệ văn phòng về phản ánh, hãy đọc mã này.',
  qrLabel: 'Mã QR chứa mã tra cứu',
  delivery: {
    stored: 'Đang lưu tại máy, sẽ gửi khi có mạng.',
    sending: 'Đang gửi đi…',
    delivered: 'Đã gửi đến nơi tiếp nhận.',
  },
  print: 'In phiếu',
  printAgain: 'In lại',
  printing: 'Đang in phiếu…',
  printed: 'Đã in phiếu. Hãy lấy phiếu ở máy in.',
  printFailed: (code) => {
    const also = 'Hãy ghi lại mã hoặc chụp hình mã QR trên màn hình.';
    if (code === 'PRINTER_PAPER_OUT') return `Máy in hết giấy. Hãy báo nhân viên trực thay giấy rồi bấm “In lại”. ${also}`;
    if (code === 'PRINTER_COVER_OPEN') return `Nắp máy in đang mở. Hãy đóng nắp rồi bấm “In lại”. ${also}`;
    if (code === 'PRINTER_FAULT') return `Máy in bị kẹt hoặc hỏng. Hãy báo nhân viên trực. ${also}`;
    if (code === 'CONFLICT') return 'Máy in đang in phiếu khác. Hãy chờ vài giây rồi bấm “In lại”.';
    return `Máy in không trả lời. Hãy báo nhân viên trực. ${also}`;
  },
  receipt: {
    title: 'PHIẾU TIẾP NHẬN PHẢN ÁNH',
    sentAt: 'Gửi lúc',
    keep: 'Giữ phiếu này. Khi liên hệ văn phòng về phản ánh, hãy đọc mã trên phiếu.',
  },
  finish: 'Xong',
  leaveTitle: 'Bỏ phản ánh đang viết?',
  leaveText: 'Phản ánh chưa được gửi. Nếu rời đi, nội dung bạn đã viết sẽ bị xóa.',
  leave: 'Rời đi và xóa',
  stay: 'Viết tiếp',
};

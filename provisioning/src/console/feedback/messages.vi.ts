import { feedbackCategoryTitles } from '@tramhoc/protocol/kiosk';

export const vi = {
  title: 'Phản ánh',
  subtitle: 'Điều phụ huynh, học sinh và người dân gửi ở kiosk. Số điện thoại chỉ hiện khi cần gọi lại.',
  search: 'Tìm mã tra cứu hoặc nội dung',
  site: 'Điểm trường',
  allSites: 'Mọi điểm trường',
  category: 'Loại',
  allCategories: 'Mọi loại',
  categories: feedbackCategoryTitles.vi,
  code: 'Mã tra cứu',
  from: (device: string, site: string) => `${device}, ${site}`,
  writtenInEnglish: 'viết bằng tiếng Anh',
  phone: 'Điện thoại',
  showPhone: 'Hiện số',
  hidePhone: 'Ẩn số',
  showPhoneOf: (code: string) => `Hiện số của ${code}`,
  noPhone: 'không để lại số',
  count: (shown: string, all: string) => `${shown} / ${all} phản ánh`,
  emptyTitle: 'Chưa có phản ánh nào',
  emptyText: 'Phản ánh gửi ở kiosk hiện ra đây. Kiosk mất mạng vẫn nhận, rồi chuyển về sau.',
  noneTitle: 'Không có phản ánh nào khớp',
  noneText: 'Mã tra cứu có dạng PA-7K3M-9QXP; nhập vài ký tự là đủ.',
  clear: 'Bỏ lọc',
};
export type FeedbackText = typeof vi;

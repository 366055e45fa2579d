export const vi = {
  show: 'Hiện',
  hide: 'Ẩn',
  showPassword: 'Hiện mật khẩu',
  close: 'Đóng',
  cancel: 'Hủy',
  copy: 'Sao chép',
  copied: 'Đã sao chép',
  loading: 'Đang tải…',
  showMore: (count: number) => `Hiện thêm ${count}`,
  clearFilters: 'Bỏ lọc',
  previousDay: 'Ngày trước',
  nextDay: 'Ngày sau',
  today: 'Hôm nay',
  path: 'Đường dẫn trang',
  chooseDay: 'Chọn ngày',
};
export type UiText = typeof vi;

export const vi = {
  title: 'Không khí',
  subtitle: 'Số đo của cảm biến trong phòng học, cập nhật trực tiếp.',
  site: 'Điểm trường',
  range: 'Khoảng thời gian',
  ranges: { 6: '6 giờ', 24: '24 giờ', 168: '7 ngày' } as Record<number, string>,
  levels: { good: 'Tốt', moderate: 'Trung bình', poor: 'Kém', bad: 'Xấu', 'very-bad': 'Rất xấu', hazardous: 'Nguy hại' },
  source:
    'Mức màu theo ngưỡng PM2.5 của VN_AQI (Quyết định 1459/QĐ-TCMT, 12/11/2019). VN_AQI chính thức tính từ trung bình nhiều giờ; số đo từng lúc ở đây chỉ để tham khảo.',
  bandUpTo: (to: string) => `đến ${to}`,
  bandRange: (from: string, to: string) => `trên ${from} đến ${to}`,
  bandOver: (from: string) => `trên ${from}`,
  scale: 'Thang mức PM2.5',
  stale: (ago: string) => `số đo cuối ${ago}`,
  noValue: 'không có số đo trong khoảng này',
  chartOf: (place: string, range: string) => `Biểu đồ ${place}, ${range}`,
  table: 'Xem dạng bảng (trung bình mỗi giờ)',
  hour: 'Giờ',
  legend: 'Chú thích',
  emptyTitle: 'Chưa có số đo nào',
  emptyText: 'Gắn cảm biến bụi (ví dụ PMS5003) vào một thiết bị và thêm khe ở trang thiết bị; số đo hiện ra trong một phút.',
  toDevices: 'Xem thiết bị',
};
export type AirText = typeof vi;

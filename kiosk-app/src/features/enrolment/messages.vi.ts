import type { AgentStatus } from '@tramhoc/protocol/local-link';

export type EnrolmentMessages = {
  title: string;
  unclaimed: string;
  unclaimedHint: string;
  reason(message: string): string;
  waiting: string;
  waitingSteps: readonly [string, string, string];
  codeLabel: string;
  fingerprintLabel: string;
  expiresIn: string;
  qrLabel: string;
  qrHint: string;
  expired: string;
  expiredHint: string;
  denied: string;
  deniedHint: string;
  revoked: string;
  revokedHint: string;
  newCode: string;
  asking: string;
  askFailed(code: string): string;
  enrolled: string;
  device: string;
  site: string;
  deviceId: string;
  certificate: string;
  certificateNote: Record<'good' | 'soon' | 'over', string>;
  broker: string;
  brokerOn: string;
  brokerOff: string;
  pending: string;
  pendingCount(count: number): string;
  clock: string;
  clockQuality: Record<AgentStatus['clockQuality'], string>;
  agentVersion: string;
  slots: string;
  noSlots: string;
  slotState: Record<AgentStatus['slots'][number]['state'], string>;
  readsCards: string;
};

export const enrolmentVi: EnrolmentMessages = {
  title: 'Thông tin thiết bị',
  unclaimed: 'Chưa lấy được mã đăng ký',
  unclaimedHint: 'Máy chưa liên lạc được với trung tâm. Hãy kiểm tra dây mạng và địa chỉ trung tâm; máy tự thử lại.',
  reason: (message) => `Chi tiết: ${message}`,
  waiting: 'Đăng ký thiết bị này',
  waitingSteps: [
    'Mở trang quản lý trên máy tính hoặc điện thoại.',
    'Nhập mã bên dưới, hoặc quét mã QR.',
    'So dấu vân tay trên hai màn hình: giống nhau mới bấm duyệt.',
  ],
  codeLabel: 'Mã đăng ký',
  fingerprintLabel: 'Dấu vân tay của khóa',
  expiresIn: 'Mã còn hiệu lực',
  qrLabel: 'Mã QR mở trang duyệt thiết bị',
  qrHint: 'Quét để mở trang duyệt',
  expired: 'Mã đã hết hạn',
  expiredHint: 'Mỗi mã chỉ dùng trong 15 phút. Bấm nút dưới đây để lấy mã khác.',
  denied: 'Yêu cầu bị từ chối',
  deniedHint: 'Người quản trị đã từ chối thiết bị này. Hãy hỏi lại trước khi xin mã mới.',
  revoked: 'Thiết bị đã bị thu hồi',
  revokedHint:
    'Chứng thư của máy không còn giá trị, máy không ghi nhận và không gửi dữ liệu. Hãy liên hệ bộ phận công nghệ thông tin; họ lấy mã mới để đăng ký lại máy.',
  newCode: 'Lấy mã mới',
  asking: 'Đang xin mã mới…',
  askFailed: (code) => `Chưa lấy được mã mới (${code}). Hãy thử lại.`,
  enrolled: 'Thiết bị đã đăng ký',
  device: 'Tên thiết bị',
  site: 'Đơn vị',
  deviceId: 'Mã thiết bị',
  certificate: 'Chứng thư dùng đến ngày',
  certificateNote: { good: 'còn hạn', soon: 'sắp hết hạn, kiểm tra việc gia hạn', over: 'đã hết hạn' },
  broker: 'Máy chủ tại đơn vị',
  brokerOn: 'Đã kết nối',
  brokerOff: 'Mất kết nối, máy tự nối lại',
  pending: 'Dữ liệu chờ gửi',
  pendingCount: (count) => (count === 0 ? 'Không có' : `${count.toLocaleString('vi')} bản ghi`),
  clock: 'Đồng hồ',
  clockQuality: { unknown: 'Chưa chắc giờ đúng', rtc: 'Theo đồng hồ trong máy', site: 'Theo máy chủ tại đơn vị', ntp: 'Đúng giờ (NTP)' },
  agentVersion: 'Phiên bản phần mềm',
  slots: 'Phần cứng',
  noSlots: 'Chưa có phần cứng nào được cấu hình.',
  slotState: { opening: 'Đang mở', open: 'Hoạt động', lost: 'Mất kết nối', closed: 'Đã đóng' },
  readsCards: 'đọc thẻ',
};

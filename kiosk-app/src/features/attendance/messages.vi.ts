export type AttendanceMessages = {
  title: string;
  prompt: string;
  hint: string;
  accepted: string;
  looking: string;
  /** Before the name. */
  hello: string;
  group(group: string): string;
  unknown: string;
  unknownHint: string;
  offline: string;
  repeated: string;
  repeatedHint: string;
  refused: string;
  refusedHint: string;
  recent: string;
  noReader: string;
  agentAway: string;
};

export const attendanceVi: AttendanceMessages = {
  title: 'Điểm danh',
  prompt: 'Chạm thẻ vào đầu đọc',
  hint: 'Giữ thẻ sát đầu đọc cho đến khi màn hình hiện dấu xanh.',
  accepted: 'Đã ghi nhận',
  looking: 'Đang tìm tên của bạn…',
  hello: 'Chào',
  group: (group) => `Lớp ${group}`,
  unknown: 'Thẻ chưa đăng ký',
  unknownHint: 'Lượt chạm đã được lưu. Mời bạn mang thẻ đến văn phòng để đăng ký.',
  offline: 'Máy đang mất mạng nên chưa hiện tên. Lượt điểm danh của bạn vẫn được tính.',
  repeated: 'Bạn đã điểm danh rồi',
  repeatedHint: 'Không cần chạm thẻ lại. Mời bạn vào lớp.',
  refused: 'Chưa điểm danh được',
  refusedHint: 'Lượt chạm này không được tính. Mời bạn báo văn phòng để được ghi nhận.',
  recent: 'Vừa chạm thẻ',
  noReader: 'Đầu đọc thẻ chưa sẵn sàng. Mời bạn báo văn phòng.',
  agentAway: 'Máy chưa ghi nhận được lúc này. Vui lòng chờ hoặc báo văn phòng.',
};

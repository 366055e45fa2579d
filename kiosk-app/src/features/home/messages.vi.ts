export type HomeMessages = {
  greeting: string;
  question: string;
  attendance: string;
  attendanceHint: string;
  feedback: string;
  feedbackHint: string;
  staff: string;
  starting: string;
  startingHint: string;
};

export const homeVi: HomeMessages = {
  greeting: 'Xin chào!',
  question: 'Hôm nay bạn cần gì?',
  attendance: 'Điểm danh',
  attendanceHint: 'Chạm thẻ học sinh vào đầu đọc, không cần bấm nút',
  feedback: 'Phản ánh',
  feedbackHint: 'Góp ý về trường lớp và dịch vụ',
  staff: 'Dành cho kỹ thuật viên',
  starting: 'Máy đang khởi động',
  startingHint: 'Vui lòng chờ trong giây lát. Nếu chờ quá một phút, hãy báo nhân viên trực.',
};

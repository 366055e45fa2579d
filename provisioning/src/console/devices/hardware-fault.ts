/** What a device says of its hardware and its config, for people: the code in words, what the device wrote as detail. Pure. */
import type { Language } from '../language/language.tsx';

/** The codes a slot or a refused key carries; see docs/errors.md. */
const vietnamese: Readonly<Record<string, string>> = {
  DRIVER_UNKNOWN: 'Thiết bị không có trình điều khiển này. Cập nhật phần mềm thiết bị hoặc chọn trình điều khiển khác.',
  DRIVER_CONFIG_INVALID: 'Giá trị không hợp lệ. Sửa rồi áp dụng lại.',
  DRIVER_PORT_UNAVAILABLE: 'Không mở được cổng. Kiểm tra dây nối, nguồn và tên cổng.',
  DRIVER_PORT_LOST: 'Mất kết nối với cổng. Kiểm tra dây nối; thiết bị tự thử lại.',
  DRIVER_TIMEOUT: 'Phần cứng không trả lời. Kiểm tra nguồn và dây tín hiệu; thiết bị tự thử lại.',
  DRIVER_REFUSED: 'Phần cứng từ chối lệnh. Xem đèn báo lỗi trên máy.',
  DRIVER_AUTH_FAILED: 'Sai mật khẩu của phần cứng. Nhập lại mật khẩu trong cấu hình.',
  PORT_IN_USE: 'Cổng mạng này đang được chương trình khác dùng. Chọn cổng khác, hoặc dừng chương trình đó.',
  PERMISSION_MISSING: 'Phần mềm không có quyền mở cổng này. Chọn số cổng trên 1023.',
  PRINTER_OFFLINE: 'Máy in không sẵn sàng hoặc không trả lời. Kiểm tra nguồn và dây nối, bấm phím FEED một lần.',
  PRINTER_PAPER_LOW: 'Giấy in sắp hết. Thay cuộn mới khi có dịp.',
  PRINTER_PAPER_OUT: 'Máy in hết giấy. Mở nắp, đặt cuộn giấy mới rồi đóng nắp lại.',
  PRINTER_COVER_OPEN: 'Nắp máy in đang mở. Đóng nắp cho đến khi nghe tiếng khớp ở cả hai bên.',
  PRINTER_FAULT: 'Máy in báo lỗi dao cắt, đầu in hoặc bộ phận khác. Tắt máy, lấy giấy kẹt ra rồi bật lại.',
  SLOT_LIMIT: 'Quá số khe cho phép. Bỏ bớt một khe.',
  SLOT_PATH_CONFLICT: 'Hai khe dùng chung một cổng. Đổi cổng của một khe.',
  SENSOR_OFFLINE: 'Cảm biến không còn gửi số đo. Kiểm tra pin hoặc nguồn và khoảng cách đến cổng cảm biến.',
  TWIN_INVALID: 'Cấu hình không hợp lệ. Sửa rồi áp dụng lại.',
  TWIN_TOO_LARGE: 'Cấu hình quá lớn. Bớt khe hoặc rút ngắn giá trị.',
};
export const explainedCodes: readonly string[] = Object.keys(vietnamese);

export type HardwareFault = { text: string; detail: string | undefined };

/** In English the device's own sentence is enough; in Vietnamese it follows as a detail. */
export function hardwareFault({ code, message }: { code: string | null; message: string | null }, language: Language): HardwareFault {
  const translated = language === 'vi' && code !== null ? vietnamese[code] : undefined;
  if (translated === undefined) return { text: message ?? code ?? '', detail: undefined };
  return { text: translated, detail: message ?? undefined };
}

/** The `port` config key of readers that are asked, or that connect to us by themselves. */
import { z } from 'zod';
import { describe } from '../drivers/driver.ts';
import { parsePort } from './port-address.ts';

export const ReaderAddress = describe(
  z.string().refine((text) => {
    const bus = parsePort(text)?.bus;
    return bus === 'serial' || bus === 'tcp' || bus === 'tcp-from';
  }, 'a serial port like /dev/ttyUSB0 or COM3, a network address like tcp://192.168.1.60, or tcp-from://192.168.1.60:10005 for a gate that connects to port 10005 here'),
  {
    vi: {
      title: 'Cổng kết nối',
      help: 'Cổng nối tiếp (/dev/ttyUSB0, COM3) hoặc địa chỉ mạng (tcp://192.168.1.60). Cổng an ninh tự gọi về máy này: tcp-from://192.168.1.60:10005.',
    },
    en: {
      title: 'Port',
      help: 'Serial port (/dev/ttyUSB0, COM3) or network address (tcp://192.168.1.60). A gate that calls this computer by itself: tcp-from://192.168.1.60:10005.',
    },
  },
);

/** Every driver of this agent, one line each. */

import { benqRs232 } from './benq-rs232/driver.ts';
import { co2Mini } from './co2-mini/driver.ts';
import type { AnyDriverDefinition } from './driver.ts';
import { escpos } from './escpos/driver.ts';
import { feigObid } from './feig-obid/driver.ts';
import { hidKeyboardWedge } from './hid-keyboard-wedge/driver.ts';
import { hidPosScanner } from './hid-pos-scanner/driver.ts';
import { hikvisionIsapi } from './hikvision-isapi/driver.ts';
import { host } from './host/driver.ts';
import { lgCommercial } from './lg-commercial/driver.ts';
import { llrp } from './llrp/driver.ts';
import { mhz19 } from './mhz19/driver.ts';
import { modbusRtu } from './modbus-rtu/driver.ts';
import { modbusTcp } from './modbus-tcp/driver.ts';
import { necSerial } from './nec-serial/driver.ts';
import { pcsc } from './pcsc/driver.ts';
import { pjlink } from './pjlink/driver.ts';
import { pms5003 } from './pms5003/driver.ts';
import { pn532 } from './pn532/driver.ts';
import { rdm6300 } from './rdm6300/driver.ts';
import { rl866 } from './rl866/driver.ts';
import { samsungMdc } from './samsung-mdc/driver.ts';
import { scannerSerial } from './scanner-serial/driver.ts';
import { sds011 } from './sds011/driver.ts';
import { smartSerial } from './smart-serial/driver.ts';
import { sps30 } from './sps30/driver.ts';
import { threem210 } from './threem-210/driver.ts';
import { uhfReader18 } from './uhfreader18/driver.ts';
import { viewsonicRs232 } from './viewsonic-rs232/driver.ts';
import { zkteco4370 } from './zkteco-4370/driver.ts';
import { zktecoPush } from './zkteco-push/driver.ts';

export const drivers: readonly AnyDriverDefinition[] = [
  rdm6300, //
  pn532,
  pms5003,
  mhz19,
  sds011,
  sps30,
  co2Mini,
  modbusRtu,
  modbusTcp,
  feigObid,
  rl866,
  threem210,
  uhfReader18,
  llrp,
  scannerSerial,
  hidPosScanner,
  hidKeyboardWedge,
  pjlink,
  samsungMdc,
  lgCommercial,
  viewsonicRs232,
  benqRs232,
  zktecoPush,
  zkteco4370,
  hikvisionIsapi,
  necSerial,
  smartSerial,
  escpos,
  pcsc,
  host,
];

/** undefined when this agent has no such driver. */
export function driverOf(kind: string): AnyDriverDefinition | undefined {
  return drivers.find((driver) => driver.kind === kind);
}

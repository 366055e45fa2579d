/** The simulated device of each driver, one line each. */
import { benqRs232Simulator } from './benq-rs232/simulator.ts';
import { co2MiniSimulator } from './co2-mini/simulator.ts';
import { escposSimulator } from './escpos/simulator.ts';
import { feigObidSimulator } from './feig-obid/simulator.ts';
import { hidKeyboardWedgeSimulator } from './hid-keyboard-wedge/simulator.ts';
import { hidPosScannerSimulator } from './hid-pos-scanner/simulator.ts';
import { hikvisionIsapiSimulator } from './hikvision-isapi/simulator.ts';
import { hostSimulator } from './host/simulator.ts';
import { lgCommercialSimulator } from './lg-commercial/simulator.ts';
import { llrpSimulator } from './llrp/simulator.ts';
import { mhz19Simulator } from './mhz19/simulator.ts';
import { modbusRtuSimulator } from './modbus-rtu/simulator.ts';
import { modbusTcpSimulator } from './modbus-tcp/simulator.ts';
import { necSerialSimulator } from './nec-serial/simulator.ts';
import { pcscSimulator } from './pcsc/simulator.ts';
import { pjlinkSimulator } from './pjlink/simulator.ts';
import { pms5003Simulator } from './pms5003/simulator.ts';
import { pn532Simulator } from './pn532/simulator.ts';
import { rdm6300Simulator } from './rdm6300/simulator.ts';
import { rl866Simulator } from './rl866/simulator.ts';
import { samsungMdcSimulator } from './samsung-mdc/simulator.ts';
import { scannerSerialSimulator } from './scanner-serial/simulator.ts';
import { sds011Simulator } from './sds011/simulator.ts';
import type { SimulatorDefinition } from './simulator.ts';
import { smartSerialSimulator } from './smart-serial/simulator.ts';
import { sps30Simulator } from './sps30/simulator.ts';
import { threem210Simulator } from './threem-210/simulator.ts';
import { uhfReader18Simulator } from './uhfreader18/simulator.ts';
import { viewsonicRs232Simulator } from './viewsonic-rs232/simulator.ts';
import { zkteco4370Simulator } from './zkteco-4370/simulator.ts';
import { zktecoPushSimulator } from './zkteco-push/simulator.ts';

export const simulators: readonly SimulatorDefinition[] = [
  rdm6300Simulator, //
  pn532Simulator,
  pms5003Simulator,
  mhz19Simulator,
  sds011Simulator,
  sps30Simulator,
  co2MiniSimulator,
  modbusRtuSimulator,
  modbusTcpSimulator,
  feigObidSimulator,
  rl866Simulator,
  threem210Simulator,
  uhfReader18Simulator,
  llrpSimulator,
  scannerSerialSimulator,
  hidPosScannerSimulator,
  hidKeyboardWedgeSimulator,
  pjlinkSimulator,
  samsungMdcSimulator,
  lgCommercialSimulator,
  viewsonicRs232Simulator,
  benqRs232Simulator,
  zktecoPushSimulator,
  zkteco4370Simulator,
  hikvisionIsapiSimulator,
  necSerialSimulator,
  smartSerialSimulator,
  escposSimulator,
  pcscSimulator,
  hostSimulator,
];

export function simulatorOf(kind: string): SimulatorDefinition | undefined {
  return simulators.find((simulator) => simulator.kind === kind);
}

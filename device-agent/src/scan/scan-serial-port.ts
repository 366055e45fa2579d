/** One serial port: whose it is, whether we may open it, what its USB numbers say, and what is heard there. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { isTramError } from '@tramhoc/protocol/errors';
import type { ScanPort } from '@tramhoc/protocol/scan';
import { parsePort } from '../transports/port-address.ts';
import { planProbes } from './plan-probes.ts';
import { probePort } from './probe-port.ts';
import type { ScanDeps, ScanWishes } from './scan.ts';
import { type FoundPort, realPath } from './serial-ports.ts';
import { slotAt } from './slot-at.ts';
import { knownByUsb, usbId } from './usb-numbers.ts';

const maxNote = 300;
const tooEarly = 'the search ended before it was asked everything; search again.';

export async function scanSerialPort(port: FoundPort, wishes: ScanWishes, deps: ScanDeps & { signal: AbortSignal }): Promise<ScanPort> {
  const about = aboutPort(port);
  const slot = slotAt([port.path, port.device], deps.slots);
  if (slot !== undefined) return { ...about, state: 'in-use', slot };
  const missing = await missingRight(port.device);
  if (missing !== undefined) return { ...about, state: 'no-right', note: missing };
  const known = knownByUsb(port, deps.definitions, (discovery) => discovery.usbSerial);
  if (known !== undefined) return { ...about, state: 'found', ...known };
  const rounds = planProbes(deps.definitions, {
    onRequest: wishes.modbus === true,
    listenOnly: wishes.listenOnly === true,
    oneOpening: parsePort(port.path)?.bus !== 'serial' || realPath(port.device)?.startsWith('/dev/pts/') === true,
  });
  try {
    const { find, strangeBytes } = await probePort(port.path, rounds, deps);
    if (find !== undefined) {
      const { kind, evidence, config } = find;
      return { ...about, state: 'found', kind, evidence: evidence.en, evidenceVi: evidence.vi, config: { ...config } };
    }
    if (deps.signal.aborted) return { ...about, state: 'silent', note: tooEarly };
    if (strangeBytes === 0) return { ...about, state: 'silent' };
    const speed = parsePort(port.path)?.bus === 'tcp' ? 'its device server' : 'the device';
    return { ...about, state: 'silent', note: `${strangeBytes} bytes came that no driver knows; ${speed} may be set to another speed.` };
  } catch (cause) {
    // the port has nothing to do with it
    if (deps.signal.aborted) return { ...about, state: 'silent', note: tooEarly };
    const text = isTramError(cause) ? cause.message : `${(cause as Error).message}; unplug it and plug it in again.`;
    return { ...about, state: /another program has it open/.test(text) ? 'in-use' : 'unavailable', note: text.slice(0, maxNote) };
  }
}

function aboutPort({
  path,
  name,
  vendorId,
  productId,
  serialNumber,
}: FoundPort): Pick<ScanPort, 'port' | 'name' | 'usbId' | 'serialNumber'> {
  return {
    port: path,
    ...(name === undefined ? {} : { name: name.slice(0, 120) }),
    ...(vendorId === undefined || productId === undefined ? {} : { usbId: usbId({ vendorId, productId }) }),
    ...(serialNumber === undefined ? {} : { serialNumber: serialNumber.slice(0, 120) }),
  };
}

/** What to do when this user may not open `device`; undefined when it may, or when that is not a question of rights. */
async function missingRight(device: string): Promise<string | undefined> {
  if (!device.startsWith('/')) return undefined;
  try {
    await access(device, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EACCES') return undefined;
    return `PERMISSION_MISSING: this user may not open ${device}; add the user to the group dialout (usermod -aG dialout <user>), then sign in again or restart the agent.`;
  }
}

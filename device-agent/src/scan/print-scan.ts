/** A scan as lines for a person with a terminal. */
import type { ScanPort } from '@tramhoc/protocol/scan';

/** One block a port: what it is, then what is in the way or how it was recognised. `titleOf`: the driver's name in words. */
export function scanLines(port: ScanPort, titleOf: (kind: string) => string | undefined): string[] {
  const { state, kind, slot, evidence, note, config, name, usbId } = port;
  const plugged = [name, usbId].filter((each) => each !== undefined).join(', ');
  const first = plugged === '' ? port.port : `${port.port}  (${plugged})`;
  const lines: string[] = [first];
  const driver = kind === undefined ? '' : `${kind}: ${titleOf(kind) ?? 'unknown driver'}`;
  switch (state) {
    case 'found':
      lines.push(`  found      ${driver}`, `  because    ${evidence ?? ''}`);
      break;
    case 'silent':
      // with a note it was not silent, or not asked to the end
      lines.push(`  unknown    nothing that a driver knows${note === undefined ? '; a card reader is heard while a card lies on it' : ''}`);
      break;
    case 'in-use':
      lines.push(slot === undefined ? '  in use     by another program; left alone' : `  in use     by slot ${slot}; left alone`);
      break;
    case 'no-right':
      lines.push(`  no right   ${driver === '' ? 'this port may not be opened' : `${driver}, but it may not be opened`}`);
      break;
    case 'unavailable':
      lines.push('  not open   it cannot be opened');
      break;
    default:
      state satisfies never;
  }
  if (config !== undefined && Object.keys(config).length > 0) lines.push(`  settings   ${JSON.stringify(config)}`);
  if (note !== undefined && !(state === 'in-use' && slot === undefined)) lines.push(`  do         ${note}`);
  return lines;
}

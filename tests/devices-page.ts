/** docs/devices.md, made from the registry of drivers and the first words of their READMEs. Written by `npm run docs`. */
import type { AnyAdapter } from '@tramhoc/broker/adapters/adapter';
import type { Discovery } from '@tramhoc/device-agent/drivers/discovery';
import type { AnyDriverDefinition, SerialSettings } from '@tramhoc/device-agent/drivers/driver';
import { waysOf } from '@tramhoc/device-agent/simulated-ways';
import { capabilityText } from '@tramhoc/protocol/capability';
import { deviceFaultCodes, deviceFaultTexts } from '@tramhoc/protocol/device-fault';
import { examplePorts, type Subject } from './driver-conformance/rig.ts';
import type { Tree } from './tree-files.ts';

export const devicesPath = 'docs/devices.md';

/** `adapters`: what the site's broker takes from third-party sensors. */
export function devicesPage(subjects: readonly Subject[], tree: Tree, adapters: readonly AnyAdapter[]): string {
  const onlyInTests = subjects.map(({ definition: { kind } }) => kind).filter((kind) => waysOf(kind).length === 0);
  return [
    '# Devices',
    '',
    'What can be plugged in. This page is made from the drivers themselves by `npm run docs`; a test holds it up to date. Another device is one folder and',
    'two lines: [Add a device](add-a-device.md).',
    '',
    `${subjects.length} drivers. To see what is plugged into a computer: \`./tramhoc agent scan\`. To work without the device: \`./tramhoc agent simulate <kind> --help\`.`,
    `What hangs on the computer itself is simulated only in tests: ${onlyInTests.map((kind) => `\`${kind}\``).join(', ')}.`,
    '',
    '## Drivers',
    '',
    ...table(['kind', 'device', 'wires', 'can', 'found by'], subjects.map(driverRow)),
    '',
    '"Found by" is what the scan goes by: USB numbers, listening, a question that only reads, or a search (on the network, or of a service of the computer). Where it says "by hand", the',
    'port is entered in the console.',
    '',
    ...adapterLines(adapters),
    ...faultLines(),
    '## Which models',
    '',
    ...subjects.flatMap(({ definition }) => [`### ${definition.kind}`, '', modelsOf(definition.kind, tree), '']),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function adapterLines(adapters: readonly AnyAdapter[]): string[] {
  return [
    '## Sensors that speak MQTT themselves',
    '',
    'The broker of a site takes them in on a listener of its own; each gateway has its own name and password ([broker](../broker/README.md)). Their values become',
    'ordinary readings.',
    '',
    ...table(
      ['kind', 'what', 'publishes, with the settings of its maker'],
      adapters.map(({ kind, title, optionsSchema, topics }) => [
        `[\`${kind}\`](../broker/src/adapters/${kind}/README.md)`,
        `${title.en} · ${title.vi}`,
        topics(optionsSchema.parse({}))
          .publish.map((topic) => `\`${topic}\``)
          .join(', '),
      ]),
    ),
    '',
  ];
}

function faultLines(): string[] {
  return [
    '## Faults that devices tell',
    '',
    'A driver that "reports its faults" says all that is wrong with its device; what comes and what goes becomes an event (`vn.tramhoc.asset.fault.v1`), and the',
    "device's page in the console shows it with what to do. A device that cannot be reached is no such fault: its slot says so. All codes: [errors](errors.md#hardware).",
    '',
    ...table(
      ['code', 'what', 'what to do'],
      deviceFaultCodes.map((code) => {
        const { en, vi } = deviceFaultTexts[code];
        return [`\`${code}\``, `${en.title} · ${vi.title}`, en.whatToDo];
      }),
    ),
    '',
  ];
}

function driverRow({ definition, conformance }: Subject): string[] {
  const { kind, title, capabilities, discovery } = definition;
  return [
    `[\`${kind}\`](../device-agent/src/drivers/${kind}/README.md)`,
    `${title.en} · ${title.vi}`,
    conformance.buses
      .map((bus) => (bus === 'serial' ? `serial ${settingsOf({ definition, conformance })}` : (busNames[bus] ?? bus)))
      .join(', '),
    capabilities.map((capability) => capabilityText(capability, 'en')).join('; '),
    discovery === undefined ? 'by hand' : foundBy(discovery).join('; '),
  ];
}

const busNames: Readonly<Record<string, string>> = {
  tcp: 'TCP',
  udp: 'UDP',
  'http-in': 'HTTP (the device calls)',
  hid: 'USB HID',
  file: 'USB printer',
  pcsc: 'USB, by PC/SC',
  host: 'the computer itself',
};

/** As configured by default. */
function settingsOf({ definition, conformance }: Subject): string {
  const at = conformance.buses.indexOf('serial');
  const port = examplePorts[conformance.buses[at]!];
  return settingsText(definition.link((definition as AnyDriverDefinition).configSchema.parse({ port })).serial);
}

function settingsText({ baudRate, dataBits, parity, stopBits }: SerialSettings): string {
  return `${baudRate} ${dataBits}${parity[0]!.toUpperCase()}${stopBits}`;
}

function foundBy({ usbSerial, usbHid, hidUsage, serial = [], search }: Discovery): string[] {
  const usb = [...(usbSerial ?? []), ...(usbHid ?? [])].map(({ vendorId, productId }) =>
    [vendorId, productId].map((number) => (number === undefined ? '*' : number.toString(16).padStart(4, '0'))).join(':'),
  );
  const speeds = (probes: typeof serial): string => [...new Set(probes.map((probe) => settingsText(probe.serial)))].join(', ');
  const listening = serial.filter(({ ask, onNetwork }) => ask === undefined && onNetwork !== true);
  const asking = serial.filter(({ ask }) => ask !== undefined);
  return [
    ...(usb.length > 0 ? [`USB ${usb.join(', ')}`] : []),
    ...(hidUsage === undefined ? [] : [`USB usage page ${hidUsage.page.toString(16).toUpperCase()}`]),
    ...(listening.length > 0 ? [`listening at ${speeds(listening)}`] : []),
    ...(asking.length > 0 ? [`a question at ${speeds(asking)}${asking[0]!.onlyOnRequest === true ? ', only with `--modbus`' : ''}`] : []),
    ...(search === undefined ? [] : ['a search']),
    ...(serial.some(({ onNetwork }) => onNetwork === true) ? ['its greeting at an address that is given (`--port`)'] : []),
  ];
}

/** The words before the first table or list of `## Device`. */
function modelsOf(kind: string, tree: Tree): string {
  const path = `device-agent/src/drivers/${kind}/README.md`;
  const section = /^## Device\n([\s\S]*?)(?=^## )/m.exec(tree.get(path) ?? '')?.[1]?.trim() ?? '';
  const [words = ''] = section.split(/\n\n(?=[|\-#])|\n(?=\|)/);
  // links of the README go from its own folder
  const rebased = words.replace(/\]\((\.\.?\/[^)]+)\)/g, (_, target: string) => `](${rebase(kind, target)})`);
  return rebased
    .replace(/\n(?!\n)/g, ' ')
    .replace(/\n /g, '\n\n')
    .trim();
}

function rebase(kind: string, target: string): string {
  const parts = `../device-agent/src/drivers/${kind}/${target}`.split('/');
  const kept: string[] = [];
  for (const part of parts) {
    if (part === '.') continue;
    if (part === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else kept.push(part);
  }
  return kept.join('/');
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)];
}

/** Gateways of a site: tramhoc site gateway add|new-password|remove|list|simulate ... */
import { readFileSync } from 'node:fs';
import { systemClock } from '@tramhoc/base/clock';
import { runProgram, typedNumber, wrongWords } from '@tramhoc/base/command-line';
import { systemRandom } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import { adapters } from './adapters/registry.ts';
import { simulators } from './adapters/simulators.ts';
import { type Access, addGateway, listGateways, removeGateway, renewPassword } from './gateways/config-file.ts';
import { startGadget } from './gateways/simulate.ts';

const kinds = adapters.map(({ kind, title }) => `  ${kind.padEnd(26)}${title.en} / ${title.vi}`).join('\n');
const usage = `usage: tramhoc site gateway add|new-password|remove|list|simulate ...

  tramhoc site gateway add --config <broker.json> --name <name> --adapter <kind> [--user <user>] [--topic <topic>]...
  tramhoc site gateway new-password --config <broker.json> --name <name>
  tramhoc site gateway remove --config <broker.json> --name <name>
  tramhoc site gateway list --config <broker.json>
  tramhoc site gateway simulate --adapter <kind> --url mqtt://<host>:1883 --user <user> --password <password>
                                [--name <name>] [--every <seconds>] [--ca <root.pem>]

kinds of gateways / các loại cổng:
${kinds}
`;

const text = { type: 'string' } as const;
const options = {
  ...{ config: text, name: text, adapter: text, user: text, url: text, password: text, every: text, ca: text },
  topic: { type: 'string', multiple: true },
} as const;

type Values = { [name in Exclude<keyof typeof options, 'topic'>]?: string | undefined } & { topic?: string[] | undefined };

function wanted(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw wrongWords(`--${name} is missing`, usage);
  return value;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function sayPassword({ user, password, host, port }: Access): void {
  const everywhere = host === '0.0.0.0' || host === '::';
  say(`host / máy chủ:       ${everywhere ? 'the address of this computer / địa chỉ máy này' : host}`);
  say(`port / cổng:          ${port}`);
  say(`user / tên:           ${user}`);
  say(`password / mật khẩu:  ${password}`);
  say('The password is shown once. Type it into the MQTT settings of the gateway, then restart the broker.');
  say('Mật khẩu chỉ hiện một lần. Nhập vào phần MQTT của thiết bị, rồi khởi động lại máy chủ điểm.');
}

async function simulate(values: Values): Promise<void> {
  const kind = wanted(values.adapter, 'adapter');
  const simulator = simulators.find((one) => one.kind === kind);
  if (simulator === undefined) throw wrongWords(`there is no simulated ${kind}; --help lists the kinds`, usage);
  const everyS = typedNumber('every', values.every ?? '10', { min: 0.1, max: 3_600, whole: false });
  const url = wanted(values.url, 'url');
  if (!/^mqtts?:\/\/[^/]/.test(url) || !URL.canParse(url))
    throw wrongWords(`--url ${url}: write mqtt://<host>:<port>, or mqtts:// with --ca`, usage);
  const gadget = await startGadget(simulator, {
    ...{ url, user: wanted(values.user, 'user'), password: wanted(values.password, 'password') },
    ...(values.ca === undefined ? {} : { caPem: pemOf(values.ca) }),
    ...{ name: values.name ?? 'phong-may', everyMs: everyS * 1_000, clock: systemClock() },
  });
  say(JSON.stringify({ ready: true, simulated: kind, url: values.url }));
  let stopping = false;
  const stop = (): void => {
    stopping = true;
    void gadget.close();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await gadget.link.ended;
  if (!stopping) throw new TramError('LINK_CLOSED', 'the broker ended the connection; its log says why.');
}

function pemOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TramError('INPUT_INVALID', `--ca ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

const commands: Readonly<Record<string, (values: Values) => Promise<void> | void>> = {
  simulate,
  list({ config }) {
    const path = wanted(config, 'config');
    const gateways = listGateways(path);
    for (const gateway of gateways) say(JSON.stringify(gateway));
    if (gateways.length === 0) process.stderr.write(`${path} has no gateways; add one with: tramhoc site gateway add\n`);
  },
  remove({ config, name }) {
    removeGateway(wanted(config, 'config'), wanted(name, 'name'));
    say('removed; restart the broker / đã bỏ; khởi động lại máy chủ điểm');
  },
  'new-password': async ({ config, name }) =>
    sayPassword(await renewPassword(wanted(config, 'config'), wanted(name, 'name'), systemRandom())),
  async add({ config, name, adapter, user, topic: topics = [] }) {
    const gateway = { name: wanted(name, 'name'), adapter: wanted(adapter, 'adapter'), topics };
    sayPassword(await addGateway(wanted(config, 'config'), { ...gateway, ...(user === undefined ? {} : { user }) }, systemRandom()));
  },
};

await runProgram({ usage, options, words: true }, async ({ values, positionals: [name, ...more] }) => {
  if (name === undefined) {
    say(usage.trimEnd());
    return;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined || more.length > 0)
    throw wrongWords(`there is no command ${[name, ...more].join(' ')}; --help lists them`, usage);
  await command(values);
});

/** Gateways of a site: `node broker/src/gateway-main.ts add|new-password|remove|list|simulate ...`, or `tramhoc site gateway ...`. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { systemClock } from '@tramhoc/base/clock';
import { systemRandom } from '@tramhoc/base/random';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { adapters } from './adapters/registry.ts';
import { simulators } from './adapters/simulators.ts';
import { addGateway, listGateways, removeGateway, renewPassword } from './gateways/config-file.ts';
import { startGadget } from './gateways/simulate.ts';

const kinds = adapters.map(({ kind, title }) => `  ${kind.padEnd(26)}${title.en} / ${title.vi}`).join('\n');
const usage = `usage: gateway add --config <broker.json> --name <name> --adapter <kind> [--user <user>] [--topic <topic>]...
       gateway new-password --config <broker.json> --name <name>
       gateway remove --config <broker.json> --name <name>
       gateway list --config <broker.json>
       gateway simulate --adapter <kind> --url mqtt://<host>:1883 --user <user> --password <password> [--name <name>] [--every <seconds>] [--ca <root.pem>]

kinds of gateways / các loại cổng:
${kinds}
`;

const text = { type: 'string' } as const;
const options = {
  ...{ config: text, name: text, adapter: text, user: text, url: text, password: text, every: text, ca: text },
  topic: { type: 'string', multiple: true },
  help: { type: 'boolean' },
} as const;

function wanted(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new TramError('INPUT_INVALID', `--${name} is missing.\n${usage}`);
  return value;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function sayPassword({ user, password }: { user: string; password: string }): void {
  say(`user / tên:           ${user}`);
  say(`password / mật khẩu:  ${password}`);
  say('The password is shown once. Type it into the MQTT settings of the gateway, then restart the broker.');
  say('Mật khẩu chỉ hiện một lần. Nhập vào phần MQTT của thiết bị, rồi khởi động lại máy chủ điểm.');
}

async function simulate(values: ReturnType<typeof parse>['values']): Promise<void> {
  const kind = wanted(values.adapter, 'adapter');
  const simulator = simulators.find((one) => one.kind === kind);
  if (simulator === undefined) throw new TramError('INPUT_INVALID', `there is no simulated ${kind}.\n${usage}`);
  const everyS = Number(values.every ?? 10);
  if (!(everyS >= 0.1 && everyS <= 3_600)) throw new TramError('INPUT_INVALID', '--every wants seconds, from 0.1 to 3600.');
  const gadget = await startGadget(simulator, {
    ...{ url: wanted(values.url, 'url'), user: wanted(values.user, 'user'), password: wanted(values.password, 'password') },
    ...(values.ca === undefined ? {} : { caPem: readFileSync(values.ca, 'utf8') }),
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

async function run(): Promise<void> {
  const { values, positionals } = parse();
  const [command] = positionals;
  if (values.help === true || command === undefined) {
    say(usage);
    return;
  }
  if (command === 'simulate') {
    await simulate(values);
    return;
  }
  const path = wanted(values.config, 'config');
  if (command === 'list') for (const gateway of listGateways(path)) say(JSON.stringify(gateway));
  else if (command === 'remove') {
    removeGateway(path, wanted(values.name, 'name'));
    say('removed; restart the broker / đã bỏ; khởi động lại máy chủ điểm');
  } else if (command === 'new-password') sayPassword(await renewPassword(path, wanted(values.name, 'name'), systemRandom()));
  else if (command === 'add') {
    const gateway = { name: wanted(values.name, 'name'), adapter: wanted(values.adapter, 'adapter'), topics: values.topic ?? [] };
    sayPassword(await addGateway(path, { ...gateway, ...(values.user === undefined ? {} : { user: values.user }) }, systemRandom()));
  } else throw new TramError('INPUT_INVALID', `there is no command ${command}.\n${usage}`);
}

function parse() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (cause) {
    throw new TramError('INPUT_INVALID', `${(cause as Error).message}\n${usage}`, { cause });
  }
}

run().catch((error: unknown) => {
  process.stderr.write(isTramError(error) ? `${error.code}: ${error.message}\n` : `INTERNAL: ${(error as Error).stack}\n`);
  process.exitCode = 1;
});

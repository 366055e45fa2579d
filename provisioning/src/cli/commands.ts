/** The commands of local administration: what each takes, and which address of the API it asks. */
import { readFileSync } from 'node:fs';
import { typedNumber } from '@tramhoc/base/command-line';
import { TramError } from '@tramhoc/protocol/errors';
import type { z } from 'zod';
import { type PendingEnrolment, routes, type TwinView } from '../api/contract.ts';
import type { LocalCall } from './local-client.ts';
import { PasswordResetDone, passwordResetPath } from './local-contract.ts';

export type Options = Readonly<
  Record<'site' | 'name' | 'broker-host' | 'broker-port' | 'fingerprint' | 'reason' | 'user', string | undefined>
>;
export type Input = {
  words: readonly string[];
  options: Options;
  ask: (call: LocalCall) => Promise<unknown>;
  /** Asks the person; undefined when nobody sits there. */
  confirm: ((question: string) => Promise<boolean>) | undefined;
};
export type Command = {
  usage: string;
  /** How many words follow its name at most. */
  words: number;
  run(input: Input): Promise<unknown>;
};

const path = (route: { path: string }, params: Record<string, string> = {}): string =>
  route.path.replace(/:([A-Za-z]+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));

export const commands: Readonly<Record<string, Command>> = {
  'create-site': {
    usage: 'create-site <siteId> --name <name> --broker-host <host> [--broker-port 8883]',
    words: 1,
    run: ({ words, options, ask }) =>
      ask({
        method: 'POST',
        path: path(routes.createSite),
        body: {
          ...{ siteId: word(words, 0, 'siteId'), name: need(options, 'name'), brokerHost: need(options, 'broker-host') },
          brokerPort: typedNumber('broker-port', options['broker-port'] ?? '8883', { max: 65_535 }),
        },
      }),
  },
  'renew-claim': {
    usage: 'renew-claim <siteId>',
    words: 1,
    run: ({ words, ask }) => ask({ method: 'POST', path: path(routes.renewSiteClaim, { siteId: word(words, 0, 'siteId') }) }),
  },
  'list-sites': { usage: 'list-sites', words: 0, run: ({ ask }) => ask({ method: 'GET', path: path(routes.listSites) }) },
  'list-devices': {
    usage: 'list-devices [--site <siteId>]',
    words: 0,
    run: listDevices,
  },
  'list-enrolments': { usage: 'list-enrolments', words: 0, run: ({ ask }) => ask({ method: 'GET', path: path(routes.listEnrolments) }) },
  approve: {
    usage: 'approve <code> --site <siteId> --name <name> [--fingerprint <as the device shows it>]   (needed where nobody can be asked)',
    words: 1,
    run: approve,
  },
  'set-desired': {
    usage: 'set-desired <deviceId> <file.json>   (the file holds {"drivers": {...}})',
    words: 2,
    run: setDesired,
  },
  'import-cards': {
    usage: 'import-cards <siteId> <file.csv>',
    words: 2,
    run: ({ words, ask }) =>
      ask({
        method: 'POST',
        path: path(routes.importCards, { siteId: word(words, 0, 'siteId') }),
        csv: fileOf(word(words, 1, 'file.csv')),
      }),
  },
  revoke: {
    usage: 'revoke <deviceId> --reason <text>',
    words: 1,
    run: ({ words, options, ask }) =>
      ask({
        method: 'POST',
        path: path(routes.revokeDevice, { deviceId: word(words, 0, 'deviceId') }),
        body: { reason: need(options, 'reason') },
      }),
  },
  'reset-password': {
    usage: 'reset-password [--user admin]',
    words: 0,
    run: async ({ options, ask }) =>
      PasswordResetDone.parse(await ask({ method: 'POST', path: passwordResetPath, body: { userName: options.user ?? 'admin' } })),
  },
};

/** A site that is not there has no devices, which is not what was asked. */
async function listDevices({ options: { site }, ask }: Input): Promise<unknown> {
  if (site === undefined) return await ask({ method: 'GET', path: path(routes.listDevices) });
  const { sites } = (await ask({ method: 'GET', path: path(routes.listSites) })) as { sites: { siteId: string }[] };
  if (!sites.some(({ siteId }) => siteId === site)) throw new TramError('NOT_FOUND', `there is no site ${site}; list-sites names them.`);
  return await ask({ method: 'GET', path: `${path(routes.listDevices)}?site=${encodeURIComponent(site)}` });
}

/** The fingerprint is compared by a person: given on the command line, or read aloud from the device and confirmed here. */
async function approve({ words, options, ask, confirm }: Input): Promise<unknown> {
  const code = word(words, 0, 'code');
  const site = need(options, 'site');
  const name = need(options, 'name');
  const found = (await ask({ method: 'POST', path: path(routes.lookupEnrolment), body: { code } })) as PendingEnrolment;
  let { fingerprint } = options;
  if (fingerprint === undefined) {
    if (confirm === undefined) throw usage('nobody can be asked here: give --fingerprint as the device shows it.');
    if (!(await confirm(`${found.name}, ${found.model}, ${found.serial}\nThe device must show  ${found.fingerprint}  Does it? [y/N] `)))
      throw new TramError(
        'ENROL_KEY_MISMATCH',
        'not approved. If the fingerprints differ, deny the device and tell your security contact.',
      );
    fingerprint = found.fingerprint;
  }
  return await ask({
    method: 'POST',
    path: path(routes.approveEnrolment, { enrolmentId: found.enrolmentId }),
    body: { siteId: site, name, fingerprint },
  });
}

async function setDesired({ words, ask }: Input): Promise<unknown> {
  const deviceId = word(words, 0, 'deviceId');
  const file = word(words, 1, 'file.json');
  const text = fileOf(file).toString('utf8');
  let desired: unknown;
  try {
    desired = JSON.parse(text);
  } catch (cause) {
    throw new TramError('INPUT_INVALID', `${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const { twinView } = (await ask({ method: 'GET', path: path(routes.getDevice, { deviceId }) })) as { twinView: z.infer<typeof TwinView> };
  return await ask({ method: 'PUT', path: path(routes.setDesired, { deviceId }), body: { ifVersion: twinView.desiredVersion, desired } });
}

function fileOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new TramError('INPUT_INVALID', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function word(words: readonly string[], at: number, what: string): string {
  const found = words[at];
  if (found === undefined) throw usage(`<${what}> is missing.`);
  return found;
}

function need(options: Options, name: keyof Options): string {
  const found = options[name];
  if (found === undefined) throw usage(`--${name} is missing.`);
  return found;
}

function usage(message: string): TramError {
  return new TramError('INPUT_INVALID', message);
}

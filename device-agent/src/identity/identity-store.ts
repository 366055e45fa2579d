/**
 * What makes this device itself, in `<dataDir>/identity/`, every file 0600 and replaced whole:
 *   key.json        the private key, made once; it outlives codes and renewals, so the fingerprint that IT compared stays
 *   grant.json      what the centre told after approval: who we are, which broker, the card key
 *   identity.json   key and certificate in use; next/identity.json: a renewed certificate that has not connected yet
 *   revoked.json    the broker refused us for good
 */
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { asFileFault, readConfig, writeFileAtomic } from '@tramhoc/base/config';
import { type Identity, loadIdentity, newKey, saveIdentity } from '@tramhoc/base/identity';
import { EnrolmentGrant } from '@tramhoc/protocol/enrolment';
import { z } from 'zod';

export type IdentityStore = {
  /** Made at the first call and kept. */
  keyPem(): string;
  grant(): EnrolmentGrant | undefined;
  saveGrant(grant: EnrolmentGrant): void;
  dropGrant(): void;
  identity(): Identity | undefined;
  saveIdentity(identity: Identity): void;
  /** Renewed and not yet connected with. */
  next(): Identity | undefined;
  saveNext(identity: Identity): void;
  /** It connected: from now on it is the identity. */
  promoteNext(): void;
  dropNext(): void;
  revoked(): boolean;
  setRevoked(revoked: boolean): void;
  /** Forgets key, grant and certificates: the device starts as a stranger. */
  reset(): void;
};

const Key = z.object({ keyPem: z.string() });

/** Throws CONFIG_INVALID when a file is damaged, PERMISSION_MISSING, DISK_FULL, DISK_FAILED. */
export function openIdentityStore(dataDir: string): IdentityStore {
  const folder = join(dataDir, 'identity');
  const nextFolder = join(folder, 'next');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  } catch (cause) {
    throw asFileFault(cause, folder);
  }
  const path = (name: string): string => join(folder, `${name}.json`);
  const save = (name: string, value: unknown): void => writeFileAtomic(path(name), `${JSON.stringify(value)}\n`, { mode: 0o600 });
  const drop = (name: string): void => rmSync(path(name), { force: true });
  const dropNext = (): void => rmSync(nextFolder, { recursive: true, force: true });
  return {
    keyPem() {
      if (existsSync(path('key'))) return readConfig(path('key'), Key).keyPem;
      const { keyPem } = newKey();
      save('key', { keyPem });
      return keyPem;
    },
    grant: () => (existsSync(path('grant')) ? readConfig(path('grant'), EnrolmentGrant) : undefined),
    saveGrant: (grant) => save('grant', grant),
    dropGrant: () => drop('grant'),
    identity: () => loadIdentity(folder),
    saveIdentity: (identity) => saveIdentity(folder, identity),
    next: () => loadIdentity(nextFolder),
    saveNext: (identity) => saveIdentity(nextFolder, identity),
    promoteNext() {
      const next = loadIdentity(nextFolder);
      if (next !== undefined) saveIdentity(folder, next);
      dropNext();
    },
    dropNext,
    revoked: () => existsSync(path('revoked')),
    setRevoked(revoked) {
      if (revoked) save('revoked', { revoked });
      else drop('revoked');
    },
    reset() {
      // the certificate goes first: a crash in between leaves a device that asks for a code, not one that half exists
      drop('identity');
      dropNext();
      drop('grant');
      drop('revoked');
      drop('key');
    },
  };
}

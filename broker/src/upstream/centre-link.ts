/** The way to the centre with the broker's certificate; the certificate may change underneath. */
import { type Centre, type CentreClient, centreClient, type Identity } from '@tramhoc/base/identity';

export type CentreLink = {
  request: CentreClient['request'];
  /** For EST, which wants a client of its own kind. */
  client(): CentreClient;
  replaceIdentity(identity: Identity): void;
  close(): Promise<void>;
};

/** Requests that run on the old certificate are left to end by themselves for this long: one long poll. */
export function openCentreLink(centre: Centre, identity: Identity, { onReplaced }: { onReplaced(old: CentreClient): void }): CentreLink {
  let client = centreClient(centre, identity);
  return {
    request: (options) => client.request(options),
    client: () => client,
    replaceIdentity(next) {
      const old = client;
      client = centreClient(centre, next);
      onReplaced(old);
    },
    close: () => client.close(),
  };
}

/** The cable of a simulated device that calls us: at most one link, requests written to no link are never answered. */
import type { Duplex } from 'node:stream';
import type { Clock } from '@tramhoc/base/clock';
import type { HttpAnswer, HttpRequest } from '../transports/http-in.ts';

export type Asked = Partial<Pick<HttpRequest, 'query' | 'headers' | 'body'>> & Pick<HttpRequest, 'method' | 'path'>;
export type ClientCable = {
  plug(link: Duplex): void;
  unplug(): void;
  /** undefined when no answer came in time. A real network says so with status 0. */
  ask(asked: Asked): Promise<HttpAnswer | undefined>;
};

/** What terminals wait for an answer. */
const answerWithinMs = 10_000;

/** `life` runs while a link is plugged in, anew for each; its `signal` ends it. What it throws after that is nobody's. */
export function clientCable({ clock, life }: { clock: Clock; life(signal: AbortSignal): Promise<void> }): ClientCable {
  let current: { link: Duplex; ended: AbortController } | undefined;
  const unplug = (): void => {
    if (current === undefined) return;
    const { link, ended } = current;
    current = undefined;
    ended.abort(new Error('unplugged'));
    link.on('error', () => undefined);
    link.destroy();
  };
  return {
    plug(link) {
      unplug();
      const ended = new AbortController();
      current = { link, ended };
      link.on('error', () => undefined);
      link.once('close', () => {
        if (current?.link === link) unplug();
      });
      link.resume();
      life(ended.signal).catch((cause: unknown) => {
        if (!ended.signal.aborted) link.destroy(cause as Error);
      });
    },
    unplug,
    ask({ query = {}, headers = {}, body = new Uint8Array(), ...asked }) {
      if (current === undefined) return Promise.resolve(undefined);
      const { link, ended } = current;
      const { promise, resolve } = Promise.withResolvers<HttpAnswer | undefined>();
      const settle = (answer: HttpAnswer | undefined): void => {
        late.cancel();
        ended.signal.removeEventListener('abort', gone);
        resolve(answer);
      };
      const gone = (): void => settle(undefined);
      const late = clock.after(answerWithinMs, gone);
      ended.signal.addEventListener('abort', gone, { once: true });
      const request: HttpRequest = { ...asked, query, headers, body, respond: settle };
      if (link.writable) link.write(request);
      return promise;
    },
  };
}

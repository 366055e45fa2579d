/** Calls of the console's API: path and query from the contract, the answer checked by its schema before anything believes it. */
import type { z } from 'zod';
import { Problem, routes } from '../../api/contract.ts';
import type { PageClock } from '../page-clock.ts';

export type RouteName = keyof typeof routes;
type Route<Name extends RouteName> = (typeof routes)[Name];
export type Answer<Name extends RouteName> = z.infer<Route<Name>['answer']>;
type BodyOf<R> = R extends { body: infer B extends z.ZodType } ? { body: z.input<B> } : R extends { csv: true } ? { csv: string } : object;
type QueryOf<R> = R extends { query: infer Q extends z.ZodType } ? { query: z.input<Q> } : object;
type NamesIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | NamesIn<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;
type ParamsOf<R extends { path: string }> = [NamesIn<R['path']>] extends [never] ? object : { params: Record<NamesIn<R['path']>, string> };
export type Request<Name extends RouteName> = BodyOf<Route<Name>> & QueryOf<Route<Name>> & ParamsOf<Route<Name>> & { signal?: AbortSignal };

/** What went wrong, for the screen: a problem the centre told us, no connection, no answer in time, or one this version does not understand. */
export type Fault =
  | { kind: 'problem'; problem: Problem }
  | { kind: 'network' }
  | { kind: 'silent' }
  | { kind: 'unreadable'; status: number };
export class AskError extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.kind === 'problem' ? fault.problem.detail : fault.kind);
    this.name = 'AskError';
    this.fault = fault;
  }
}
export const faultOf = (error: unknown): Fault => (error instanceof AskError ? error.fault : { kind: 'unreadable', status: 0 });

export type Api = { ask<Name extends RouteName>(name: Name, request: Request<Name>): Promise<Answer<Name>> };
export type ApiDeps = {
  clock: PageClock;
  fetch: typeof fetch;
  /** The centre no longer knows who we are, or wants a new password first. */
  onSession(code: 'NOT_SIGNED_IN' | 'PASSWORD_CHANGE_REQUIRED'): void;
};

/** A busy centre answers within some seconds; a list of cards also has to get there. */
const answerWithinMs = 15_000;
const listWithinMs = 120_000;

type Loose = { params?: Record<string, string>; query?: Record<string, unknown>; body?: unknown; csv?: string; signal?: AbortSignal };

export function createApi({ clock, fetch, onSession }: ApiDeps): Api {
  const inTime = async <Value>(
    withinMs: number,
    signal: AbortSignal | undefined,
    call: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> => {
    const either = new AbortController();
    const stop = (): void => either.abort(signal?.reason);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted === true) stop();
    const timer = clock.after(withinMs, stop);
    try {
      return await call(either.signal);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new AskError({ kind: either.signal.aborted ? 'silent' : 'network' });
    } finally {
      timer.cancel();
      signal?.removeEventListener('abort', stop);
    }
  };
  return {
    async ask(name, request) {
      const route = routes[name];
      const { signal, ...rest } = request as Loose;
      const call = requestOf(route, rest);
      const { response, content } = await inTime(rest.csv === undefined ? answerWithinMs : listWithinMs, signal, async (either) => {
        const response = await fetch(call.url, { ...call.init, signal: either });
        const content: unknown = await response.json().catch((error: unknown) => {
          if (either.aborted) throw error;
        });
        return { response, content };
      });
      if (response.ok) {
        const answer = route.answer.safeParse(content ?? {});
        if (!answer.success) throw new AskError({ kind: 'unreadable', status: response.status });
        return answer.data as Answer<typeof name>;
      }
      const problem = Problem.safeParse(content);
      if (!problem.success)
        throw new AskError(isGateway(response.status) ? { kind: 'network' } : { kind: 'unreadable', status: response.status });
      const { code } = problem.data;
      if (code === 'NOT_SIGNED_IN' || code === 'PASSWORD_CHANGE_REQUIRED') onSession(code);
      throw new AskError({ kind: 'problem', problem: problem.data });
    },
  };
}

/** A proxy answers these while the centre starts again. */
const isGateway = (status: number): boolean => status === 502 || status === 503 || status === 504;

/** Address and options of a call: path parameters filled in, empty query values left out. Exported for its test. */
export function requestOf(
  route: { method: string; path: string },
  { params = {}, query = {}, body, csv }: Loose,
): { url: string; init: RequestInit } {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined && value !== '') search.set(key, String(value));
  const text = search.toString();
  const content = csv ?? (body === undefined ? undefined : JSON.stringify(body));
  return {
    url: text === '' ? path : `${path}?${text}`,
    init: {
      method: route.method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(content !== undefined && { 'content-type': csv === undefined ? 'application/json' : 'text/csv; charset=utf-8' }),
      },
      ...(content !== undefined && { body: content }),
    },
  };
}

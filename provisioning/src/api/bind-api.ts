/** Puts the table of routes on a listener: every address of the contract has exactly one handler, checked by the compiler. */

import { TramError } from '@tramhoc/protocol/errors';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Principal } from '../access/principal.ts';
import type { Actor } from '../audit/audit-log.ts';
import { routes } from './contract.ts';

/** A card list of 20,000 lines of about 100 bytes, twice over. */
export const maxCsvBytes = 4 * 1024 * 1024;

const paramSchemas = { siteId: SiteId, deviceId: DeviceId, enrolmentId: z.string().max(80), tokenId: z.string().max(80) };
type ParamName = keyof typeof paramSchemas;
export type RouteName = keyof typeof routes;
type Route<K extends RouteName> = (typeof routes)[K];
type ParamsIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamsIn<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;
type ParamsOf<K extends RouteName> = { [Name in Extract<ParamsIn<Route<K>['path']>, ParamName>]: z.output<(typeof paramSchemas)[Name]> };
type BodyOf<K extends RouteName> =
  Route<K> extends { body: infer Body extends z.ZodType } ? z.output<Body> : Route<K> extends { csv: true } ? Uint8Array : undefined;
type QueryOf<K extends RouteName> = Route<K> extends { query: infer Query extends z.ZodType } ? z.output<Query> : Record<string, never>;

export type Call<K extends RouteName> = {
  params: ParamsOf<K>;
  query: QueryOf<K>;
  body: BodyOf<K>;
  /** Undefined only on routes that are open. */
  who: Principal | undefined;
  by: Actor;
  /** Gives the browser a session, or takes it away. */
  setSession(secret: string | undefined): void;
};
export type Answer<K extends RouteName> = z.output<Route<K>['answer']>;
export type Handlers = { [K in RouteName]: (call: Call<K>) => Answer<K> | Promise<Answer<K>> };

export type Access = {
  /** Throws NOT_SIGNED_IN, PASSWORD_CHANGE_REQUIRED, NOT_ALLOWED. `watching`: the session goes on becoming idle. */
  authenticate(request: FastifyRequest, route: { open: boolean; session: boolean; watching?: boolean }): Principal | undefined;
  setSession(reply: FastifyReply, secret: string | undefined): void;
};

export function bindApi(app: FastifyInstance, handlers: Handlers, access: Access): void {
  app.addContentTypeParser(['text/csv', 'text/plain'], { parseAs: 'buffer', bodyLimit: maxCsvBytes }, (_request, body, done) =>
    done(null, body),
  );
  for (const name of Object.keys(routes) as RouteName[]) bindRoute(app, name, handlers, access);
}

function bindRoute(app: FastifyInstance, name: RouteName, handlers: Handlers, access: Access): void {
  const route: {
    method: 'GET' | 'POST' | 'PUT' | 'DELETE';
    path: string;
    body?: z.ZodType;
    query?: z.ZodType;
    answer: z.ZodType;
    open?: true;
    csv?: true;
  } = routes[name];
  const handler = handlers[name] as (call: Call<RouteName>) => unknown;
  const kind = { open: route.open === true, session: route.path.startsWith('/api/session') };
  const principals = new WeakMap<FastifyRequest, Principal>();
  const params = paramsSchema(route.path);
  app.route({
    method: route.method,
    url: route.path,
    schema: {
      ...(route.body === undefined ? {} : { body: route.body }),
      querystring: route.query ?? z.strictObject({}),
      ...(params === undefined ? {} : { params }),
      response: { 200: route.answer },
    },
    ...(route.csv === true ? { bodyLimit: maxCsvBytes } : {}),
    // before the body is read: strangers cost nothing
    onRequest: async (request) => {
      const who = access.authenticate(request, kind);
      if (who !== undefined) principals.set(request, who);
    },
    handler: async (request, reply) => {
      if (route.csv === true && !(request.body instanceof Uint8Array)) throw new TramError('INPUT_INVALID', 'send the file as text/csv.');
      const who = principals.get(request);
      void reply.header('cache-control', 'no-store');
      const answer = await handler({
        params: request.params,
        query: request.query,
        body: request.body,
        who,
        by: { actor: actorOf(who), address: request.ip ?? 'local' },
        setSession: (secret: string | undefined) => access.setSession(reply, secret),
      } as Call<RouteName>);
      return await reply.send(answer);
    },
  });
}

function paramsSchema(path: string): z.ZodType | undefined {
  const names = [...path.matchAll(/:([A-Za-z]+)/g)].map((match) => match[1] as ParamName);
  return names.length === 0 ? undefined : z.object(Object.fromEntries(names.map((name) => [name, paramSchemas[name]])));
}

/** How a principal is named in the audit trail. */
export function actorOf(who: Principal | undefined): string {
  switch (who?.kind) {
    case undefined:
      return 'unknown';
    case 'user':
    case 'local':
      return who.userName;
    case 'token':
      return `token:${who.tokenId}`;
    default:
      return who satisfies never;
  }
}

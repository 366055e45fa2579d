/** The session and token routes of the contract. */
import { TramError } from '@tramhoc/protocol/errors';
import type { Handlers } from '../api/bind-api.ts';
import type { AccessDesk } from './access-desk.ts';
import type { Person, Principal } from './principal.ts';

type AccessHandlers = Pick<Handlers, 'signIn' | 'me' | 'signOut' | 'changePassword' | 'listTokens' | 'createToken' | 'deleteToken'>;

export function accessHandlers(desk: AccessDesk): AccessHandlers {
  return {
    async signIn({ body, by, setSession }) {
      const { secret, me } = await desk.signIn(body, by.address);
      setSession(secret);
      return me;
    },
    me: ({ who }) => ({ userName: who!.userName, passwordChangeRequired: who!.kind === 'user' && who!.mustChange }),
    signOut({ who, by, setSession }) {
      desk.signOut(person(who!), by);
      setSession(undefined);
      return {};
    },
    async changePassword({ who, body, by, setSession }) {
      const { secret, me } = await desk.changePassword(person(who!), body, by.address);
      setSession(secret);
      return me;
    },
    listTokens: () => ({ tokens: desk.tokens.list() }),
    createToken({ who, body, by }) {
      if (who!.kind === 'token') throw new TramError('NOT_ALLOWED', 'a token cannot make tokens; sign in as a person.');
      return desk.tokens.create(body.name, by);
    },
    deleteToken({ params, by }) {
      desk.tokens.remove(params.tokenId, by);
      return {};
    },
  };
}

function person(who: Principal): Person {
  if (who.kind === 'user') return who;
  throw new TramError('NOT_ALLOWED', 'only a person who is signed in may do this.');
}

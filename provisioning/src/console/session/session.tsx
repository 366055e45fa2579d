/** Who is signed in. Until somebody is, there is only the sign-in page; until the first password is changed, only that page. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';
import type { Me } from '../../api/contract.ts';
import { type Fault, faultOf } from '../api/ask.ts';
import { codeOf } from '../api/fault-text.ts';
import { useText } from '../language/language.tsx';
import { usePage } from '../page-context.tsx';
import { FaultNotice, Loading } from '../ui/notice.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';
import { PasswordChangePage } from './password-change-page.tsx';
import { SessionCard } from './session-card.tsx';
import { SignInPage } from './sign-in-page.tsx';

type SessionState =
  | { state: 'asking' }
  | { state: 'unreachable'; fault: Fault }
  | { state: 'out'; ended: boolean }
  | { state: 'in'; me: Me };
type Session = { me: Me; signOut(): Promise<void> };
const SessionContext = createContext<Session | undefined>(undefined);

/** The API client tells here when the centre no longer knows us; set by main.tsx. */
export type SessionSignal = { listen: ((code: 'NOT_SIGNED_IN' | 'PASSWORD_CHANGE_REQUIRED') => void) | undefined };

export function SessionGate({ signal, children }: { signal: SessionSignal; children: ReactNode }): ReactNode {
  const { api, preferences, drafts } = usePage();
  const text = useText({ vi, en });
  const [session, setSession] = useState<SessionState>(() =>
    preferences.read().signedIn ? { state: 'asking' } : { state: 'out', ended: false },
  );
  const enter = (me: Me): void => {
    preferences.write({ signedIn: true });
    setSession({ state: 'in', me });
  };
  /** `ended`: by the centre, not by the person. */
  const leave = useCallback(
    (ended: boolean): void => {
      preferences.write({ signedIn: false });
      setSession({ state: 'out', ended });
    },
    [preferences],
  );

  useEffect(() => {
    signal.listen = (code) => {
      if (code === 'NOT_SIGNED_IN') leave(true);
      else setSession((old) => (old.state === 'in' ? { state: 'in', me: { ...old.me, passwordChangeRequired: true } } : old));
    };
    return () => {
      signal.listen = undefined;
    };
  }, [signal, leave]);

  const asking = session.state === 'asking';
  useEffect(() => {
    if (!asking) return;
    const abort = new AbortController();
    api.ask('me', { signal: abort.signal }).then(
      (me) => {
        if (!abort.signal.aborted) setSession({ state: 'in', me });
      },
      (error: unknown) => {
        const fault = faultOf(error);
        if (!abort.signal.aborted && codeOf(fault) !== 'NOT_SIGNED_IN') setSession({ state: 'unreachable', fault });
      },
    );
    return () => abort.abort();
  }, [api, asking]);

  if (session.state === 'asking')
    return (
      <SessionCard>
        <Loading rows={3} />
      </SessionCard>
    );
  if (session.state === 'unreachable')
    return (
      <SessionCard title={text.unreachable}>
        <FaultNotice fault={session.fault} onRetry={() => setSession({ state: 'asking' })} />
      </SessionCard>
    );
  if (session.state === 'out') return <SignInPage ended={session.ended} onSignedIn={enter} />;
  if (session.me.passwordChangeRequired) return <PasswordChangePage me={session.me} onChanged={enter} onLeave={() => leave(false)} />;
  const signOut = async (): Promise<void> => {
    await api.ask('signOut', {}).catch(() => undefined);
    drafts.clear();
    leave(false);
  };
  return <SessionContext value={{ me: session.me, signOut }}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('useSession stands outside SessionGate');
  return session;
}

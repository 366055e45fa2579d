/** Who is signed in. Until somebody is, there is only the sign-in page; until the first password is changed, only that page. */
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
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

type SessionState = { state: 'asking' } | { state: 'unreachable'; fault: Fault } | { state: 'out' } | { state: 'in'; me: Me };
type Session = { me: Me; signOut(): Promise<void> };
const SessionContext = createContext<Session | undefined>(undefined);

/** The API client tells here when the centre no longer knows us; set by main.tsx. */
export type SessionSignal = { listen: ((code: 'NOT_SIGNED_IN' | 'PASSWORD_CHANGE_REQUIRED') => void) | undefined };

export function SessionGate({ signal, children }: { signal: SessionSignal; children: ReactNode }): ReactNode {
  const { api } = usePage();
  const text = useText({ vi, en });
  const [session, setSession] = useState<SessionState>({ state: 'asking' });
  const [round, setRound] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: round asks again
  useEffect(() => {
    let current = true;
    signal.listen = (code) =>
      setSession((old) => {
        if (code === 'NOT_SIGNED_IN') return { state: 'out' };
        return old.state === 'in' ? { state: 'in', me: { ...old.me, passwordChangeRequired: true } } : old;
      });
    api.ask('me', {}).then(
      (me) => {
        if (current) setSession({ state: 'in', me });
      },
      (error: unknown) => {
        const fault = faultOf(error);
        if (current) setSession(codeOf(fault) === 'NOT_SIGNED_IN' ? { state: 'out' } : { state: 'unreachable', fault });
      },
    );
    return () => {
      current = false;
    };
  }, [api, signal, round]);

  if (session.state === 'asking')
    return (
      <SessionCard>
        <Loading rows={3} />
      </SessionCard>
    );
  if (session.state === 'unreachable')
    return (
      <SessionCard title={text.unreachable}>
        <FaultNotice fault={session.fault} onRetry={() => setRound(round + 1)} />
      </SessionCard>
    );
  if (session.state === 'out') return <SignInPage onSignedIn={(me) => setSession({ state: 'in', me })} />;
  if (session.me.passwordChangeRequired)
    return (
      <PasswordChangePage
        me={session.me}
        onChanged={(me) => setSession({ state: 'in', me })}
        onLeave={() => setSession({ state: 'out' })}
      />
    );
  const signOut = async (): Promise<void> => {
    await api.ask('signOut', {}).catch(() => undefined);
    setSession({ state: 'out' });
  };
  return <SessionContext value={{ me: session.me, signOut }}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('useSession stands outside SessionGate');
  return session;
}

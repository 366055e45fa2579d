import { type ReactNode, useState } from 'react';
import { Form } from 'react-aria-components';
import type { Me } from '../../api/contract.ts';
import { useAction } from '../api/asked.ts';
import { en as faultEn } from '../api/fault-messages.en.ts';
import { vi as faultVi } from '../api/fault-messages.vi.ts';
import { useText } from '../language/language.tsx';
import { useApi } from '../page-context.tsx';
import { Button } from '../ui/button.tsx';
import { useFaultFocus } from '../ui/fault-focus.ts';
import { PasswordField, TextField } from '../ui/field.tsx';
import { FaultNotice, Notice } from '../ui/notice.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';
import { SessionCard } from './session-card.tsx';

export function SignInPage({ ended, onSignedIn }: { ended: boolean; onSignedIn(me: Me): void }): ReactNode {
  const text = useText({ vi, en });
  const faults = useText({ vi: faultVi, en: faultEn });
  const api = useApi();
  const [userName, setUserName] = useState('');
  const [password, setPassword] = useState('');
  const [incomplete, setIncomplete] = useState(false);
  const { form, toFault } = useFaultFocus();
  const signIn = useAction(() => api.ask('signIn', { body: { userName: userName.trim(), password } }));
  const submit = async (): Promise<void> => {
    const missing = userName.trim() === '' || password === '';
    setIncomplete(missing);
    if (missing) return toFault();
    const me = await signIn.go(undefined);
    if (me !== undefined) onSignedIn(me);
  };
  return (
    <SessionCard title={text.signInTitle}>
      <Form
        ref={form}
        className="form"
        validationBehavior="aria"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {ended && signIn.fault === undefined && (
          <Notice tone="info" live>
            <p>{faults.codes.NOT_SIGNED_IN}</p>
          </Notice>
        )}
        <FaultNotice fault={signIn.fault} />
        <TextField
          label={text.userName}
          name="username"
          autoComplete="username"
          value={userName}
          onChange={setUserName}
          fault={incomplete && userName.trim() === '' ? text.fillBoth : undefined}
          autoFocus
        />
        <PasswordField
          label={text.password}
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          fault={incomplete && userName.trim() !== '' && password === '' ? text.fillBoth : undefined}
        />
        <Button type="submit" look="primary" busy={signIn.running}>
          {text.signIn}
        </Button>
        <p className="help">{text.firstRun}</p>
      </Form>
    </SessionCard>
  );
}

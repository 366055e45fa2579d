import { type ReactNode, useState } from 'react';
import { Form } from 'react-aria-components';
import type { Me } from '../../api/contract.ts';
import { useAction } from '../api/asked.ts';
import { codeOf } from '../api/fault-text.ts';
import { useText } from '../language/language.tsx';
import { useApi } from '../page-context.tsx';
import { Button } from '../ui/button.tsx';
import { useFaultFocus } from '../ui/fault-focus.ts';
import { PasswordField } from '../ui/field.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';
import { minPasswordLength, type PasswordHint, passwordHint } from './password-rules.ts';
import { SessionCard } from './session-card.tsx';

const strengthOf: Record<PasswordHint, number> = { short: 1, 'same-as-user': 1, repetitive: 1, fair: 2, strong: 3 };

export function PasswordChangePage({ me, onChanged, onLeave }: { me: Me; onChanged(me: Me): void; onLeave(): void }): ReactNode {
  const text = useText({ vi, en });
  const api = useApi();
  const [oldPassword, setOld] = useState('');
  const [newPassword, setNew] = useState('');
  const [again, setAgain] = useState('');
  const [shown, setShown] = useState(false);
  const { form, toFault } = useFaultFocus();
  const change = useAction(() => api.ask('changePassword', { body: { oldPassword, newPassword } }));
  const hint = passwordHint({ password: newPassword, userName: me.userName });
  const hintText = hint === 'short' ? text.hints.short(minPasswordLength - [...newPassword].length) : text.hints[hint];
  const faults = {
    new: strengthOf[hint] === 1 ? hintText : newPassword === oldPassword ? text.sameAsOld : undefined,
    again: again === newPassword ? undefined : text.differs,
  };
  const oldIsWrong = codeOf(change.fault) === 'SIGN_IN_FAILED';
  const submit = async (): Promise<void> => {
    setShown(true);
    if (faults.new !== undefined || faults.again !== undefined) return toFault();
    const changed = await change.go(undefined);
    if (changed !== undefined) return onChanged(changed);
    toFault();
  };
  const leave = async (): Promise<void> => {
    await api.ask('signOut', {}).catch(() => undefined);
    onLeave();
  };
  return (
    <SessionCard title={text.changeTitle}>
      <Form
        ref={form}
        className="form"
        validationBehavior="aria"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p className="help">{text.changeWhy}</p>
        {!oldIsWrong && <FaultNotice fault={change.fault} />}
        <input type="hidden" name="username" autoComplete="username" value={me.userName} />
        <PasswordField
          label={text.oldPassword}
          autoComplete="current-password"
          value={oldPassword}
          onChange={setOld}
          fault={oldIsWrong ? text.oldWrong : undefined}
          autoFocus
        />
        <PasswordField
          label={text.newPassword}
          autoComplete="new-password"
          value={newPassword}
          onChange={setNew}
          help={text.newHelp}
          fault={shown ? faults.new : undefined}
        />
        <div className="strength" data-strength={newPassword === '' ? 0 : strengthOf[hint]} aria-live="polite">
          <span className="strength-bar" aria-hidden="true" />
          {/* not twice: the field above says it as well */}
          <span>{newPassword === '' || (shown && faults.new === hintText) ? '' : hintText}</span>
        </div>
        <PasswordField
          label={text.repeatPassword}
          autoComplete="new-password"
          value={again}
          onChange={setAgain}
          fault={shown ? faults.again : undefined}
        />
        <div className="form-actions">
          <Button type="submit" look="primary" busy={change.running}>
            {text.change}
          </Button>
          <LeaveButton onPress={() => void leave()} />
        </div>
      </Form>
    </SessionCard>
  );
}

function LeaveButton({ onPress }: { onPress(): void }): ReactNode {
  const text = useText({ vi: 'Đăng xuất', en: 'Sign out' });
  return (
    <Button look="quiet" onPress={onPress}>
      {text}
    </Button>
  );
}

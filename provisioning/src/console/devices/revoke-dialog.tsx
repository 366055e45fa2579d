/** Revoking cannot be undone: the name has to be typed, and a reason given. */
import { type ReactNode, useState } from 'react';
import { Form } from 'react-aria-components';
import type { Device } from '../../api/contract.ts';
import { useAction } from '../api/asked.ts';
import { useText } from '../language/language.tsx';
import { useApi } from '../page-context.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { FaultNotice, Notice } from '../ui/notice.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

type Props = { device: Device; siteName: string; open: boolean; onClose(): void; onRevoked(device: Device): void };

export function RevokeDialog(props: Props): ReactNode {
  const { revoke: text } = useText({ vi, en });
  return (
    <Dialog title={text.title} open={props.open} onClose={props.onClose} alert>
      <RevokeForm {...props} />
    </Dialog>
  );
}

function RevokeForm({ device, siteName, onClose, onRevoked }: Props): ReactNode {
  const { revoke: text } = useText({ vi, en });
  const api = useApi();
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [shown, setShown] = useState(false);
  const revoke = useAction(() => api.ask('revokeDevice', { params: { deviceId: device.deviceId }, body: { reason: reason.trim() } }));
  const matches = typed.trim().normalize('NFC') === device.name.trim().normalize('NFC');
  const submit = async (): Promise<void> => {
    setShown(true);
    if (!matches || reason.trim() === '') return;
    const revoked = await revoke.go(undefined);
    if (revoked === undefined) return;
    onRevoked(revoked);
    onClose();
  };
  return (
    <Form
      className="form"
      validationBehavior="aria"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Notice tone="bad">
        <p>{device.role === 'broker' ? text.brokerText(siteName) : text.text(device.name)}</p>
      </Notice>
      <FaultNotice fault={revoke.fault} />
      <TextField
        label={text.reason}
        value={reason}
        onChange={setReason}
        maxLength={200}
        help={text.reasonHelp}
        fault={shown && reason.trim() === '' ? text.reasonFault : undefined}
        autoFocus
      />
      <TextField
        label={text.typeName(device.name)}
        value={typed}
        onChange={setTyped}
        fault={shown && !matches ? text.nameFault : undefined}
        autoComplete="off"
      />
      <div className="form-actions end">
        <Button onPress={onClose}>{text.cancel}</Button>
        <Button type="submit" look="danger" busy={revoke.running}>
          {text.confirm}
        </Button>
      </div>
    </Form>
  );
}

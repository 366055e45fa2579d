/** Adds a site and shows, once, the claim with which its broker introduces itself. */
import { type ReactNode, useState } from 'react';
import { Form } from 'react-aria-components';
import { NewSite, type Site } from '../../api/contract.ts';
import { useAction } from '../api/asked.ts';
import { codeOf } from '../api/fault-text.ts';
import { useText } from '../language/language.tsx';
import { useApi } from '../page-context.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { useFaultFocus } from '../ui/fault-focus.ts';
import { TextField } from '../ui/field.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import { ClaimShown } from './claim-shown.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';
import { siteIdFrom } from './site-list.ts';

type Created = { site: Site; claimUser: string; claimToken: string };

export function NewSiteDialog({ open, onClose, onCreated }: { open: boolean; onClose(): void; onCreated(): void }): ReactNode {
  const text = useText({ vi, en });
  const [created, setCreated] = useState<Created | undefined>(undefined);
  const close = (): void => {
    onClose();
    if (created !== undefined) onCreated();
    setCreated(undefined);
  };
  return (
    <Dialog
      title={created === undefined ? text.form.title : text.created.title}
      open={open}
      onClose={close}
      dismissable={created === undefined}
      alert
    >
      {created === undefined ? (
        <NewSiteForm onCreated={setCreated} onCancel={close} />
      ) : (
        <ClaimShown name={created.site.name} claim={created} onDone={close} />
      )}
    </Dialog>
  );
}

function NewSiteForm({ onCreated, onCancel }: { onCreated(created: Created): void; onCancel(): void }): ReactNode {
  const { form: text } = useText({ vi, en });
  const api = useApi();
  const [name, setName] = useState('');
  const [ownId, setOwnId] = useState<string | undefined>(undefined);
  const [brokerHost, setHost] = useState('');
  const [brokerPort, setPort] = useState('8883');
  const [shown, setShown] = useState(false);
  const { form, toFault } = useFaultFocus();
  const [askedId, setAskedId] = useState<string | undefined>(undefined);
  const siteId = ownId ?? siteIdFrom(name);
  const body = { siteId, name: name.trim(), brokerHost: brokerHost.trim(), brokerPort: Number(brokerPort) };
  const create = useAction(() => api.ask('createSite', { body }));
  const parsed = NewSite.safeParse(body);
  const wrong = new Set(parsed.success ? [] : parsed.error.issues.map(({ path }) => path[0]));
  if (/\s/.test(body.brokerHost)) wrong.add('brokerHost');
  const conflict = codeOf(create.fault) === 'CONFLICT';
  const faultOf = (field: 'siteId' | 'name' | 'brokerHost' | 'brokerPort', says: string): string | undefined =>
    shown && wrong.has(field) ? says : undefined;
  const submit = async (): Promise<void> => {
    setShown(true);
    if (wrong.size > 0) return toFault();
    setAskedId(siteId);
    const created = await create.go(undefined);
    if (created !== undefined) return onCreated(created);
    toFault();
  };
  return (
    <Form
      ref={form}
      className="form"
      validationBehavior="aria"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {!conflict && <FaultNotice fault={create.fault} />}
      <TextField
        label={text.name}
        value={name}
        onChange={setName}
        placeholder={text.namePlaceholder}
        fault={faultOf('name', text.nameFault)}
        autoFocus
      />
      <TextField
        label={text.siteId}
        value={siteId}
        onChange={(value) => setOwnId(value.toLowerCase())}
        help={text.siteIdHelp}
        fault={conflict && siteId === askedId ? text.siteIdTaken : faultOf('siteId', text.siteIdFault)}
        mono
      />
      <div className="form-row">
        <TextField
          label={text.brokerHost}
          value={brokerHost}
          onChange={setHost}
          help={text.brokerHostHelp}
          fault={faultOf('brokerHost', text.brokerHostFault)}
          mono
        />
        <TextField
          label={text.brokerPort}
          value={brokerPort}
          onChange={setPort}
          inputMode="numeric"
          fault={faultOf('brokerPort', text.brokerPortFault)}
          mono
        />
      </div>
      <div className="form-actions end">
        <Button onPress={onCancel}>{text.cancel}</Button>
        <Button type="submit" look="primary" busy={create.running}>
          {text.submit}
        </Button>
      </div>
    </Form>
  );
}

/** Tokens for scripts: made, shown once, deleted. */
import { type ReactNode, useState } from 'react';
import { Form } from 'react-aria-components';
import type { Answer } from '../api/ask.ts';
import { useAction, useAsked } from '../api/asked.ts';
import { useText } from '../language/language.tsx';
import { dateTimeText } from '../language/time-text.ts';
import { useApi } from '../page-context.tsx';
import { Button } from '../ui/button.tsx';
import { CopyField } from '../ui/copy-field.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { EmptyState, FaultNotice, Notice, WhenReady } from '../ui/notice.tsx';
import { PageHead, Panel } from '../ui/page-head.tsx';
import { curlExample } from './curl-example.ts';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

type Token = Answer<'listTokens'>['tokens'][number];
type Created = Answer<'createToken'>;

export function TokensPage(): ReactNode {
  const text = useText({ vi, en });
  const api = useApi();
  const [asked, { reload }] = useAsked('tokens', async (signal) => (await api.ask('listTokens', { signal })).tokens);
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<Token | undefined>(undefined);
  const create = (
    <Button look="primary" icon="plus" onPress={() => setCreating(true)}>
      {text.create}
    </Button>
  );
  const columns: Column<Token>[] = [
    { id: 'name', head: text.columns.name, rowHead: true, cell: ({ name }) => name },
    { id: 'created', head: text.columns.created, number: true, cell: ({ createdMs }) => dateTimeText(createdMs) },
    {
      id: 'used',
      head: text.columns.used,
      number: true,
      cell: ({ lastUsedMs }) => (lastUsedMs === null ? <span className="muted">{text.never}</span> : dateTimeText(lastUsedMs)),
    },
    {
      id: 'action',
      head: text.columns.action,
      end: true,
      cell: (token) => (
        <Button small look="quiet" icon="trash" aria-label={text.deleteOf(token.name)} onPress={() => setDeleting(token)}>
          {text.delete}
        </Button>
      ),
    },
  ];
  return (
    <>
      <PageHead title={text.title} subtitle={text.subtitle}>
        {create}
      </PageHead>
      <div className="columns main-side">
        <Panel flush>
          <WhenReady asked={asked} onRetry={reload} rows={3}>
            {(tokens) =>
              tokens.length === 0 ? (
                <EmptyState icon="key" title={text.emptyTitle} action={create}>
                  <p>{text.emptyText}</p>
                </EmptyState>
              ) : (
                <DataTable caption={text.title} columns={columns} rows={tokens} keyOf={({ id }) => id} />
              )
            }
          </WhenReady>
        </Panel>
        <Panel title={text.howTitle}>
          <div className="stack">
            <p>{text.howText}</p>
            <CopyField label={text.example} value={curlExample({ origin: window.location.origin, secret: text.placeholder })} multiline />
            {window.location.protocol === 'https:' && <p className="help">{text.tls}</p>}
            <p>
              <a href="/api/openapi.json">{text.openapi}</a>
            </p>
          </div>
        </Panel>
      </div>
      <NewTokenDialog open={creating} onClose={() => setCreating(false)} onCreated={reload} />
      <DeleteDialog token={deleting} onClose={() => setDeleting(undefined)} onDeleted={reload} />
    </>
  );
}

function NewTokenDialog({ open, onClose, onCreated }: { open: boolean; onClose(): void; onCreated(): void }): ReactNode {
  const text = useText({ vi, en });
  const [created, setCreated] = useState<Created | undefined>(undefined);
  const close = (): void => {
    setCreated(undefined);
    onClose();
  };
  return (
    <Dialog
      title={created === undefined ? text.form.title : text.created.title}
      open={open}
      onClose={close}
      alert
      dismissable={created === undefined}
    >
      {created === undefined ? (
        <NewTokenForm
          onCancel={close}
          onCreated={(token) => {
            setCreated(token);
            onCreated();
          }}
        />
      ) : (
        <div className="form">
          <Notice tone="warn">
            <p>{text.created.warning}</p>
          </Notice>
          <CopyField label={text.created.secret} value={created.secret} />
          <CopyField label={text.created.tryIt} value={curlExample({ origin: window.location.origin, secret: created.secret })} multiline />
          {window.location.protocol === 'https:' && <p className="help">{text.tls}</p>}
          <div className="form-actions end">
            <Button look="primary" onPress={close}>
              {text.created.done}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}

function NewTokenForm({ onCreated, onCancel }: { onCreated(created: Created): void; onCancel(): void }): ReactNode {
  const text = useText({ vi, en });
  const api = useApi();
  const [name, setName] = useState('');
  const [shown, setShown] = useState(false);
  const create = useAction(() => api.ask('createToken', { body: { name: name.trim() } }));
  const submit = async (): Promise<void> => {
    setShown(true);
    if (name.trim() === '') return;
    const created = await create.go(undefined);
    if (created !== undefined) onCreated(created);
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
      <FaultNotice fault={create.fault} />
      <TextField
        label={text.form.name}
        value={name}
        onChange={setName}
        maxLength={80}
        help={text.form.nameHelp}
        fault={shown && name.trim() === '' ? text.form.nameFault : undefined}
        autoFocus
      />
      <div className="form-actions end">
        <Button onPress={onCancel}>{text.cancel}</Button>
        <Button type="submit" look="primary" busy={create.running}>
          {text.form.submit}
        </Button>
      </div>
    </Form>
  );
}

function DeleteDialog({ token, onClose, onDeleted }: { token: Token | undefined; onClose(): void; onDeleted(): void }): ReactNode {
  const text = useText({ vi, en });
  const api = useApi();
  const remove = useAction((tokenId: string) => api.ask('deleteToken', { params: { tokenId } }));
  const go = async (): Promise<void> => {
    if (token === undefined || (await remove.go(token.id)) === undefined) return;
    onDeleted();
    onClose();
  };
  return (
    <Dialog title={text.deleteTitle} open={token !== undefined} onClose={onClose} alert>
      <div className="form">
        <p>{text.deleteText(token?.name ?? '')}</p>
        <FaultNotice fault={remove.fault} />
        <div className="form-actions end">
          <Button onPress={onClose}>{text.cancel}</Button>
          <Button look="danger" busy={remove.running} onPress={() => void go()}>
            {text.delete}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

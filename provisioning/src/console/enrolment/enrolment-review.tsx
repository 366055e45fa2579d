/** One waiting device: what it says of itself, its fingerprint to compare, where it belongs, the decision. */
import { type ReactNode, useState } from 'react';
import { Form } from 'react-aria-components';
import type { PendingEnrolment } from '../../api/contract.ts';
import { useAction } from '../api/asked.ts';
import { useText } from '../language/language.tsx';
import { dateTimeText } from '../language/time-text.ts';
import { useApi } from '../page-context.tsx';
import { useSites } from '../sites/site-list.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { useFaultFocus } from '../ui/fault-focus.ts';
import { Checkbox, Choice, TextField } from '../ui/field.tsx';
import { FaultNotice, Notice } from '../ui/notice.tsx';
import { Panel } from '../ui/page-head.tsx';
import { TimeLeft } from './enrolment-page.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

type Props = {
  pending: PendingEnrolment;
  onApproved(approved: { deviceId: string; name: string; siteName: string }): void;
  onDenied(): void;
  onBack(): void;
};

export function EnrolmentReview({ pending, onApproved, onDenied, onBack }: Props): ReactNode {
  const text = useText({ vi, en });
  return (
    <Panel
      title={text.reviewTitle}
      actions={
        <Button small look="quiet" icon="left" onPress={onBack}>
          {text.back}
        </Button>
      }
    >
      <div className="review">
        <div className="stack">
          <div className="fingerprint-box">
            <p className="fingerprint-label">{text.fingerprint}</p>
            <p className="fingerprint">{pending.fingerprint}</p>
            <p>{text.compare}</p>
          </div>
          <dl className="facts">
            <dt>{text.facts.name}</dt>
            <dd>{pending.name}</dd>
            <dt>{text.facts.model}</dt>
            <dd>{pending.model || text.unknown}</dd>
            <dt>{text.facts.serial}</dt>
            <dd className="mono">{pending.serial || text.unknown}</dd>
            <dt>{text.facts.address}</dt>
            <dd className="mono">{pending.address}</dd>
            <dt>{text.facts.version}</dt>
            <dd className="mono">{pending.agentVersion}</dd>
            <dt>{text.facts.created}</dt>
            <dd>{dateTimeText(pending.createdMs)}</dd>
            <dt>{text.facts.left}</dt>
            <dd>
              <TimeLeft untilMs={pending.expiresMs} />
            </dd>
          </dl>
        </div>
        <Decision pending={pending} onApproved={onApproved} onDenied={onDenied} onBack={onBack} />
      </div>
    </Panel>
  );
}

function Decision({ pending, onApproved, onDenied }: Props): ReactNode {
  const text = useText({ vi, en });
  const api = useApi();
  const [askedSites] = useSites();
  const sites = askedSites.state === 'ready' ? askedSites.value : [];
  const [chosenSite, setSite] = useState<string | null>(null);
  const [name, setName] = useState(pending.name);
  const [same, setSame] = useState(false);
  const [shown, setShown] = useState(false);
  const { form, toFault } = useFaultFocus();
  const [denying, setDenying] = useState(false);
  const siteId = chosenSite ?? (sites.length === 1 ? sites[0]!.siteId : null);
  const params = { enrolmentId: pending.enrolmentId };
  const approve = useAction((site: string) =>
    api.ask('approveEnrolment', { params, body: { siteId: site, name: name.trim(), fingerprint: pending.fingerprint } }),
  );
  const deny = useAction(() => api.ask('denyEnrolment', { params }));
  const submit = async (): Promise<void> => {
    setShown(true);
    if (siteId === null || name.trim() === '' || !same) return toFault();
    const approved = await approve.go(siteId);
    if (approved === undefined) return;
    onApproved({ deviceId: approved.deviceId, name: name.trim(), siteName: sites.find((site) => site.siteId === siteId)?.name ?? siteId });
  };
  const denyNow = async (): Promise<void> => {
    const denied = await deny.go(undefined);
    setDenying(false);
    if (denied !== undefined) onDenied();
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
      <FaultNotice fault={approve.fault ?? deny.fault} />
      {askedSites.state === 'ready' && sites.length === 0 && (
        <Notice tone="warn">
          <p>{text.noSites}</p>
        </Notice>
      )}
      <Choice
        label={text.site}
        placeholder={text.chooseSite}
        value={siteId}
        options={sites.map((site) => ({ id: site.siteId, label: site.name, note: site.siteId }))}
        onChange={setSite}
        fault={shown && siteId === null ? text.siteFault : undefined}
      />
      <TextField
        label={text.name}
        value={name}
        onChange={setName}
        maxLength={80}
        help={text.nameHelp}
        fault={shown && name.trim() === '' ? text.nameFault : undefined}
      />
      <div className="field">
        <Checkbox isSelected={same} onChange={setSame} isInvalid={shown && !same}>
          {text.same}
        </Checkbox>
        {shown && !same && (
          <span className="fault" role="alert">
            {text.sameFault}
          </span>
        )}
      </div>
      <div className="form-actions">
        <Button type="submit" look="primary" icon="check" busy={approve.running}>
          {text.approve}
        </Button>
        <Button look="danger" onPress={() => setDenying(true)}>
          {text.deny}
        </Button>
      </div>
      <Dialog title={text.denyTitle} open={denying} onClose={() => setDenying(false)} alert>
        <div className="form">
          <p>{text.denyText(pending.name)}</p>
          <div className="form-actions end">
            <Button onPress={() => setDenying(false)}>{text.cancel}</Button>
            <Button look="danger" busy={deny.running} onPress={() => void denyNow()}>
              {text.deny}
            </Button>
          </div>
        </div>
      </Dialog>
    </Form>
  );
}

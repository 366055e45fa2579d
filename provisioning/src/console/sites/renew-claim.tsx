/** A new claim for a site whose broker's machine was replaced, or whose token was lost. */
import { type ReactNode, useState } from 'react';
import type { Site } from '../../api/contract.ts';
import { useAction } from '../api/asked.ts';
import { useText } from '../language/language.tsx';
import { useApi } from '../page-context.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import { type Claim, ClaimShown } from './claim-shown.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export function RenewClaim({ site }: { site: Site }): ReactNode {
  const { renew: text, created } = useText({ vi, en });
  const api = useApi();
  const [open, setOpen] = useState(false);
  const [claim, setClaim] = useState<Claim | undefined>(undefined);
  const renew = useAction(() => api.ask('renewSiteClaim', { params: { siteId: site.siteId } }));
  const close = (): void => {
    setOpen(false);
    setClaim(undefined);
    renew.clear();
  };
  return (
    <div className="panel-foot">
      <Button small icon="key" onPress={() => setOpen(true)}>
        {text.button}
      </Button>
      <Dialog title={claim === undefined ? text.title : created.token} open={open} onClose={close} dismissable={claim === undefined} alert>
        {claim !== undefined ? (
          <ClaimShown name={site.name} claim={claim} onDone={close} />
        ) : (
          <div className="form">
            <p>{text.text(site.name)}</p>
            <FaultNotice fault={renew.fault} />
            <div className="form-actions end">
              <Button onPress={close}>{text.cancel}</Button>
              <Button look="primary" busy={renew.running} onPress={() => void renew.go(undefined).then(setClaim)}>
                {text.confirm}
              </Button>
            </div>
          </div>
        )}
      </Dialog>
    </div>
  );
}

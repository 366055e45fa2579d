/** The claim of a site's broker, shown once: name and secret to copy, and a tick before it goes for good. */
import { type ReactNode, useState } from 'react';
import { useText } from '../language/language.tsx';
import { Button } from '../ui/button.tsx';
import { CopyField } from '../ui/copy-field.tsx';
import { Checkbox } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export type Claim = { claimUser: string; claimToken: string };

export function ClaimShown({ name, claim, onDone }: { name: string; claim: Claim; onDone(): void }): ReactNode {
  const { created: text } = useText({ vi, en });
  const [kept, setKept] = useState(false);
  return (
    <div className="form">
      <p>{text.lead(name)}</p>
      <Notice tone="warn">
        <p>{text.warning}</p>
      </Notice>
      <CopyField label={text.user} value={claim.claimUser} />
      <CopyField label={text.token} value={claim.claimToken} />
      <Checkbox isSelected={kept} onChange={setKept}>
        {text.confirmClose}
      </Checkbox>
      <div className="form-actions end">
        <Button look="primary" isDisabled={!kept} onPress={onDone}>
          {text.done}
        </Button>
      </div>
    </div>
  );
}

import { Capability, capabilityText } from '@tramhoc/protocol/capability';
import { SlotId } from '@tramhoc/protocol/ids';
import { type ReactNode, useState } from 'react';
import { Form } from 'react-aria-components';
import type { DeviceDetail } from '../../api/contract.ts';
import { type Language, useLanguage, useText } from '../language/language.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Choice, TextField } from '../ui/field.tsx';
import { en } from './config-messages.en.ts';
import { vi } from './config-messages.vi.ts';

type Props = {
  open: boolean;
  kinds: DeviceDetail['driverKinds'];
  taken: readonly string[];
  onClose(): void;
  onAdd(added: { slot: string; kind: string }): void;
};

export function AddSlotDialog(props: Props): ReactNode {
  const text = useText({ vi, en });
  return (
    <Dialog title={text.addTitle} open={props.open} onClose={props.onClose}>
      <AddSlotForm {...props} />
    </Dialog>
  );
}

function AddSlotForm({ kinds, taken, onClose, onAdd }: Props): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const [slot, setSlot] = useState('');
  const [kind, setKind] = useState<string | null>(null);
  const [shown, setShown] = useState(false);
  const slotFault = !SlotId.safeParse(slot).success ? text.slotNameFault : taken.includes(slot) ? text.slotTaken : undefined;
  const can = capabilitiesOf(
    kinds.find((one) => one.kind === kind),
    language,
  );
  const submit = (): void => {
    setShown(true);
    if (slotFault === undefined && kind !== null) onAdd({ slot, kind });
  };
  return (
    <Form
      className="form"
      validationBehavior="aria"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextField
        label={text.slotName}
        value={slot}
        onChange={(value) => setSlot(value.toLowerCase().replace(/\s+/g, '-'))}
        help={text.slotNameHelp}
        fault={shown ? slotFault : undefined}
        mono
        autoFocus
      />
      <Choice
        label={text.driver}
        value={kind}
        placeholder={text.chooseDriver}
        options={kinds
          .map((one) => ({ id: one.kind, label: one.title[language] }))
          .sort((a, b) => a.label.localeCompare(b.label, language, { numeric: true }))}
        search={text.searchDriver}
        onChange={setKind}
        fault={shown && kind === null ? text.driverFault : undefined}
      />
      {can !== '' && <p className="help">{text.can(can)}</p>}
      <div className="form-actions end">
        <Button onPress={onClose}>{text.cancel}</Button>
        <Button type="submit" look="primary">
          {text.add}
        </Button>
      </div>
    </Form>
  );
}

/** What the chosen driver can do, as far as this console has words for it. */
function capabilitiesOf(kind: Props['kinds'][number] | undefined, language: Language): string {
  const known = (kind?.capabilities ?? []).flatMap((capability) => Capability.safeParse(capability).data ?? []);
  return known.map((capability) => capabilityText(capability, language)).join('; ');
}

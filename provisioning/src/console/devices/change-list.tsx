/** What an edit changes, old value to new, before it is applied. */
import type { ReactNode } from 'react';
import type { DeviceDetail } from '../../api/contract.ts';
import { useLanguage, useText } from '../language/language.tsx';
import type { DesiredDrivers, SlotChange } from './compare-twin.ts';
import { fieldsOf } from './config-draft.ts';
import { en } from './config-messages.en.ts';
import { vi } from './config-messages.vi.ts';
import { valueText } from './slot-form.tsx';

type Props = { changes: readonly SlotChange[]; before: DesiredDrivers; after: DesiredDrivers; device: DeviceDetail };
type Wishes = Readonly<Record<string, { kind: string; config: Record<string, unknown> } | undefined>>;

export function ChangeList({ changes, before, after, device }: Props): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const [old, next] = [before as Wishes, after as Wishes];
  return (
    <ul className="change-list">
      {changes.map(({ slot, what, keys }) => {
        const fields = fieldsOf(device.driverKinds, (next[slot] ?? old[slot])?.kind ?? '', language);
        const show = (key: string, value: unknown): string => {
          const field = fields.find((one) => one.key === key);
          if (value === undefined) return text.byDefault;
          return field?.type === 'text' && field.secret ? text.secretShown : valueText(field, value, language);
        };
        return (
          <li key={slot}>
            <strong className="mono">{slot}</strong> <span className="muted">({text.changes[what]})</span>
            {keys.map((key) => (
              <span key={key} className="change">
                {fields.find((one) => one.key === key)?.title ?? key}:{' '}
                {what === 'changed' && (
                  <>
                    <del>{show(key, old[slot]?.config[key])}</del> →{' '}
                  </>
                )}
                <ins>{show(key, next[slot]?.config[key])}</ins>
              </span>
            ))}
          </li>
        );
      })}
    </ul>
  );
}

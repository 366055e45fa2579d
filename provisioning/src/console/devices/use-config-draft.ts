/** The draft of a device's configuration, held above the tabs of its page. */
import { useState } from 'react';
import type { DeviceDetail } from '../../api/contract.ts';
import { useLanguage } from '../language/language.tsx';
import { usePage } from '../page-context.tsx';
import { useSession } from '../session/session.tsx';
import { changedSlots, type DesiredDrivers, type SlotChange } from './compare-twin.ts';
import { type Draft, type DraftResult, draftOf, draftText, readDraft, restoredDraft } from './config-draft.ts';

export type ConfigDraft = {
  draft: Draft;
  /** What would be sent. */
  drivers: DesiredDrivers;
  faults: DraftResult['faults'];
  changes: SlotChange[];
  /** Something was typed that is not applied: a change, or a value with a fault. */
  touched: boolean;
  keep(draft: Draft): void;
  discard(): void;
};

export function useConfigDraft(device: DeviceDetail): ConfigDraft {
  const language = useLanguage();
  const { drafts } = usePage();
  const { me } = useSession();
  const key = `${me.userName} ${device.deviceId}`;
  const kinds = device.driverKinds;
  const [kept, setKept] = useState(() => drafts.read(key, (text) => restoredDraft(text, device, language)));
  const judged = (draft: Draft): Omit<ConfigDraft, 'keep' | 'discard'> => {
    const { drivers, faults } = readDraft(draft, kinds, language);
    const changes = changedSlots(draft.base, drivers);
    return { draft, drivers, faults, changes, touched: changes.length > 0 || Object.keys(faults).length > 0 };
  };
  const mine = kept === undefined ? undefined : judged(kept);
  // forms that nobody has touched follow the newest version by themselves
  const outdated = mine !== undefined && mine.draft.version !== device.twinView.desiredVersion;
  return {
    ...(mine === undefined || (outdated && !mine.touched) ? judged(draftOf(device, language)) : mine),
    keep(draft) {
      setKept(draft);
      drafts.write(key, judged(draft).touched ? { draft, text: draftText(draft, kinds, language) } : undefined);
    },
    discard() {
      setKept(undefined);
      drafts.write(key, undefined);
    },
  };
}

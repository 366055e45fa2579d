/** Changing what a device should run: forms per slot, a look at the changes, then one new version, or the news that somebody was faster. */

import { maxSlots } from '@tramhoc/protocol/limits';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { DeviceDetail, TwinView } from '../../api/contract.ts';
import { useAction } from '../api/asked.ts';
import { codeOf } from '../api/fault-text.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { useApi, usePage } from '../page-context.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice, Notice } from '../ui/notice.tsx';
import { Panel } from '../ui/page-head.tsx';
import { AddSlotDialog } from './add-slot-dialog.tsx';
import { ChangeList } from './change-list.tsx';
import { errorPlace } from './compare-twin.ts';
import { type DraftSlot, fieldsOf, freeSlotName, portsIn, withNewSlot, withValues } from './config-draft.ts';
import { en } from './config-messages.en.ts';
import { vi } from './config-messages.vi.ts';
import { hardwareFault } from './hardware-fault.ts';
import { HardwareSearch } from './hardware-search.tsx';
import { SlotForm } from './slot-form.tsx';
import type { ConfigDraft } from './use-config-draft.ts';

const focusAfterMs = 250;

type Told = { kind: 'applied'; version: number } | { kind: 'conflict'; mine: number; theirs: number };

export function ConfigEditor({
  device,
  config,
  onApplied,
  reload,
}: {
  device: DeviceDetail;
  config: ConfigDraft;
  onApplied(view: TwinView): void;
  /** Asks for the device anew and gives the desired version it now has. */
  reload(): Promise<DeviceDetail | undefined>;
}): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const api = useApi();
  const { draft, drivers, faults, changes, keep, discard } = config;
  const [told, setTold] = useState<Told | undefined>(undefined);
  const [adding, setAdding] = useState(false);
  const [fresh, setFresh] = useState<string | undefined>(undefined);
  const [confirming, setConfirming] = useState(false);
  const invalid = Object.keys(faults).length > 0;
  const outdated = draft.version !== device.twinView.desiredVersion;
  const apply = useAction(() =>
    api.ask('setDesired', { params: { deviceId: device.deviceId }, body: { ifVersion: draft.version, desired: { drivers } } }),
  );
  const conflict = codeOf(apply.fault) === 'TWIN_VERSION_CONFLICT';
  const number = (value: number): string => numberText(value, language);

  const state = invalid
    ? text.invalid(Object.keys(faults).sort().join(', '))
    : changes.length > 0
      ? text.pending(number(changes.length))
      : told?.kind === 'applied'
        ? text.applied(number(told.version))
        : text.unchanged;

  const startAgain = (): void => {
    discard();
    apply.clear();
  };
  const send = async (): Promise<void> => {
    const view = await apply.go(undefined);
    setConfirming(false);
    if (view === undefined) {
      const fresh = await reload();
      if (fresh === undefined || fresh.twinView.desiredVersion === draft.version) return;
      setTold({ kind: 'conflict', mine: draft.version, theirs: fresh.twinView.desiredVersion });
      startAgain();
      return;
    }
    setTold({ kind: 'applied', version: view.desiredVersion });
    onApplied(view);
    startAgain();
  };
  const change = (slot: string, next: DraftSlot): void => {
    setTold(undefined);
    keep({ ...draft, slots: { ...draft.slots, [slot]: next } });
  };
  const slotNames = Object.keys(draft.slots).sort();
  const addSlot = (added: { slot: string; kind: string; config?: Record<string, unknown> }): void => {
    setTold(undefined);
    keep(withNewSlot(draft, { ...added, fields: fieldsOf(device.driverKinds, added.kind, language) }));
    setAdding(false);
    setFresh(added.slot);
  };
  return (
    <>
      <HardwareSearch
        device={device}
        taken={portsIn(draft)}
        slotCount={slotNames.length}
        onAdd={(found) => addSlot({ ...found, slot: freeSlotName(draft, found.kind) })}
        reload={reload}
      />
      <Panel
        title={text.editTitle}
        actions={
          <Button
            small
            icon="plus"
            isDisabled={device.driverKinds.length === 0 || slotNames.length >= maxSlots}
            onPress={() => setAdding(true)}
          >
            {text.add}
          </Button>
        }
      >
        {device.driverKinds.length === 0 && <p className="muted">{text.noKinds}</p>}
        {slotNames.length >= maxSlots && <p className="help">{text.limit(number(maxSlots))}</p>}
        {told?.kind === 'conflict' && (
          <Notice tone="warn" live>
            <p>
              <strong>{text.conflictTitle}</strong>
            </p>
            <p>{text.conflictText(number(told.mine), number(told.theirs))}</p>
          </Notice>
        )}
        {outdated && told === undefined && (
          <Notice tone="warn" live>
            <p>{text.changedElsewhere(number(device.twinView.desiredVersion))}</p>
            <Button small icon="refresh" onPress={startAgain}>
              {text.loadNew}
            </Button>
          </Notice>
        )}
        {!conflict && <FaultNotice fault={apply.fault} />}
        {slotNames.map((slot) => (
          <SlotEditor
            key={slot}
            slot={slot}
            draft={draft.slots[slot]!}
            device={device}
            faults={faults[slot] ?? {}}
            fresh={slot === fresh}
            onChange={(next) => change(slot, next)}
          />
        ))}
        <div className="apply-bar">
          <span role="status">{state}</span>
          <Button isDisabled={!config.touched && !outdated} onPress={startAgain}>
            {text.discard}
          </Button>
          <Button look="primary" isDisabled={invalid || changes.length === 0} busy={apply.running} onPress={() => setConfirming(true)}>
            {text.apply}
          </Button>
        </div>
        <AddSlotDialog open={adding} kinds={device.driverKinds} taken={slotNames} onClose={() => setAdding(false)} onAdd={addSlot} />
        <Dialog title={text.confirmTitle} open={confirming} onClose={() => setConfirming(false)} alert>
          <div className="form">
            <p>{text.confirmText(device.name)}</p>
            <ChangeList changes={changes} before={draft.base} after={drivers} device={device} />
            <div className="form-actions end">
              <Button onPress={() => setConfirming(false)}>{text.cancel}</Button>
              <Button look="primary" busy={apply.running} onPress={() => void send()} autoFocus>
                {text.confirm}
              </Button>
            </div>
          </div>
        </Dialog>
      </Panel>
    </>
  );
}

function SlotEditor({
  slot,
  draft,
  device,
  faults,
  fresh,
  onChange,
}: {
  slot: string;
  draft: DraftSlot;
  device: DeviceDetail;
  faults: Parameters<typeof SlotForm>[0]['faults'];
  /** It was added just now: one goes on there. */
  fresh: boolean;
  onChange(next: DraftSlot): void;
}): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const { clock } = usePage();
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!fresh) return;
    // after the dialog has given the focus back
    const timer = clock.after(focusAfterMs, () => {
      section.current?.scrollIntoView({ block: 'center' });
      section.current?.querySelector<HTMLElement>('.slot-form input, .slot-form button')?.focus({ preventScroll: true });
    });
    return () => timer.cancel();
  }, [clock, fresh]);
  const kind = device.driverKinds.find((one) => one.kind === draft.kind);
  const errors = Object.fromEntries(
    device.twinView.errors
      .filter(({ key }) => errorPlace(key).slot === slot)
      .map((error) => [errorPlace(error.key).key, hardwareFault(error, language).text]),
  );
  return (
    <section ref={section} className={draft.removed ? 'slot-editor removed' : 'slot-editor'}>
      <header>
        <h3>
          <span className="mono">{slot}</span>
          <span className="muted">{kind?.title[language] ?? draft.kind}</span>
        </h3>
        {draft.removed ? (
          <>
            <span className="warn-text">{text.removed}</span>
            <Button small onPress={() => onChange({ ...draft, removed: false })}>
              {text.restore}
            </Button>
          </>
        ) : (
          <Button small look="quiet" icon="trash" aria-label={text.remove(slot)} onPress={() => onChange({ ...draft, removed: true })}>
            {text.removeShort}
          </Button>
        )}
      </header>
      {!draft.removed && (
        <SlotForm
          fields={fieldsOf(device.driverKinds, draft.kind, language)}
          values={draft.values}
          faults={faults}
          errors={errors}
          fresh={fresh}
          onChange={(values) => onChange(withValues(draft, values))}
        />
      )}
    </section>
  );
}

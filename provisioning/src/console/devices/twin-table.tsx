/** Desired beside reported, slot by slot; what differs stands out, what the device refused says why. */
import { Fragment, type ReactNode } from 'react';
import type { DeviceDetail } from '../../api/contract.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { Notice } from '../ui/notice.tsx';
import { Panel } from '../ui/page-head.tsx';
import { Pill, type Tone } from '../ui/pill.tsx';
import { compareTwin, type TwinDrift, type TwinSlot } from './compare-twin.ts';
import { en } from './config-messages.en.ts';
import { vi } from './config-messages.vi.ts';
import { Ago } from './device-state.tsx';
import { FaultLines } from './fault-lines.tsx';
import { valueText } from './slot-form.tsx';
import { formFields } from './slot-form-model.ts';

const driftTone: Record<TwinDrift, Tone> = { same: 'ok', default: 'mute', changed: 'warn', missing: 'warn', extra: 'warn' };

export function TwinTable({ device }: { device: DeviceDetail }): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const { twinView } = device;
  const slots = compareTwin(twinView, device.driverKinds);
  return (
    <Panel title={text.compareTitle}>
      <div className="twin-heads">
        <span>
          <strong>{text.desired}</strong> {text.version(numberText(twinView.desiredVersion, language))}
          {twinView.desiredMs !== null && (
            <>
              {' · '}
              <Ago atMs={twinView.desiredMs} />
            </>
          )}
        </span>
        <span>
          <strong>{text.reported}</strong>{' '}
          {twinView.reportedVersion === null ? text.notReported : text.version(numberText(twinView.reportedVersion, language))}
          {twinView.reportedMs !== null && (
            <>
              {' · '}
              <Ago atMs={twinView.reportedMs} />
            </>
          )}
        </span>
      </div>
      {device.twin === 'converged' &&
        (device.online ? (
          <Notice tone="ok">
            <p>{text.converged}</p>
          </Notice>
        ) : (
          <p className="muted">
            {text.convergedThen[0]}
            {twinView.reportedMs !== null && <Ago atMs={twinView.reportedMs} />}
            {text.convergedThen[1]}
          </p>
        ))}
      {device.twin === 'pending' && (
        <Notice tone="warn">
          <p>{device.state === 'revoked' ? text.revoked : device.online ? text.waitingOnline : text.waitingOffline}</p>
        </Notice>
      )}
      {device.twin === 'refused' && device.state === 'active' && (
        <Notice tone="bad">
          <p>{text.refused}</p>
        </Notice>
      )}
      {slots.length === 0 && <p className="muted">{text.compareNone}</p>}
      {slots.map((slot) => (
        <SlotCompare key={slot.slot} slot={slot} kinds={device.driverKinds} />
      ))}
    </Panel>
  );
}

function SlotCompare({ slot, kinds }: { slot: TwinSlot; kinds: DeviceDetail['driverKinds'] }): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const kind = kinds.find((one) => one.kind === (slot.desiredKind ?? slot.reportedKind));
  const fields = kind === undefined ? [] : formFields(kind.configSchema, language);
  const note =
    slot.desiredKind === undefined
      ? text.slotExtra
      : slot.reportedKind === undefined
        ? text.slotMissing
        : slot.desiredKind !== slot.reportedKind
          ? text.kindDiffers(slot.reportedKind)
          : undefined;
  const show = (key: string, value: unknown, secret: boolean): ReactNode => {
    if (value === undefined) return <span className="muted">–</span>;
    return secret
      ? text.secretShown
      : valueText(
          fields.find((field) => field.key === key),
          value,
          language,
        );
  };
  return (
    <section className="slot-compare">
      <h3>
        <span className="mono">{slot.slot}</span>
        <span className="muted">{kind?.title[language] ?? slot.desiredKind ?? slot.reportedKind}</span>
      </h3>
      {note !== undefined && <p className="warn-text">{note}</p>}
      {slot.errors.map((error) => (
        <p key={error.key}>
          <FaultLines code={error.code} message={error.message} />
        </p>
      ))}
      {slot.rows.length === 0 && slot.errors.length === 0 && <p className="muted">{text.allDefault}</p>}
      {slot.rows.length > 0 && (
        <div className="table-wrap">
          <table className="table compare">
            <caption className="visually-hidden">{`${text.compareTitle}: ${slot.slot}`}</caption>
            <thead>
              <tr>
                <th scope="col">{text.columns.key}</th>
                <th scope="col">{text.columns.desired}</th>
                <th scope="col">{text.columns.reported}</th>
                <th scope="col">{text.columns.state}</th>
              </tr>
            </thead>
            <tbody>
              {slot.rows.map((row) => (
                <Fragment key={row.key}>
                  <tr
                    className={
                      row.error !== undefined ? 'bad-row' : row.drift === 'same' || row.drift === 'default' ? undefined : 'drift-row'
                    }
                  >
                    <th scope="row">
                      <span className="name-cell">
                        <span>{fields.find((field) => field.key === row.key)?.title ?? row.key}</span>
                        <span className="sub mono">{row.key}</span>
                      </span>
                    </th>
                    <td data-label={text.columns.desired}>
                      {row.drift === 'default' ? <span className="muted">{text.byDefault}</span> : show(row.key, row.desired, row.secret)}
                    </td>
                    <td data-label={text.columns.reported}>{show(row.key, row.reported, row.secret)}</td>
                    <td data-label={text.columns.state}>
                      {row.error === undefined ? (
                        <Pill tone={driftTone[row.drift]}>{text.drift[row.drift]}</Pill>
                      ) : (
                        <Pill tone="bad">{text.refusedKey}</Pill>
                      )}
                    </td>
                  </tr>
                  {row.error !== undefined && (
                    <tr className="bad-row fault-row">
                      <td colSpan={4}>
                        <FaultLines code={row.error.code} message={row.error.message} />
                      </td>
                    </tr>
                  )}
                </Fragment>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

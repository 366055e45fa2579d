/** What the hardware of a device says is wrong with it, with what to do. Nothing when nothing is. */
import { DeviceFaultCode, deviceFaultTexts } from '@tramhoc/protocol/device-fault';
import type { ReactNode } from 'react';
import type { DeviceDetail } from '../../api/contract.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { Panel } from '../ui/page-head.tsx';
import { Pill } from '../ui/pill.tsx';
import { Ago } from './device-state.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export function DeviceFaults({ faults }: { faults: DeviceDetail['faults'] }): ReactNode {
  const { displays, faultList: text } = useText({ vi, en });
  const language = useLanguage();
  if (faults.length === 0) return null;
  return (
    <Panel title={text.title}>
      <ul className="found-list">
        {faults.map(({ slot, code, level, detail, sinceMs }) => {
          const known = DeviceFaultCode.safeParse(code).data;
          const words = known === undefined ? undefined : deviceFaultTexts[known][language];
          return (
            <li key={`${slot} ${code}`}>
              <div className="found-what">
                <strong>{words?.title ?? code}</strong>
                <Pill tone={level === 'error' ? 'bad' : 'warn'}>{displays.levels[level]}</Pill>
                <span className="mono">{slot}</span>
                {words !== undefined && <span className="sub">{words.whatToDo}</span>}
                {detail !== null && (
                  <span className="sub" lang="en">
                    {text.detail(detail)}
                  </span>
                )}
                <span className="sub">
                  <Ago atMs={sinceMs} /> <code className="fault-code">{code}</code>
                </span>
              </div>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

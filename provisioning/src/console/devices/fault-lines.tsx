import type { ReactNode } from 'react';
import { useLanguage } from '../language/language.tsx';
import { hardwareFault } from './hardware-fault.ts';

/** A fault of hardware or config in up to three lines: what it means, what the device wrote, the code for whoever is asked for help. */
export function FaultLines({ code, message, calm = false }: { code: string | null; message: string | null; calm?: boolean }): ReactNode {
  const { text, detail } = hardwareFault({ code, message }, useLanguage());
  return (
    <span className="fault-lines">
      <span className={calm ? undefined : 'fault'}>{text}</span>
      {detail !== undefined && (
        <span className="sub" lang="en">
          {detail}
        </span>
      )}
      {code !== null && code !== text && <code className="fault-code">{code}</code>}
    </span>
  );
}

import { Fragment, type ReactNode } from 'react';
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
      {code !== null && code !== text && <code className="fault-code">{breakable(code)}</code>}
    </span>
  );
}

/** Where a line is too short for a code, it breaks after an underscore; copied, it is what it was. */
function breakable(code: string): ReactNode {
  const words = code.split('_');
  return words.map((word, at) => (
    <Fragment key={word}>
      {word}
      {at < words.length - 1 && (
        <>
          _<wbr />
        </>
      )}
    </Fragment>
  ));
}

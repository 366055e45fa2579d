/** A text that is taken elsewhere: shown whole, copied with one press, or by hand where the browser does not let pages copy. */
import { type ReactNode, useRef, useState } from 'react';
import { useText } from '../language/language.tsx';
import { usePage } from '../page-context.tsx';
import { Button } from './button.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

const confirmMs = 2_000;

export function CopyField({ label, value, multiline = false }: { label: string; value: string; multiline?: boolean }): ReactNode {
  const text = useText({ vi, en });
  const { clock } = usePage();
  const [copied, setCopied] = useState(false);
  const shown = useRef<HTMLElement>(null);
  const copy = (): void => {
    const done = (): void => {
      setCopied(true);
      clock.after(confirmMs, () => setCopied(false));
    };
    const select = (): void => {
      if (shown.current !== null) window.getSelection()?.selectAllChildren(shown.current);
    };
    if (navigator.clipboard === undefined) select();
    else navigator.clipboard.writeText(value).then(done, select);
  };
  return (
    <div className="copy-field">
      <div className="copy-label">{label}</div>
      <div className="copy-row">
        <code ref={shown} className={multiline ? 'copy-value multiline' : 'copy-value'}>
          {value}
        </code>
        <Button small icon={copied ? 'check' : 'copy'} onPress={copy} aria-label={`${copied ? text.copied : text.copy}: ${label}`}>
          {copied ? text.copied : text.copy}
        </Button>
      </div>
      <span role="status" className="visually-hidden">
        {copied ? text.copied : ''}
      </span>
    </div>
  );
}

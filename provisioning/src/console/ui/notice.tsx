/** What a page says besides its content: loading, nothing there yet, something failed, something worth knowing. */
import type { ReactNode } from 'react';
import type { Fault } from '../api/ask.ts';
import type { Asked } from '../api/asked.ts';
import { en as faultEn } from '../api/fault-messages.en.ts';
import { vi as faultVi } from '../api/fault-messages.vi.ts';
import { codeOf, useFaultText } from '../api/fault-text.ts';
import { useText } from '../language/language.tsx';
import { Button } from './button.tsx';
import { Icon, type IconName } from './icon.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export function Loading({ rows = 6 }: { rows?: number }): ReactNode {
  const text = useText({ vi, en });
  return (
    <div className="loading" role="status">
      <span className="visually-hidden">{text.loading}</span>
      {Array.from({ length: rows }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars are all alike
        <span key={at} className="bar" aria-hidden="true" />
      ))}
    </div>
  );
}

export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}): ReactNode {
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={icon} size={28} />
      </span>
      <h2>{title}</h2>
      {children !== undefined && <div className="empty-text">{children}</div>}
      {action}
    </div>
  );
}

export function Notice({
  tone,
  children,
  live = false,
}: {
  tone: 'info' | 'ok' | 'warn' | 'bad';
  children: ReactNode;
  live?: boolean;
}): ReactNode {
  return (
    <div className={`notice ${tone}`} {...(live && { role: tone === 'bad' ? 'alert' : 'status' })}>
      <Icon name={tone === 'ok' ? 'check' : tone === 'info' ? 'feedback' : 'warning'} size={18} />
      <div>{children}</div>
    </div>
  );
}

/** The fault of an action, in words, with its code for whoever is asked for help. Nothing without a fault. */
export function FaultNotice({ fault, onRetry }: { fault: Fault | undefined; onRetry?: (() => void) | undefined }): ReactNode {
  const sentence = useFaultText(fault);
  const text = useText({ vi: faultVi, en: faultEn });
  if (fault === undefined) return null;
  const code = codeOf(fault);
  return (
    <Notice tone="bad" live>
      <p>
        {sentence} {code !== undefined && <code className="fault-code">{code}</code>}
      </p>
      {onRetry !== undefined && (
        <Button small icon="refresh" onPress={onRetry}>
          {text.retry}
        </Button>
      )}
    </Notice>
  );
}

/** Draws the value when it is there; before that the loading bars, or the fault with a way to try again. */
export function WhenReady<Value>({
  asked,
  onRetry,
  rows,
  children,
}: {
  asked: Asked<Value>;
  onRetry(): void;
  rows?: number;
  children(value: Value): ReactNode;
}): ReactNode {
  const text = useText({ vi: faultVi, en: faultEn });
  if (asked.state === 'loading') return <Loading {...(rows !== undefined && { rows })} />;
  if (asked.state === 'failed') return <FaultNotice fault={asked.fault} onRetry={onRetry} />;
  return (
    <>
      {asked.fault !== undefined && (
        <>
          <FaultNotice fault={asked.fault} onRetry={onRetry} />
          <p className="help">{text.stale}</p>
        </>
      )}
      {children(asked.value)}
    </>
  );
}

/** The head of a page: where one is, what it is, what one can do. It also names the browser's tab. */
import { type ReactNode, useEffect } from 'react';
import { Link } from 'react-aria-components';
import { useText } from '../language/language.tsx';
import { Icon } from './icon.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export type Crumb = { label: string; href: string };

export function PageHead({
  title,
  crumbs = [],
  subtitle,
  beside,
  children,
}: {
  title: string;
  crumbs?: readonly Crumb[];
  subtitle?: ReactNode;
  /** Pills right of the title. */
  beside?: ReactNode;
  /** Actions at the right. */
  children?: ReactNode;
}): ReactNode {
  const text = useText({ vi, en });
  useEffect(() => {
    document.title = `${title} · Trạm học`;
  }, [title]);
  return (
    <div className="page-head">
      <div className="page-head-text">
        {crumbs.length > 0 && (
          <nav aria-label={text.path}>
            <ol className="crumbs">
              {crumbs.map((crumb, at) => (
                <li key={crumb.href} className="crumb">
                  {at > 0 && <Icon name="right" size={14} />}
                  <Link href={crumb.href}>{crumb.label}</Link>
                </li>
              ))}
            </ol>
          </nav>
        )}
        <div className="title-row">
          <h1>{title}</h1>
          {beside}
        </div>
        {subtitle !== undefined && <p className="subtitle">{subtitle}</p>}
      </div>
      {children !== undefined && <div className="page-actions">{children}</div>}
    </div>
  );
}

/** A part of a page with its own heading. */
export function Panel({
  title,
  actions,
  children,
  flush = false,
}: {
  title?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  flush?: boolean;
}): ReactNode {
  return (
    <section className={flush ? 'panel flush' : 'panel'}>
      {(title !== undefined || actions !== undefined) && (
        <header className="panel-head">
          {title !== undefined && <h2>{title}</h2>}
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}

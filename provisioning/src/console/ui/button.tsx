/** Buttons and links that look like them. */
import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps, Link, Tooltip, TooltipTrigger } from 'react-aria-components';
import { Icon, type IconName } from './icon.tsx';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';
type Props = Omit<ButtonProps, 'children' | 'className'> & {
  look?: Look;
  icon?: IconName;
  children: ReactNode;
  busy?: boolean;
  small?: boolean;
};

export function Button({ look = 'plain', icon, children, busy = false, small = false, ...rest }: Props): ReactNode {
  return (
    <AriaButton {...rest} isPending={busy} className={`button ${look}${small ? ' small' : ''}`}>
      {busy ? <span className="spinner" aria-hidden="true" /> : icon !== undefined && <Icon name={icon} size={small ? 16 : 18} />}
      <span>{children}</span>
    </AriaButton>
  );
}

/** A button of one icon: `label` is what it says to screen readers and on hover. */
export function IconButton({
  icon,
  label,
  ...rest
}: Omit<ButtonProps, 'children' | 'className' | 'aria-label'> & { icon: IconName; label: string }): ReactNode {
  return (
    <TooltipTrigger delay={500}>
      <AriaButton {...rest} aria-label={label} className="button quiet icon-only">
        <Icon name={icon} size={18} />
      </AriaButton>
      <Tooltip className="tooltip" offset={6}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  );
}

export function ButtonLink({
  href,
  icon,
  look = 'plain',
  children,
}: {
  href: string;
  icon?: IconName;
  look?: Look;
  children: ReactNode;
}): ReactNode {
  return (
    <Link href={href} className={`button ${look}`}>
      {icon !== undefined && <Icon name={icon} size={18} />}
      <span>{children}</span>
    </Link>
  );
}

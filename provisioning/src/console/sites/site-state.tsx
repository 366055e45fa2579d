import type { ReactNode } from 'react';
import type { Site } from '../../api/contract.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { agoText } from '../language/time-text.ts';
import { useNow } from '../page-context.tsx';
import { Pill } from '../ui/pill.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

/** Online or not, and why one may believe it. */
export function SiteState({ site }: { site: Site }): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const nowMs = useNow(10_000);
  if (site.lastSeenMs === null)
    return (
      <span className="state">
        <Pill tone="mute" hollow>
          {text.never}
        </Pill>
        <span className="why">{text.neverHelp}</span>
      </span>
    );
  const ago = agoText({ atMs: site.lastSeenMs, nowMs }, language);
  return (
    <span className="state">
      <Pill tone={site.online ? 'ok' : 'bad'} hollow={!site.online}>
        {site.online ? text.online : text.offline}
      </Pill>
      <span className="why">{site.online ? text.pollAge(ago) : text.lastSeen(ago)}</span>
    </span>
  );
}

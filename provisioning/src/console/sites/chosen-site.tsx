/** The site that a page is about: from the address, else the first one; with the list to choose another. */
import type { ReactNode } from 'react';
import type { Site } from '../../api/contract.ts';
import { useText } from '../language/language.tsx';
import { linkTo, useNavigation } from '../routing/navigation.tsx';
import { ButtonLink } from '../ui/button.tsx';
import { Choice } from '../ui/field.tsx';
import { EmptyState, WhenReady } from '../ui/notice.tsx';
import { useSites } from './site-list.ts';

type Chosen = {
  siteId: string | undefined;
  site: Site | undefined;
  /** For the head of the page. */
  choice: ReactNode;
  /** Instead of the page while there is no site: loading, a fault, or the advice to add one. */
  instead: ReactNode | undefined;
};

export function useChosenSite(): Chosen {
  const text = useText({
    vi: {
      label: 'Điểm trường',
      none: 'Chưa có điểm trường nào',
      advice: 'Thêm điểm trường trước, rồi ghi danh thiết bị ở đó.',
      toSites: 'Về điểm trường',
    },
    en: { label: 'Site', none: 'No site yet', advice: 'Add a site first, then enrol a device there.', toSites: 'To the sites' },
  });
  const { address, refine } = useNavigation();
  const [asked, reload] = useSites();
  const sites = asked.state === 'ready' ? [...asked.value].sort((a, b) => a.name.localeCompare(b.name, 'vi')) : [];
  const site = sites.find(({ siteId }) => siteId === address.search['site']) ?? sites[0];
  const choice =
    sites.length > 1 ? (
      <Choice
        label={text.label}
        hideLabel
        value={site?.siteId ?? null}
        options={sites.map(({ siteId, name }) => ({ id: siteId, label: name }))}
        onChange={(siteId) => refine({ site: siteId })}
      />
    ) : (
      site !== undefined && <span className="site-name">{site.name}</span>
    );
  const instead =
    site !== undefined ? undefined : (
      <WhenReady asked={asked} onRetry={reload}>
        {() => (
          <EmptyState icon="site" title={text.none} action={<ButtonLink href={linkTo({ page: 'sites' })}>{text.toSites}</ButtonLink>}>
            <p>{text.advice}</p>
          </EmptyState>
        )}
      </WhenReady>
    );
  return { siteId: site?.siteId, site, choice, instead };
}

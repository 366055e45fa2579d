/** The site that a page is about: the one in the address, or the first where the address names none; with the list to choose another. */
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
  /** Instead of the page while there is no site: loading, a fault, the advice to add one, or that there is none of this name. */
  instead: ReactNode | undefined;
};

export function useChosenSite(): Chosen {
  const text = useText({
    vi: {
      label: 'Điểm trường',
      none: 'Chưa có điểm trường nào',
      advice: 'Thêm điểm trường trước, rồi đăng ký thiết bị ở đó.',
      toSites: 'Về điểm trường',
      unknown: 'Không có điểm trường này',
      choose: 'Chọn điểm trường',
      chooseAdvice: 'Điểm trường có thể đã đổi mã hoặc đường dẫn gõ sai. Chọn một điểm trường trong danh sách.',
    },
    en: {
      label: 'Site',
      none: 'No site yet',
      advice: 'Add a site first, then enrol a device there.',
      toSites: 'To the sites',
      unknown: 'There is no such site',
      choose: 'Choose a site',
      chooseAdvice: 'Its id may be wrong in the link. Choose a site from the list.',
    },
  });
  const { address, refine } = useNavigation();
  const [asked, reload] = useSites();
  const sites = asked.state === 'ready' ? [...asked.value].sort((a, b) => a.name.localeCompare(b.name, 'vi')) : [];
  const named = address.search['site'];
  // a link to a site that is not there shows nobody else's pupils
  const site = named === undefined ? sites[0] : sites.find(({ siteId }) => siteId === named);
  const choice =
    sites.length > 1 || (site === undefined && sites.length > 0) ? (
      <Choice
        label={text.label}
        hideLabel
        placeholder={text.choose}
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
          <EmptyState
            icon="site"
            title={sites.length === 0 ? text.none : text.unknown}
            action={<ButtonLink href={linkTo({ page: 'sites' })}>{text.toSites}</ButtonLink>}
          >
            <p>{sites.length === 0 ? text.advice : text.chooseAdvice}</p>
          </EmptyState>
        )}
      </WhenReady>
    );
  return { siteId: site?.siteId, site, choice, instead };
}

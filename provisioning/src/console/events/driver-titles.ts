/** What drivers are called, asked once a page. */
import { useAsked } from '../api/asked.ts';
import { useLanguage } from '../language/language.tsx';
import { useApi } from '../page-context.tsx';

export function useDriverTitles(): (kind: string) => string | undefined {
  const api = useApi();
  const language = useLanguage();
  const [asked] = useAsked('drivers', async (signal) => (await api.ask('listDrivers', { signal })).drivers);
  const drivers = asked.state === 'ready' ? asked.value : [];
  return (kind) => drivers.find((one) => one.kind === kind)?.title[language];
}

/** How many devices wait for approval: asked once, then from the live stream. */
import { useAsked } from '../api/asked.ts';
import { useLive } from '../api/live.tsx';
import { useApi } from '../page-context.tsx';

export function useWaitingCount(): number {
  const api = useApi();
  const [asked, { reload, change }] = useAsked('waiting', async (signal) => (await api.ask('listEnrolments', { signal })).pending.length);
  useLive((message) => {
    if (message.kind === 'enrolments') change(() => message.pending);
  }, reload);
  return asked.state === 'ready' ? asked.value : 0;
}

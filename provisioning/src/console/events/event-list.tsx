/** Events as rows: when, what, where; the raw data on demand. New rows flash gently. */
import { type ReactNode, useState } from 'react';
import { Link } from 'react-aria-components';
import type { StoredEvent } from '../../api/contract.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { linkTo } from '../routing/navigation.tsx';
import { Button } from '../ui/button.tsx';
import { CopyField } from '../ui/copy-field.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { useDriverTitles } from './driver-titles.ts';
import { eventSentence } from './event-sentence.ts';
import { EventTime } from './event-time.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

export function EventList({
  events,
  deviceName,
  siteName,
  limit,
}: {
  events: readonly StoredEvent[];
  deviceName(deviceId: string): string | undefined;
  /** Without it the columns of device and site are left out. */
  siteName?: ((siteId: string) => string) | undefined;
  limit?: number;
}): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const [raw, setRaw] = useState<StoredEvent | undefined>(undefined);
  const [firstPosition] = useState(() => events[0]?.position ?? 0);
  const driverTitle = useDriverTitles();
  const sentence = (event: StoredEvent) => eventSentence(event, { language, deviceName, driverTitle });
  const place: Column<StoredEvent>[] =
    siteName === undefined
      ? []
      : [
          {
            id: 'device',
            head: text.columns.device,
            tight: true,
            cell: (event) => <Link href={linkTo({ page: 'device', deviceId: event.deviceId })}>{event.deviceName}</Link>,
          },
          { id: 'site', head: text.columns.site, minor: true, cell: (event) => siteName(event.siteId) },
        ];
  const columns: Column<StoredEvent>[] = [
    { id: 'time', head: text.columns.time, tight: true, cell: (event) => <EventTime event={event} /> },
    {
      id: 'what',
      wide: true,
      head: text.columns.what,
      cell: (event) => {
        const { tone, text: says } = sentence(event);
        return (
          <span className="event-what">
            <span className={`dot ${tone}`} aria-hidden="true" />
            <span>{says}</span>
          </span>
        );
      },
    },
    ...place,
    {
      id: 'raw',
      head: text.columns.raw,
      end: true,
      cell: (event) => (
        <Button small look="quiet" aria-label={text.rawOf(sentence(event).text)} onPress={() => setRaw(event)}>
          {text.raw}
        </Button>
      ),
    },
  ];
  return (
    <>
      <DataTable
        caption={text.title}
        columns={columns}
        rows={events}
        keyOf={(event) => event.position}
        dense
        rowClass={(event) => (event.position > firstPosition ? 'flash' : undefined)}
        {...(limit !== undefined && { limit })}
      />
      <Dialog
        title={raw === undefined ? '' : text.rawOf(sentence(raw).text)}
        open={raw !== undefined}
        onClose={() => setRaw(undefined)}
        wide
      >
        {raw !== undefined && <CopyField label={raw.type} value={JSON.stringify(raw, null, 2)} multiline />}
      </Dialog>
    </>
  );
}

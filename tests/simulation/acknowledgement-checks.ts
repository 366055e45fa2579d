/** At the moment an acknowledgement leaves: is what it speaks of on the disk, and would a power cut leave it there? `early` is told what is wrong. */
import { centreDatabase } from './centre-computer.ts';
import { type SimulatedDisk, statementOf } from './simulated-disk.ts';
import { siteDatabase } from './site-computer.ts';

export type Early = (what: string) => void;

/** Ids of the events in a payload of a device. */
export const eventIdsIn = (text: string): string[] =>
  [...text.matchAll(/"specversion":"1.0","id":"([0-9a-f-]{36})"/g)].map((match) => match[1]!);

/** PUBACK leaves: every event of the payload must be on the site's disk, and stay there if the power goes now. */
export function mustBeStored(early: Early, disk: SimulatedDisk, payload: Buffer): void {
  const text = payload.toString('utf8');
  const ids = eventIdsIn(text);
  if (ids.length === 0) return;
  const platter = disk.platters.get(siteDatabase);
  if (platter === undefined || platter.unsyncedCommits > 0) {
    early(`${disk.name} acknowledged what a power cut would still lose`);
    return;
  }
  const find = statementOf(platter, 'SELECT body FROM event JOIN run ON run.id = event.run WHERE device = ? AND epoch = ? AND seq = ?');
  const stream = statementOf(platter, 'SELECT highest, gaps FROM run WHERE device = ? AND epoch = ?');
  for (const { id, source, epoch, seq } of JSON.parse(text) as { id: string; source: string; epoch: string; seq: number }[]) {
    const device = source.slice(source.lastIndexOf(':') + 1);
    const row = find.get(device, epoch, seq) as { body: string } | undefined;
    if (row?.body.includes(id) === true) continue;
    // delivered long ago and retired: then its stream is past it
    const known = stream.get(device, epoch) as { highest: number; gaps: string } | undefined;
    const gaps = JSON.parse(known?.gaps ?? '[]') as { from: number; to: number }[];
    if ((known?.highest ?? 0) < seq || gaps.some(({ from, to }) => from <= seq && seq <= to))
      early(`${disk.name} acknowledged ${id} without having it`);
  }
}

export function mustBeAtCentre(early: Early, disk: SimulatedDisk, batch: readonly unknown[]): void {
  const platter = disk.platters.get(centreDatabase);
  if (platter === undefined || platter.unsyncedCommits > 0) {
    early('the centre gave a receipt for what a power cut would still lose');
    return;
  }
  const find = statementOf(platter, 'SELECT 1 FROM events WHERE id = ?');
  for (const event of batch as { id: string }[])
    if (find.get(event.id) === undefined) early(`the centre gave a receipt for ${event.id} without having it`);
}

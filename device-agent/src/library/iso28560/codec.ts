/** What a library's tag says, by the data format that it names, and by trying where it names none. Pure. */
import { decodeFormat2 } from './format-2.ts';
import { decodeFormat3, type Format3Profile } from './format-3.ts';
import { dsfids, type LibraryItem } from './library-item.ts';

export type ReadTag = { format: 'iso28560-2' | 'iso28560-3'; item: LibraryItem };

/** undefined when the tag is blank, damaged, or of another format. A checksum comes before a name: tags with a wrong DSFID are in circulation. */
export function decodeLibraryTag(
  { memory, dsfid, blockBytes = 4 }: { memory: Uint8Array; dsfid?: number | undefined; blockBytes?: number },
  profile?: Format3Profile,
): ReadTag | undefined {
  const three = decodeFormat3(memory, { blockBytes, ...(profile === undefined ? {} : { profile }) });
  if (three !== undefined) return { format: 'iso28560-3', item: three.item };
  if (dsfid !== undefined && dsfid !== dsfids.format2 && dsfid !== 0) return undefined;
  const two = decodeFormat2(memory);
  return two === undefined ? undefined : { format: 'iso28560-2', item: two.item };
}

/**
 * Configurations that somebody has begun to change, by person and device: they outlive another tab of the page, a new sign-in and, in the
 * browser tab's own storage and without secrets, a reload. A browser that stores nothing still keeps them in memory.
 */
import type { Draft } from './config-draft.ts';

export type DraftStore = {
  /** `restore` makes a draft of what was stored before a reload. */
  read(key: string, restore: (text: string) => Draft | undefined): Draft | undefined;
  /** `text`: the draft without its secrets. Without a draft the key is forgotten. */
  write(key: string, kept: { draft: Draft; text: string } | undefined): void;
  /** The person has left. */
  clear(): void;
};

const prefix = 'tramhoc.draft.';

export function draftStore(storage: Storage | undefined): DraftStore {
  const drafts = new Map<string, Draft>();
  const attempt = <Value>(what: (storage: Storage) => Value): Value | undefined => {
    try {
      return storage && what(storage);
    } catch {
      return undefined;
    }
  };
  return {
    read(key, restore) {
      const draft = drafts.get(key);
      if (draft !== undefined) return draft;
      const text = attempt((stored) => stored.getItem(prefix + key)) ?? undefined;
      return text === undefined ? undefined : restore(text);
    },
    write(key, kept) {
      if (kept === undefined) drafts.delete(key);
      else drafts.set(key, kept.draft);
      attempt((stored) => (kept === undefined ? stored.removeItem(prefix + key) : stored.setItem(prefix + key, kept.text)));
    },
    clear() {
      drafts.clear();
      attempt((stored) => {
        for (const key of Object.keys(stored)) if (key.startsWith(prefix)) stored.removeItem(key);
      });
    },
  };
}

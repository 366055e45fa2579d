/** How this person wants to read the screen. A wipe puts all of it back. */
import type { Language } from './civil-time.ts';

export type Settings = { language: Language; largeText: boolean; highContrast: boolean; reach: boolean };
/** Vietnamese first. */
export const firstSettings: Settings = { language: 'vi', largeText: false, highContrast: false, reach: false };

/** Line icons, 20 x 20, drawn for this console; they take the colour of the text and are silent for screen readers. */
import type { ReactNode } from 'react';

const paths = {
  site: 'M3.5 17V7.5L10 3.5l6.5 4V17M2 17h16M8 17v-4.5h4V17M7 9h.01M10 8.5h.01M13 9h.01',
  device: 'M3 4.5h14v8.5H3zM7.5 16.5h5M10 13v3.5',
  enrol: 'M10 3v9M6.5 8.5 10 12l3.5-3.5M3.5 13v3.5h13V13',
  attendance: 'M3 5h14v10.5H3zM3 8.5h14M6 12h3M12 11.5l1.2 1.2 2.3-2.4',
  air: 'M3 7.5h9a2.25 2.25 0 1 0-2.2-2.8M3 10.5h12.5a2 2 0 1 1-1.9 2.6M3 13.5h6.5a1.9 1.9 0 1 1-1.8 2.5',
  event: 'M3 10h3l2-5.5 4 11 2-5.5h3',
  feedback: 'M3.5 4h13v9.5H9L5.5 16.5v-3H3.5zM7 7.5h6M7 10h4',
  key: 'M13 11a3.75 3.75 0 1 0-3.5-2.4L3.5 14.6v2h2.3v-1.7h1.7v-1.7h1.7l1.4-1.4c.7.3 1.5.4 2.4.2M13.6 6.9h.01',
  search: 'M8.8 14a5.2 5.2 0 1 0 0-10.4 5.2 5.2 0 0 0 0 10.4M12.6 12.6 17 17',
  plus: 'M10 4v12M4 10h12',
  close: 'M5 5l10 10M15 5 5 15',
  check: 'M4 10.5l4 4 8-9',
  copy: 'M7 7h9v9.5H7zM4 13V3.5h9V5',
  left: 'M12.5 4.5 7 10l5.5 5.5',
  right: 'M7.5 4.5 13 10l-5.5 5.5',
  down: 'M4.5 7.5 10 13l5.5-5.5',
  calendar: 'M3.5 5h13v11.5h-13zM3.5 8.5h13M7 3v3.5M13 3v3.5',
  download: 'M10 3v9.5M6 9l4 4 4-4M3.5 16.5h13',
  upload: 'M10 13V3.5M6 7l4-4 4 4M3.5 16.5h13',
  print: 'M6 7V3h8v4M4 7h12v6.5h-2M6 13.5H4V7M6 11.5h8V17H6z',
  pause: 'M7 4.5v11M13 4.5v11',
  play: 'M6.5 4.5v11l9-5.5z',
  warning: 'M10 3.5 17.5 16.5h-15zM10 8.5v3.7M10 14.4h.01',
  menu: 'M3 5.5h14M3 10h14M3 14.5h14',
  sun: 'M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M10 2v2M10 16v2M2 10h2M16 10h2M4.3 4.3l1.4 1.4M14.3 14.3l1.4 1.4M15.7 4.3l-1.4 1.4M5.7 14.3l-1.4 1.4',
  moon: 'M16.5 11.8A6.9 6.9 0 0 1 8.2 3.5a6.9 6.9 0 1 0 8.3 8.3',
  screen: 'M3 4.5h14v9H3zM10 13.5v3M7 16.5h6',
  exit: 'M8 3.5H4v13h4M12.5 6.5 16 10l-3.5 3.5M16 10H8',
  eye: 'M2 10c2-3.7 4.7-5.5 8-5.5s6 1.8 8 5.5c-2 3.7-4.7 5.5-8 5.5S4 13.7 2 10M10 12.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6',
  card: 'M2.5 5h15v10h-15zM2.5 8.5h15M5.5 12h3',
  slot: 'M6 3.5v4M14 3.5v4M4 7.5h12v3a6 6 0 0 1-12 0zM10 16.5V18',
  trash: 'M4 5.5h12M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5M11.5 8.5v5',
  refresh: 'M16 8A6.3 6.3 0 0 0 4.3 7.3M4 3.8v3.7h3.7M4 12a6.3 6.3 0 0 0 11.7.7M16 16.2v-3.7h-3.7',
  shield: 'M10 2.8 16 5v5c0 3.5-2.3 5.9-6 7.2-3.7-1.3-6-3.7-6-7.2V5z',
} as const;
export type IconName = keyof typeof paths;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }): ReactNode {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={paths[name]} fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

export function Mark({ size = 28 }: { size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#0e7f69" />
      <path
        d="M6.5 22V10.8c3.3-.9 6.6-.4 9.5 1.6 2.9-2 6.2-2.5 9.5-1.6V22c-3.3-.9-6.6-.4-9.5 1.6-2.9-2-6.2-2.5-9.5-1.6Z"
        fill="none"
        stroke="#fff"
        strokeWidth="2"
        strokeLinejoin="round"
      />
      <path d="M16 12.4v11" stroke="#fff" strokeWidth="2" />
      <circle cx="16" cy="6.6" r="2" fill="#f4c95d" />
    </svg>
  );
}

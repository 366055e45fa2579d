/** Line icons of our own, 24 x 24, drawn with the text's colour. They stand beside words and say nothing by themselves. */
import type { ReactNode } from 'react';

const shapes = {
  card: (
    <>
      <rect x="2.5" y="6" width="13" height="9.5" rx="1.8" />
      <path d="M5.5 12.5h3M18 8.2a5.6 5.6 0 0 1 0 5.1M20.6 6a9.6 9.6 0 0 1 0 9.5" />
      <circle cx="12" cy="10" r="1.3" />
    </>
  ),
  speech: (
    <>
      <path d="M4 4.5h16a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5h-8.2L7 20.5v-4H4A1.5 1.5 0 0 1 2.5 15V6A1.5 1.5 0 0 1 4 4.5z" />
      <path d="M7 9h10M7 12.3h6.5" />
    </>
  ),
  tool: (
    <path d="M14.6 6.7a4.2 4.2 0 0 1 5.3-2.6l-2.6 2.6.3 2.1 2.1.3 2.5-2.5a4.2 4.2 0 0 1-5.6 5.2L9 19.5a2.2 2.2 0 0 1-3.1-3.1l7.7-7.6a4.2 4.2 0 0 1 1-2.1z" />
  ),
  printer: (
    <>
      <path d="M6.5 8.5V3.5h11v5M6.5 17h-2A1.5 1.5 0 0 1 3 15.5v-5A2 2 0 0 1 5 8.5h14a2 2 0 0 1 2 2v5a1.5 1.5 0 0 1-1.5 1.5h-2" />
      <path d="M6.5 13.5h11v7h-11zM9 16.5h6M17.5 11.2h.1" />
    </>
  ),
  check: <path d="M4.5 12.8l5 5L19.5 6.8" />,
  warning: (
    <>
      <path d="M12 3.8L21.5 20h-19L12 3.8z" />
      <path d="M12 10v4.5M12 17.3v.1" />
    </>
  ),
  info: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M12 11v5.5M12 7.6v.1" />
    </>
  ),
  home: <path d="M3.5 11.5L12 4l8.5 7.5M6 9.8V20h4.5v-5.5h3V20H18V9.8" />,
  back: <path d="M10.5 5.5L4 12l6.5 6.5M4.5 12H20" />,
  forward: <path d="M13.5 5.5L20 12l-6.5 6.5M19.5 12H4" />,
  text: <path d="M3 18.5L8 6l5 12.5M4.6 14.5h6.8M14.5 18.5l3.3-8 3.2 8M15.6 16h4.3" />,
  contrast: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 3.5a8.5 8.5 0 0 1 0 17z" fill="currentColor" />
    </>
  ),
  reach: (
    <>
      <rect x="5" y="2.5" width="14" height="19" rx="1.8" />
      <path d="M12 6v7M9 10.5l3 3 3-3M8 17.8h8" />
    </>
  ),
  globe: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18" />
    </>
  ),
  help: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M9.3 9.5a2.8 2.8 0 1 1 4 2.5c-.9.5-1.3 1-1.3 2M12 17v.1" />
    </>
  ),
  online: <path d="M2.5 9.5a14 14 0 0 1 19 0M5.5 13a9.5 9.5 0 0 1 13 0M8.8 16.3a4.8 4.8 0 0 1 6.4 0M12 19.5v.1" />,
  offline: (
    <path d="M2.5 9.5a14 14 0 0 1 6-3.3M13 5.9a14 14 0 0 1 8.5 3.6M5.5 13a9.5 9.5 0 0 1 5-2.7M8.8 16.3a4.8 4.8 0 0 1 6.4 0M12 19.5v.1M4 3l16 18" />
  ),
  backspace: <path d="M8.5 5.5H21v13H8.5L2.5 12l6-6.5zM11.5 9.3l5.4 5.4M16.9 9.3l-5.4 5.4" />,
  shift: <path d="M12 4l8 8.5h-4.5V19h-7v-6.5H4L12 4z" />,
  enter: <path d="M20 6v6.5H5M9 8.5l-4 4 4 4" />,
  pencil: <path d="M4 20l1-4.5L16.5 4a1.5 1.5 0 0 1 2.1 0L20 5.4a1.5 1.5 0 0 1 0 2.1L8.5 19 4 20z" />,
  refresh: <path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3l2.2 2.1M19.5 4v4.8h-4.8" />,
  building: <path d="M3 20.5h18M5 20.5V10l7-5 7 5v10.5M9.5 20.5v-5h5v5M12 9.5v.1" />,
  book: <path d="M12 6.5C10 5 7 4.5 3.5 4.5v13.5c3.5 0 6.5.5 8.5 2 2-1.5 5-2 8.5-2V4.5C17 4.5 14 5 12 6.5zM12 6.5V20" />,
  shield: <path d="M12 3l7.5 2.8v5.7c0 4.5-3.2 7.7-7.5 9.5-4.3-1.8-7.5-5-7.5-9.5V5.8L12 3zM9 12l2.2 2.2L15.2 10" />,
  bowl: <path d="M3 11h18a9 9 0 0 1-6 8.5h-6A9 9 0 0 1 3 11zM8.5 7.5c0-1.5 1-1.5 1-3M13 7.5c0-1.5 1-1.5 1-3" />,
  document: <path d="M6 3h8.5L19 7.5V21H6V3zM14 3v5h5M9 12.5h7M9 16h7" />,
  dots: <path d="M5.5 12v.1M12 12v.1M18.5 12v.1" />,
} satisfies Record<string, ReactNode>;
export type IconName = keyof typeof shapes;

export function Icon({ name, strong = false }: { name: IconName; strong?: boolean }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'dots' ? 3 : strong ? 2.4 : 1.7}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {shapes[name]}
    </svg>
  );
}

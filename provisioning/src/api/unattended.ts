/** Sent by a page that asks by itself, e.g. because a card was tapped, while nobody has touched it for a while: its session goes on becoming idle. */
export const unattendedHeader = 'x-tramhoc-unattended';

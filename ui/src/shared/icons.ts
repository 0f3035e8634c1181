/** A circle as a path. */
function circle(x: number, y: number, r: number): string {
  return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
}

/** A rectangle with round corners as a path. */
function box(x: number, y: number, w: number, h: number, r: number): string {
  return `M${x + r} ${y}h${w - 2 * r}a${r} ${r} 0 0 1 ${r} ${r}v${h - 2 * r}a${r} ${r} 0 0 1 ${-r} ${r}h${2 * r - w}a${r} ${r} 0 0 1 ${-r} ${-r}v${2 * r - h}a${r} ${r} 0 0 1 ${r} ${-r}z`;
}

/** Own line drawings on a field of 20 by 20, stroke 1.7. */
export const icons = {
  search: circle(9, 9, 5.5) + 'M13.2 13.2L17 17',
  sun: circle(10, 10, 3.4) + 'M10 2.5v1.8M10 15.7v1.8M2.5 10h1.8M15.7 10h1.8M4.7 4.7L6 6M14 14l1.3 1.3M15.3 4.7L14 6M6 14l-1.3 1.3',
  moon: 'M16 11.5A6.5 6.5 0 1 1 8.5 4a5 5 0 0 0 7.5 7.5z',
  system: box(2.5, 4, 15, 10, 1.8) + 'M7 17h6M10 14v3',
  keyboard: box(2, 5, 16, 10, 2) + 'M5.5 8.5h.1M8.5 8.5h.1M11.5 8.5h.1M14.5 8.5h.1M7 12h6',
  left: 'M12 4.5L6.5 10l5.5 5.5',
  right: 'M8 4.5l5.5 5.5L8 15.5',
  cross: 'M5 5l10 10M15 5L5 15',
  check: 'M4.5 10.5l3.7 3.7L15.5 6.5',
  copy: box(7, 7, 9.5, 9.5, 2) + 'M13 4.5a1.5 1.5 0 0 0-1.5-1h-6a2 2 0 0 0-2 2v6c0 .7.4 1.3 1 1.5',
  clock: circle(10, 10, 7) + 'M10 6v4.2l2.7 1.8',
  spinner: 'M10 3a7 7 0 1 0 7 7',
  phone: box(5.5, 2.5, 9, 15, 2) + 'M9 15h2',
  warn: 'M10 3.2L17.5 16h-15zM10 8v3.7M10 13.8v.1',
  bang: 'M10 4.5v7M10 15v.1',
  undo: 'M7 4.5L3.5 8 7 11.5M3.5 8h8a4.5 4.5 0 0 1 0 9H7',
  none: circle(10, 10, 6.5) + 'M7 10h6',
  scan: 'M3.5 7V4.5a1 1 0 0 1 1-1H7M13 3.5h2.5a1 1 0 0 1 1 1V7M16.5 13v2.5a1 1 0 0 1-1 1H13M7 16.5H4.5a1 1 0 0 1-1-1V13M3.5 10h13',
  plus: 'M10 4v12M4 10h12',
  minus: 'M5 10h10',
  offline: 'M3 8a10 10 0 0 1 14 0M5.8 11a6 6 0 0 1 8.4 0M10 14.5v.1M3.5 3.5l13 13',
  parcel: 'M3.5 6.5L10 3l6.5 3.5v7L10 17l-6.5-3.5zM3.5 6.5L10 10l6.5-3.5M10 10v7',
  grow: 'M11.5 3.5h5v5M8.5 16.5h-5v-5M16.5 3.5L11.5 8.5M3.5 16.5L8.5 11.5',
  flask: 'M8 3h4M8.5 3v5L4 15.5A1.2 1.2 0 0 0 5 17h10a1.2 1.2 0 0 0 1-1.5L11.5 8V3M6.5 12.5h7',
  key: circle(6.5, 13.5, 3.2) + 'M8.8 11.2L16.5 3.5M13 7l2.5 2.5M15 5l1.5 1.5',
  shield: 'M10 2.8l6 2.2v4.6c0 3.600-2.400 6.200-6 7.600-3.600-1.400-6-4-6-7.600V5z',
  pen: 'M4 16l.8-3.2L13.5 4a1.700 1.700 0 0 1 2.500 2.500L7.200 15.200z',
  door: 'M5 17V4.500a1 1 0 0 1 1-1h8a1 1 0 0 1 1 1V17M3 17h14M12 10.500v.1',
  play: 'M6.5 4.200v11.600L16 10z',
  pause: 'M7 4.500v11M13 4.500v11',
  sound: 'M3.5 8v4h2.800l3.700 3V5L6.300 8zM13 7.500a3.500 3.500 0 0 1 0 5M15.200 5.300a6.500 6.500 0 0 1 0 9.400',
  silent: 'M3.5 8v4h2.800l3.700 3V5L6.300 8zM13 8l4 4M17 8l-4 4',
  full: 'M3.5 7.500v-4h4M12.500 3.500h4v4M16.500 12.500v4h-4M7.500 16.500h-4v-4',
  unfull: 'M7.500 3.500v4h-4M16.500 7.500h-4v-4M12.500 16.500v-4h4M3.500 12.500h4v4',
  inset: box(2.5, 4, 15, 12, 2) + 'M10.500 10.500H15v3h-4.500z',
} as const;

export type IconName = keyof typeof icons;

/** The parts of the window, in the order of the top bar; Ctrl or Cmd with its place, counted from 1, goes to each. */
export const SECTIONS = ['room', 'orders', 'studio', 'settings'] as const;

export type Section = (typeof SECTIONS)[number];

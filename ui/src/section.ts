/** The parts of the window, in the order of the top bar. */
export const SECTIONS = ['room', 'orders', 'settings'] as const;

export type Section = (typeof SECTIONS)[number];

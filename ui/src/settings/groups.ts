/** The groups of the settings, in the order of their list. */
export const GROUPS = ['general', 'look', 'addresses', 'rooms', 'host', 'about'] as const;

export type Group = (typeof GROUPS)[number];

import type { PostalAddress } from '../host/contract';

/** The parts of an address, in the order of the form. */
export const PARTS = ['name', 'phone', 'region', 'detail'] as const;

export type Part = (typeof PARTS)[number];

/** Longest texts the shop takes, in characters. */
const LONGEST = { name: 40, region: 60, detail: 120 } as const;

/** Whether the shop would take this part as it is; the same rules as its own. */
export function stands(part: Part, value: string): boolean {
  const text = value.trim();
  if (part === 'phone') return /^[\d +()-]*$/.test(text) && text.length <= 20 && text.replace(/\D/g, '').length >= 5;
  const length = Array.from(text).length;
  return length >= 1 && length <= LONGEST[part] && !/\p{Cc}/u.test(text);
}

/** The parts that cannot stand, in the order of the form. */
export function wrongParts(address: PostalAddress): Part[] {
  return PARTS.filter((part) => !stands(part, address[part]));
}

/** An address on one line. */
export function oneLine({ region, detail }: PostalAddress): string {
  return `${region} ${detail}`;
}

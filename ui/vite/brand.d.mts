import type { Plugin } from 'vite';

/** What the page needs of a brand. */
export interface Brand {
  name: { zh: string; en: string };
  /** The picture beside the name; none for the page's own. */
  iconFile: string | null;
  /** Where the page finds it. */
  iconUrl: string | null;
}

/** Reads the brand that the build was given, else the one of the file `standard`. */
export function readBrand(standard: string): Brand;

/** Names the page after the brand and puts its picture beside it. */
export function withBrand(brand: Brand): Plugin;

/** Whose app this is. The build puts it in (`vite.config.ts`), from the file that the program is built with. */
declare const __BRAND__: { zh: string; en: string; icon: string | null };

export const brand = __BRAND__;

/** The name within a Chinese sentence: letters stand off from the characters around them, characters do not. */
const before = /^[\x21-\x7e]/.test(brand.zh) ? ' ' : '';
const after = /[\x21-\x7e]$/.test(brand.zh) ? ' ' : '';
export const zhApp = {
  /** After a punctuation mark, or first in a sentence. */
  first: `${brand.zh}${after}`,
  /** Between characters. */
  between: `${before}${brand.zh}${after}`,
  /** Before a punctuation mark. */
  last: `${before}${brand.zh}`,
};

import en from '../../../docs/GUIDE.md';
import zh from '../../../docs/GUIDE.zh.md';
import { brand } from '../text/brand';
import type { Language } from '../text/text.svelte';
import { wordsOf } from './marks';

/** A section and its words, ready to be drawn. */
export interface Section {
  id: string;
  title: string;
  html: string;
}

export interface Chapter {
  id: string;
  title: string;
  /** What stands before its first section. */
  lead: string;
  sections: Section[];
}

export interface Guide {
  title: string;
  lead: string;
  chapters: Chapter[];
}

export const guides: Record<Language, Guide> = { zh: called(zh, brand.zh), en: called(en, brand.en) };

/** The guide with the name that the app goes by. Only between letters of Latin a space stands beside a name. */
export function called(guide: Guide, name: string): Guide {
  const before = /^[\x21-\x7e]/.test(name);
  const after = /[\x21-\x7e]$/.test(name);
  const named = (text: string) =>
    text.replace(/(\p{Script=Han} )?Liveshop( \p{Script=Han})?/gu, (_whole, left = '', right = '') => `${before ? left : left.trimEnd()}${name}${after ? right : right.trimStart()}`);
  return JSON.parse(named(JSON.stringify(guide))) as Guide;
}

/** The words of a piece of the guide, without what draws them. */
export function plain(html: string): string {
  const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' };
  return html.replace(/<[^>]+>/g, ' ').replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? entity);
}

/** What of the guide has all the words that are looked for: whole chapters by their title, else single sections. */
export function found(guide: Guide, looked: string): Chapter[] {
  const words = wordsOf(looked);
  if (words.length === 0) return guide.chapters;
  const has = (...texts: string[]) => {
    const text = texts.map(plain).join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return guide.chapters.flatMap((chapter) => {
    if (has(chapter.title)) return [chapter];
    const sections = chapter.sections.filter((section) => has(chapter.title, section.title, section.html));
    const lead = has(chapter.title, chapter.lead) ? chapter.lead : '';
    return sections.length > 0 || lead !== '' ? [{ ...chapter, lead, sections }] : [];
  });
}

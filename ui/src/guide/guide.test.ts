import { render } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import KeysDialog from '../settings/KeysDialog.svelte';
import { Preferences } from '../settings/preferences.svelte';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { readGuide } from '../../vite/guide';
import { called, found, guides, plain } from './guide';

const ELLIPSIS = '…';

/** Whatever is asked of it is an ellipsis: what the guide writes where the window has an amount, a name or a number. */
const elided: unknown = new Proxy(() => '', { get: (_target, key) => (key === Symbol.toPrimitive ? () => ELLIPSIS : key === 'toString' ? () => ELLIPSIS : ELLIPSIS) });

/** Every text of the window, with ellipses for what changes. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'function') {
    return [ELLIPSIS, elided].flatMap((argument) => {
      const said: unknown = value(argument);
      return typeof said === 'string' || (typeof said === 'object' && said !== null) ? texts(said) : [];
    });
  }
  return Object.values(value as object).flatMap(texts);
}

function all(html: string, tag: string): string[] {
  return [...html.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(([, inner]) => plain(inner ?? ''));
}

const htmlOf = (guide: (typeof guides)['en']) => [guide.lead, ...guide.chapters.flatMap((one) => [one.lead, ...one.sections.map((section) => section.html)])].join('\n');

describe.each([
  { language: 'zh' as const, words: zh },
  { language: 'en' as const, words: en },
])('the guide in $language', ({ language, words }) => {
  const html = htmlOf(guides[language]);

  test('quotes the window word for word', () => {
    const window = [...new Set(texts(words))];
    // A whole text, or its first sentence.
    const said = (quote: string) => window.some((text) => text === quote || text.startsWith(`${quote}。`) || text.startsWith(`${quote}.`));
    const quoted = [...new Set(all(html, 'strong'))];
    expect(quoted.length).toBeGreaterThan(60);
    expect(quoted.filter((quote) => !said(quote))).toEqual([]);
  });

  test('names no key that does nothing', () => {
    render(KeysDialog, { preferences: new Preferences(), hosted: true, onClose: () => {} });
    const caps = new Set([...document.querySelectorAll('kbd')].map((cap) => cap.textContent));
    // Keys of every window, and the other name of a key.
    for (const cap of ['Tab', 'Cmd']) caps.add(cap);
    expect([...new Set(all(html, 'kbd'))].filter((cap) => !caps.has(cap))).toEqual([]);
  });

  test('leads only to its own headings', () => {
    const ids = new Set(guides[language].chapters.flatMap((chapter) => [chapter.id, ...chapter.sections.map((section) => section.id)]));
    const links = [...html.matchAll(/<a href=".\/#([^"]*)"/g)].map(([, id]) => id ?? '');
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((id) => !ids.has(id))).toEqual([]);
  });
});

test('both languages have the same chapters, sections, rows, items and links', () => {
  const shape = (guide: (typeof guides)['en']) =>
    guide.chapters.flatMap((chapter) =>
      [{ id: chapter.id, html: chapter.lead }, ...chapter.sections].map(({ id, html }) => ({
        id,
        ...Object.fromEntries(['<p', '<tr', '<li', '<a ', '<code'].map((tag) => [tag, html.split(tag).length - 1])),
      })),
    );
  expect(shape(guides.en)).toEqual(shape(guides.zh));
});

test('Chinese is punctuated in Chinese', () => {
  expect(plain(htmlOf(guides.zh)).match(/\p{Script=Han} *[,?!;:]|[,?!;] *\p{Script=Han}/gu)).toBeNull();
});

test('English neither shouts nor pleads', () => {
  expect(plain(htmlOf(guides.en)).match(/!|sorry|please/gi)).toBeNull();
});

test('finds whole chapters by their title and single sections by their words', () => {
  const ids = (looked: string) => found(guides.en, looked).map(({ id, sections }) => [id, sections.length]);
  expect(ids('')).toHaveLength(guides.en.chapters.length);
  const keyboard = guides.en.chapters.find((chapter) => chapter.title === 'Keyboard');
  expect(ids('keyboard')).toContainEqual([keyboard?.id, 0]);
  const clock = found(guides.en, 'CLOCK days off').flatMap((chapter) => chapter.sections.map((section) => section.title));
  expect(clock).toEqual(['The computer’s clock is wrong']);
  expect(found(guides.zh, '三个工作日').flatMap((chapter) => chapter.sections.map((section) => section.title))).toEqual(['退款要多久']);
  expect(found(guides.en, 'no such word')).toEqual([]);
});

test('calls the app by its name, spaced as its letters ask for', () => {
  const of = (text: string, name: string) => called({ title: '', lead: text, chapters: [] }, name).lead;
  expect(of('打开 Liveshop 就好，Liveshop 会在', '山屿窑')).toBe('打开山屿窑就好，山屿窑会在');
  expect(of('打开 Liveshop 就好，Liveshop 会在', 'Kiln')).toBe('打开 Kiln 就好，Kiln 会在');
  expect(of('open Liveshop again, on liveshop://', '山屿窑')).toBe('open 山屿窑 again, on liveshop://');
});

describe('reading', () => {
  test('gives headings ids by their place, and links the ids of the headings they name', () => {
    const guide = readGuide('# Title\n\nLead **bold**.\n\n## One\n\n### First part\n\nSee [two](#two-more).\n\n## Two more\n\nText');
    expect(guide).toEqual({
      title: 'Title',
      lead: '<p>Lead <strong>bold</strong>.</p>\n',
      chapters: [
        { id: 'guide-1', title: 'One', lead: '', sections: [{ id: 'guide-1-1', title: 'First part', html: '<p>See <a href="./#guide-2">two</a>.</p>\n' }] },
        { id: 'guide-2', title: 'Two more', lead: '<p>Text</p>\n', sections: [] },
      ],
    });
  });

  test('refuses a link that leads nowhere, and headings that cannot be told apart', () => {
    expect(() => readGuide('# T\n\n## One\n\n[gone](#gone)')).toThrow('links to #gone');
    expect(() => readGuide('# T\n\n## One\n\n[out](https://example.com)')).toThrow('no heading of it');
    expect(() => readGuide('# T\n\n## One\n\n## One')).toThrow('same name');
  });
});

import { expect, test } from 'vitest';
import { readBrand, withBrand } from '../../vite/brand.mjs';
import { brand } from './brand';
import { en } from './en';
import { zh } from './zh';

test('the app is called by its brand', () => {
  expect([zh.app, en.app]).toEqual([brand.zh, brand.en]);
});

test('no text names the app but through its brand', () => {
  const sources = import.meta.glob<string>(['./*.ts', '!./*.test.ts'], { query: '?raw', import: 'default', eager: true });
  const naming = Object.entries(sources).flatMap(([file, text]) => text.split('\n').filter((line) => line.includes('Liveshop')).map((line) => `${file}: ${line.trim()}`));
  // Whose work the program is, and under which licence, is true under every name.
  expect(naming.filter((line) => !line.includes('licencesBody'))).toEqual([]);
});

test('a page of another brand is named after it and has its picture', () => {
  const kiln = readBrand('../src-tauri/tests/brand/mountain-kiln.json');
  expect(kiln).toMatchObject({ name: { zh: '山屿窑', en: 'Mountain Kiln' }, iconUrl: 'brand.svg' });
  expect(kiln.iconFile).toMatch(/[\\/]src-tauri[\\/]tests[\\/]brand[\\/]icon\.svg$/);
  const plugin = withBrand(kiln) as unknown as { config: () => { define: Record<string, string> }; transformIndexHtml: (html: string) => string };
  expect(JSON.parse(plugin.config().define.__BRAND__ ?? '')).toEqual({ zh: '山屿窑', en: 'Mountain Kiln', icon: 'brand.svg' });
  expect(plugin.transformIndexHtml('<title>Liveshop</title>')).toBe('<title>Mountain Kiln</title>');
});

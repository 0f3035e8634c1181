import type { Goods } from '../src/host/contract';
import english from '../../src-tauri/practice/goods.en.csv?raw';
import chinese from '../../src-tauri/practice/goods.zh.csv?raw';
import type { Language } from '../src/text/text.svelte';

const pictures = import.meta.glob<string>('../../src-tauri/practice/*.{png,jpg}', { query: '?url', import: 'default', eager: true });

/** Address of a picture of the practice room. */
export function samplePicture(name: string): string {
  const url = pictures[`../../src-tauri/practice/${name}`];
  if (url === undefined) throw new Error(`no sample picture ${name}`);
  return url;
}

/** One line of a CSV file; fields in quotation marks may hold commas. */
function fields(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g)].map((match) => match[1] ?? match[2] ?? '');
}

function optional(text: string | undefined): number | null {
  return text === undefined || text === '' ? null : Number(text);
}

/** The practice room's own sample goods. */
export function sampleGoods(language: Language): Goods[] {
  const [head, ...lines] = (language === 'zh' ? chinese : english).trim().split('\n');
  const names = fields(head ?? '');
  return lines.map((line, index) => {
    const values = fields(line);
    const row = Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
    return {
      goods_id: `goods-${index + 1}`,
      lot: index + 1,
      title: row['title'] ?? '',
      note: row['note'] ?? null,
      kind: row['kind'] === 'fins' ? 'fins' : 'merchandise',
      fins: optional(row['fins']),
      price_fen: Number(row['price_fen']),
      price_version: 1,
      deal: null,
      stock_left: Number(row['stock']),
      held: 0,
      limit_per_viewer: optional(row['limit_per_viewer']),
      on_sale: row['on_sale'] === 'true',
      pinned: row['pinned'] === 'true',
      picture: row['picture'] ?? null,
      description: row['description'] ?? null,
    };
  });
}

/** A long shelf: the sample goods over and over, each with a number of its own. */
export function manyGoods(sample: unknown, count: number): Goods[] {
  const few = Array.isArray(sample) ? (sample as Goods[]) : [];
  return Array.from({ length: count }, (_, at) => ({ ...few[at % few.length]!, goods_id: `goods-${at + 1}`, lot: at + 1, pinned: at === 1 }));
}

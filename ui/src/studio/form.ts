import type { Goods, GoodsDraft, GoodsKind, StudioGoods } from '../host/contract';
import { amountParts } from '../shared/money';

/** The shop's own limits. */
export const TITLE_MAX = 60;
export const NOTE_MAX = 60;
export const DESCRIPTION_MAX = 2_000;
export const PRICE_MAX_FEN = 9_999_999;
export const STOCK_MAX = 99_999;
const FINS_MAX = 9_999_999;

/** What is written about an item, as it stands in the fields. */
export interface Form {
  title: string;
  note: string;
  description: string;
  kind: GoodsKind;
  fins: string;
  price: string;
  limit: string;
  stock: string;
  on_sale: boolean;
  picture: string | null;
}

export type Field = keyof Form;

/** The fields in the order of the editor. */
export const FIELDS = ['picture', 'title', 'kind', 'fins', 'price', 'limit', 'stock', 'note', 'description', 'on_sale'] as const satisfies readonly Field[];

/** Why a field cannot stand. */
export type Fault = 'title' | 'fins' | 'price' | 'below_deal' | 'limit' | 'stock' | 'held' | 'note' | 'description';

const BLANK: Form = { title: '', note: '', description: '', kind: 'merchandise', fins: '', price: '', limit: '', stock: '', on_sale: true, picture: null };

/** Pieces of an item that wait for buyers: those in unpaid orders may come back. */
export function stockOf({ stock_left, held }: Goods): number {
  return stock_left + held;
}

/** The fields of an item, or of a new one. */
export function formOf(row: StudioGoods | null): Form {
  if (row === null) return { ...BLANK };
  const { item } = row;
  return {
    title: item.title,
    note: item.note ?? '',
    description: item.description ?? '',
    kind: item.kind,
    fins: item.fins === null ? '' : String(item.fins),
    price: priceText(item.price_fen),
    limit: item.limit_per_viewer === null ? '' : String(item.limit_per_viewer),
    stock: String(stockOf(item)),
    on_sale: item.on_sale,
    picture: item.picture,
  };
}

/** `228.50`: no sign and no commas, to be edited. */
export function priceText(fen: number): string {
  const { yuan, fen: cents } = amountParts(fen);
  return `${yuan.replaceAll(',', '')}.${cents}`;
}

/** Fen of a price as people write it: 228, 228.5, ￥228.50, digits at full width; nothing when it is none. Digits are moved, money is never multiplied. */
export function priceOf(text: string): number | null {
  const match = /^[¥￥]?(\d{1,5})(?:\.(\d{0,2}))?$/.exec(text.normalize('NFKC').replace(/[\s,，]/g, ''));
  if (match === null) return null;
  const fen = Number(`${match[1]}${(match[2] ?? '').padEnd(2, '0')}`);
  return fen >= 1 && fen <= PRICE_MAX_FEN ? fen : null;
}

/** A whole number between two others; nothing when it is none. */
export function countOf(text: string, least: number, most = STOCK_MAX): number | null {
  const digits = text.normalize('NFKC').replace(/[\s,，]/g, '');
  if (!/^\d{1,7}$/.test(digits)) return null;
  const n = Number(digits);
  return n >= least && n <= most ? n : null;
}

export function lengthOf(text: string): number {
  return Array.from(text.trim()).length;
}

/** Why a field of an item, or of a new one, cannot stand, by the shop's own rules; nothing when it can. */
export function faultOf(field: Field, form: Form, item: Goods | null): Fault | null {
  switch (field) {
    case 'title':
      return lengthOf(form.title) >= 1 && lengthOf(form.title) <= TITLE_MAX ? null : 'title';
    case 'note':
      return lengthOf(form.note) <= NOTE_MAX ? null : 'note';
    case 'description':
      return lengthOf(form.description) <= DESCRIPTION_MAX ? null : 'description';
    case 'fins':
      return form.kind !== 'fins' || countOf(form.fins, 1, FINS_MAX) !== null ? null : 'fins';
    case 'price': {
      const price = priceOf(form.price);
      // A deal is never dearer than the item itself.
      return price === null ? 'price' : price <= (item?.deal?.price_fen ?? 0) ? 'below_deal' : null;
    }
    case 'limit':
      return form.limit.trim() === '' || countOf(form.limit, 1) !== null ? null : 'limit';
    case 'stock': {
      const stock = countOf(form.stock, 0);
      return stock === null ? 'stock' : stock < (item?.held ?? 0) ? 'held' : null;
    }
    case 'kind':
    case 'on_sale':
    case 'picture':
      return null;
  }
}

/** The fields that cannot stand, in the order of the editor. */
export function wrongFields(form: Form, item: Goods | null): Field[] {
  return FIELDS.filter((field) => faultOf(field, form, item) !== null);
}

/** What goes to the shop; every field must stand. */
export function draftOf(form: Form): GoodsDraft {
  const { kind, on_sale, picture } = form;
  return {
    title: form.title.trim(),
    note: textOrNull(form.note),
    description: textOrNull(form.description),
    kind,
    fins: kind === 'fins' ? countOf(form.fins, 1, FINS_MAX) : null,
    price_fen: priceOf(form.price) ?? 0,
    limit_per_viewer: countOf(form.limit, 1),
    on_sale,
    picture,
  };
}

/** What stands of an item now, as it would be sent. */
export function draftOfItem({ title, note, description, kind, fins, price_fen, limit_per_viewer, on_sale, picture }: Goods): GoodsDraft {
  return { title, note, description, kind, fins, price_fen, limit_per_viewer, on_sale, picture };
}

/** Whether two values of a field come to the same. */
export function sameField(field: Field, a: Form, b: Form): boolean {
  return canonical(field, a) === canonical(field, b);
}

function canonical(field: Field, form: Form): string | number | boolean | null {
  switch (field) {
    case 'price':
      return priceOf(form.price) ?? form.price;
    case 'fins':
      return form.kind === 'fins' ? (countOf(form.fins, 1, FINS_MAX) ?? form.fins) : '';
    case 'limit':
      return countOf(form.limit, 1) ?? form.limit.trim();
    case 'stock':
      return countOf(form.stock, 0) ?? form.stock;
    case 'title':
    case 'note':
    case 'description':
      return form[field].trim();
    case 'kind':
    case 'on_sale':
    case 'picture':
      return form[field];
  }
}

function textOrNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}

import type { CommandError, Deal, Goods, ImportReport, StudioGoods } from '../../src/host/contract';
import type { FakeHost } from '../../src/host/fake';
import { manyGoods } from '../sample';
import type { State, Step } from '../states';

const away: CommandError = { code: 'no_answer', message: '' };
const stale: CommandError = { code: 'stale', message: '' };

const opened: Step[] = [{ wait: '[data-goods]' }, { click: '[data-section="studio"]' }, { wait: '[data-studio-at="ready"]' }];
const page = (name: string): Step[] => [...opened, { click: `[data-studio="${name}"]` }];
const row = (n: number, more = ''): string => `[data-row="goods-${n}"] ${more}`;
const editing = (n: number): Step[] => [...opened, { click: row(n, '[data-act="edit"]') }, { wait: `[data-editor="goods-${n}"]` }];

function deal(host: FakeHost, price_fen: number, starts: number, ends: number, pieces: number, pieces_left: number): Deal {
  return { price_fen, price_version: 2, starts_at: host.nowS + starts, ends_at: host.nowS + ends, pieces, pieces_left };
}

function change(host: FakeHost, n: number, more: Partial<Goods>, beside: Partial<Omit<StudioGoods, 'item'>> = {}): void {
  const id = `goods-${n}`;
  if (Array.isArray(host.stock)) host.stock = host.stock.map((one) => (one.goods_id === id ? { ...one, ...more } : one));
  host.studio.beside.set(id, { ...host.studio.beside.get(id), ...beside });
}

/** A show in full swing: deals, sales, something held, something off sale. */
function busy(host: FakeHost): void {
  host.studio.who = { streamer: '阿禾', rehearsal: false };
  const sold = [6, 42, 18, 17, 43, 8, 31, 0, 3];
  sold.forEach((n, at) => change(host, at + 1, {}, { sold: n }));
  const second = deal(host, 22800, -28, 272, 60, 18);
  change(host, 2, { price_fen: 29800, deal: second, stock_left: 16, held: 2, limit_per_viewer: 2 }, { open_orders: 2, last_deal: second });
  change(host, 5, { deal: deal(host, 10990, -100, 665, 40, 22) });
  change(host, 6, { stock_left: 0, on_sale: false });
  change(host, 8, { deal: deal(host, 4900, 4000, 4600, 20, 20) });
  change(host, 7, {}, { last_deal: deal(host, 2990, -4000, -3400, 30, 4) });
  const none = { buyers: 0, open: 0, closed: 0, pieces: 0, refunds: 0, refunded_fen: 0, step_s: 60, steps: [], goods: [] };
  host.studio.figures = () => Promise.resolve({ since: host.nowS, now_s: host.nowS, ...none, orders: 168, paid: 150, paid_fen: 2_438_640 });
}

function studio(steps: Step[], more?: (host: FakeHost) => void, extra: Partial<State> = {}): State {
  return {
    host: (host) => {
      busy(host);
      more?.(host);
    },
    steps,
    ...extra,
  };
}

/** After the desk was read, edits come to this. */
const failing = (error: CommandError | 'never') => (host: FakeHost) => void (host.studio.onEdit = error);

const row1 = { line: 2, title: '雨过天青盖碗 · Celadon lidded bowl', outcome: 'changed' as const, problems: [] };
const fine: ImportReport = { taken: false, rows: [row1, { line: 3, title: '竹茶则 · Bamboo scoop', outcome: 'added', problems: [] }, { line: 4, title: '月白茶杯 · Moon-white cups', outcome: 'same', problems: [] }] };
const wrong: ImportReport = {
  taken: false,
  rows: [
    row1,
    { line: 3, title: '', outcome: 'wrong', problems: [{ column: 'title', value: '', code: 'missing' }, { column: 'price_fen', value: '12.50', code: 'not_readable' }] },
    { line: 5, title: '檀香 · Sandalwood', outcome: 'wrong', problems: [{ column: 'kind', value: 'incense', code: 'unknown' }, { column: 'stock', value: '1000000', code: 'out_of_range' }] },
    { line: 6, title: '檀香 · Sandalwood', outcome: 'wrong', problems: [{ column: 'goods_id', value: 'goods-8', code: 'twice' }, { column: 'deal_price_fen', value: '9900', code: 'deal_price' }, { column: 'deal_pieces', value: '80', code: 'deal_pieces' }] },
    { line: 7, title: '铁壶 · Kettle', outcome: 'wrong', problems: [{ column: 'deal_minutes', value: '', code: 'deal_incomplete' }, { column: 'note', value: '…', code: 'too_long' }, { column: 'colour', value: 'red', code: 'columns' }] },
  ],
};
const importing = (wait: string): Step[] => [...opened, { click: '[data-act="import"]' }, { wait: '[data-import]' }, { file: '[data-file="csv"]' }, { wait }];
const LONG = 'Extraordinarily long handmade wood-fired teapot 三十个字长的商品名称看看放不放得下';

/** The streamer's studio. */
export const studioStates: Record<string, State> = {
  studio: studio([...opened, { wait: row(2) }]),
  studio_selected: studio(editing(2)),
  studio_cell: studio([...opened, { click: row(4, '[data-column="stock"]') }, { wait: '[data-state="editing"]' }]),
  studio_cell_wrong: studio([...opened, { click: row(4, '[data-column="price"]') }, { press: 'Control+a' }, { type: 'abc' }, { press: 'Enter' }, { wait: '[data-state="wrong"], [aria-invalid="true"]' }]),
  studio_cell_failed: studio([...opened, { click: row(4, '[data-column="price"]') }, { type: '188' }, { press: 'Enter' }, { wait: '[data-state="wrong"]' }], failing(away)),
  studio_cell_saving: studio([...opened, { click: row(4, '[data-column="price"]') }, { type: '188' }, { press: 'Enter' }, { wait: '[data-state="saving"]' }], failing('never')),
  studio_saved: studio([...opened, { click: row(4, '[data-column="price"]') }, { press: 'Control+a' }, { type: '188' }, { press: 'Enter' }, { press: 'Escape' }, { wait: '[data-told="saved"]' }]),
  studio_undone: studio([...opened, { click: row(4, '[data-act="on-sale"]') }, { wait: '[data-told="saved"]' }, { click: '[data-act="undo"]' }, { wait: '[data-told="undone"]' }]),
  studio_failed_edit: studio([...opened, { click: row(1, '[data-act="explain"]') }, { wait: '[data-told="failed"]' }], failing(away)),
  studio_pin_sold: studio([...opened, { click: row(6, '[data-act="explain"]') }, { wait: '[role="alertdialog"]' }]),
  studio_search: studio([...opened, { click: '[data-search]' }, { type: '4' }]),
  studio_search_none: studio([...opened, { click: '[data-search]' }, { type: 'zzz' }, { wait: '[data-notice="no-match"]' }]),
  studio_empty: studio([{ wait: '[data-section="studio"]' }, { click: '[data-section="studio"]' }, { wait: '[data-notice="empty"]' }], (host) => (host.stock = [])),
  studio_loading: studio([{ wait: '[data-goods]' }, { click: '[data-section="studio"]' }, { wait: '.skeleton' }], (host) => (host.studio.onOpen = 'never')),
  studio_failed: studio([{ wait: '[data-goods]' }, { click: '[data-section="studio"]' }, { wait: '[data-notice="failed"]' }], (host) => (host.studio.onOpen = away)),
  studio_offline: studio([...editing(2), { press: 'F9' }, { wait: '[data-studio-at] .banner' }]),
  studio_many: studio([...opened, { wait: row(2) }], (host) => (host.stock = manyGoods(host.stock, 2000))),
  studio_long_names: studio([...editing(2)], (host) => {
    if (Array.isArray(host.stock)) host.stock = host.stock.map((one) => ({ ...one, title: LONG, price_fen: 9_999_999, stock_left: 99_990, held: 9 }));
  }),
  studio_keys: studio([...opened, { press: '?' }, { wait: 'dialog' }]),
  studio_practice: studio([...opened, { wait: row(2) }], (host) => (host.studio.who = { streamer: '练习主播', rehearsal: true }), { practice: true }),

  studio_editor_new: studio([...opened, { click: '[data-act="add-item"]' }, { wait: '[data-editor="new"]' }]),
  studio_editor_faults: studio([...opened, { click: '[data-act="add-item"]' }, { click: '[data-act="deal"]' }, { click: '[data-act="save"]' }, { wait: '[aria-invalid="true"]' }]),
  studio_editor_fins: studio([...opened, { click: '[data-act="add-item"]' }, { click: '[data-act="kind-fins"]' }, { wait: '[data-input="fins"]' }]),
  studio_editor_deal: studio([...editing(3), { click: '[data-editor] [data-act="deal"]' }, { click: '[data-act="deal-at"]' }, { wait: '[data-input="deal-start"]' }]),
  studio_editor_end_deal: studio([...editing(2), { click: '[data-editor] [data-act="end-deal"]' }, { wait: '[role="alertdialog"]' }]),
  studio_editor_remove: studio([...editing(2), { click: '[data-act="remove"]' }, { wait: '[role="alertdialog"]' }]),
  studio_editor_leave: studio([...editing(3), { click: '[data-input="title"]' }, { type: ' ×' }, { click: '[data-act="close-editor"]' }, { wait: '[role="alertdialog"]' }]),
  studio_editor_failed: studio([...editing(3), { click: '[data-input="title"]' }, { type: ' ×' }, { press: 'Control+s' }, { wait: '.trouble' }], failing(away)),
  studio_editor_picture: studio([...editing(3), { file: '[data-file="picture"]' }, { wait: '[data-picture="idle"] .said svg' }]),
  studio_editor_crop: studio([...editing(3), { picture: '[data-file="picture"]' }, { wait: '[data-crop]' }]),
  studio_conflict: studio([...editing(3), { click: '[data-input="title"]' }, { type: ' ×' }, { press: 'F10' }, { press: 'Control+s' }, { wait: '[data-conflict]' }]),
  studio_gone: studio([...editing(3), { click: '[data-input="title"]' }, { type: ' ×' }, { press: 'F11' }, { wait: '[data-gone]' }]),

  studio_import: studio([...opened, { click: '[data-act="import"]' }, { wait: '[data-import="choose"]' }]),
  studio_import_checking: studio(importing('[data-import="checking"]'), (host) => (host.studio.report = 'never')),
  studio_import_ready: studio(importing('[data-import="checked"]'), (host) => (host.studio.report = fine)),
  studio_import_wrong: studio(importing('[data-import="checked"]'), (host) => (host.studio.report = wrong)),
  studio_import_done: studio([...importing('[data-import="checked"]'), { click: '[data-act="import-go"]' }, { wait: '[data-import="taken"]' }], (host) => (host.studio.report = fine)),
  studio_import_failed: studio(importing('[data-trouble]'), (host) => (host.studio.report = away)),
  studio_export: studio([...opened, { click: '[data-act="export"]' }, { wait: '[data-told="file"]' }]),

  studio_deals: studio([...page('deals'), { wait: '[data-deal-of]' }]),
  studio_deals_end: studio([...page('deals'), { click: '[data-deal-of="goods-2"] [data-act="end-deal"]' }, { wait: '[role="alertdialog"]' }]),
  studio_deals_new: studio([...page('deals'), { click: '[data-act="new-deal"]' }, { select: ['[data-input="deal-item"]', 'goods-3'] }, { wait: '[data-input="deal-price"]' }]),
  studio_deals_none: studio([...page('deals'), { wait: '[data-notice="no-deals"]' }], (host) => {
    if (Array.isArray(host.stock)) host.stock = host.stock.map((one) => ({ ...one, deal: null }));
    host.studio.beside.clear();
  }),

  studio_show: studio([...page('show'), { wait: '[data-show]' }]),
  studio_show_faults: studio([...page('show'), { click: '[data-input="stream"]' }, { type: 'ftp://x' }, { click: '[data-input="title"]' }, { press: 'Control+a' }, { press: 'Delete' }, { click: '[data-act="save-show"]' }, { wait: '[aria-invalid="true"]' }]),
  studio_show_soon: studio([...page('show'), { click: '[data-act="go-live"]' }, { wait: '[role="alertdialog"]' }], (host) => {
    if (typeof host.entrance === 'object' && 'room' in host.entrance) host.entrance = { ...host.entrance, room: { ...host.entrance.room, state: 'soon' } };
  }),
  studio_show_over: studio([...page('show'), { click: '[data-act="end-show"]' }, { wait: '[role="alertdialog"]' }]),
  studio_show_conflict: studio([...page('show'), { click: '[data-input="title"]' }, { type: ' ×' }, { press: 'Control+s' }, { wait: '[data-conflict]' }], (host) => {
    const open = host.studio.open.bind(host.studio);
    host.studio.editRoom = () => {
      host.studio.open = async () => {
        const desk = await open();
        return { ...desk, room_revision: 9, room: { ...desk.room, title: `${desk.room.title} · II`, notice: '23:30' } };
      };
      return Promise.reject(stale);
    };
  }),
  studio_show_reset: studio([...page('show'), { click: '[data-act="reset-practice"]' }, { wait: '[role="alertdialog"]' }], (host) => (host.studio.who = { streamer: '练习主播', rehearsal: true }), { practice: true }),

  settings_host: { steps: [{ wait: '[data-goods]' }, { click: '[data-section="settings"]' }, { click: '[data-group="host"]' }, { wait: '[data-hosting="no"]' }] },
  settings_host_refused: {
    host: (host) => (host.studio.onHost = { code: 'unauthorised', message: '' }),
    steps: [{ wait: '[data-goods]' }, { click: '[data-section="settings"]' }, { click: '[data-group="host"]' }, { click: '[data-input="host-token"]' }, { type: 'lst_0123456789' }, { press: 'Enter' }, { wait: '[aria-invalid="true"]' }],
  },
  settings_hosting: studio([{ wait: '[data-goods]' }, { click: '[data-section="settings"]' }, { click: '[data-group="host"]' }, { wait: '[data-hosting="yes"]' }]),
};

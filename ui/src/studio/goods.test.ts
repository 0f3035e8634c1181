import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, test } from 'vitest';
import { act, button, freshHost, opened } from '../driving';
import type { CommandError } from '../host/contract';
import { type FakeHost, fakeGoods } from '../host/fake';
import { cell, change, editor, inStudio, input, item, order, row, studioHost, told } from './driving';

const away: CommandError = { code: 'no_answer', message: '' };

let host: FakeHost;

beforeEach(() => {
  host = studioHost();
});

describe('the section', () => {
  test('is there for whoever hosts the room, under Ctrl+3', async () => {
    const user = await opened(host);
    await waitFor(() => expect(button('[data-section="studio"]')).toBeVisible());
    await user.keyboard('{Control>}3{/Control}');
    expect(await screen.findByRole('heading', { name: '工作室' })).toBeVisible();
    await user.keyboard('{Control>}4{/Control}');
    expect(await screen.findByRole('heading', { name: '设置' })).toBeVisible();
  });

  test('is not there for viewers, and Ctrl+3 leads nowhere', async () => {
    host = freshHost();
    const user = await opened(host);
    expect(document.querySelector('[data-section="studio"]')).toBeNull();
    await user.keyboard('{Control>}3{/Control}');
    expect(document.querySelector('[data-section="room"]')).toHaveAttribute('aria-current', 'page');
  });

  test('keeps what was typed in the editor while the streamer is elsewhere', async () => {
    const user = await inStudio(host);
    await user.click(row('g1', '[data-act="edit"]'));
    await user.type(input('title'), '（新）');
    await user.keyboard('{Control>}1{/Control}{Control>}3{/Control}');
    expect(input('title')).toHaveValue('雨过天青盖碗（新）');
  });

  test('that does not open says so and opens when tried again', async () => {
    host.studio.onOpen = away;
    const user = await inStudio(host);
    expect(screen.getByText('工作室没有打开')).toBeVisible();
    host.studio.onOpen = 'opened';
    await user.click(button('[data-notice="failed"] [data-act="retry"]'));
    await waitFor(() => expect(row('g1')).toBeVisible());
  });

  test('locks its edits while offline, keeps what was typed, and opens up again', async () => {
    const user = await inStudio(host);
    await user.click(row('g1', '[data-act="edit"]'));
    await user.type(input('title'), '！');
    host.connection(false);
    await screen.findByText(/已断线，显示的是/);
    await user.click(act('save'));
    await user.click(cell('g2', 'price'));
    expect(host.called('editItem')).toHaveLength(0);
    expect(document.querySelector('[data-state="editing"]')).toBeNull();
    host.connection(true);
    await waitFor(() => expect(screen.queryByText(/已断线，显示的是/)).toBeNull());
    await user.click(act('save'));
    await waitFor(() => expect(item(host, 'g1').title).toBe('雨过天青盖碗！'));
  });
});

describe('a cell', () => {
  test('is edited by a click; Enter saves and goes down, and viewers see it', async () => {
    const user = await inStudio(host);
    await user.click(cell('g1', 'price'));
    await user.clear(document.activeElement as HTMLElement);
    await user.keyboard('￥１８８{Enter}');
    await waitFor(() => expect(item(host, 'g1').price_fen).toBe(18_800));
    expect(row('g2', '[data-cell="price"]').dataset['state']).toBe('editing');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(told()).toMatch(/^已保存 · 观众端 \d\.\d 秒内更新 · 直播中改价：已下单的不变，新订单按 ¥188.00。$/));
  });

  test('is edited with F2, restored with Esc, and Tab goes on to the next', async () => {
    const user = await inStudio(host);
    cell('g1', 'price').focus();
    await user.keyboard('{F2}99{Escape}');
    expect(cell('g1', 'price')).toHaveTextContent('¥168.00');
    expect(document.activeElement).toBe(cell('g1', 'price'));
    await user.keyboard('{F2}{Tab}');
    expect(row('g1', '[data-cell="stock"]').dataset['state']).toBe('editing');
    await user.keyboard('30{Tab}');
    await waitFor(() => expect(item(host, 'g1').stock_left).toBe(30));
    expect(row('g2', '[data-cell="title"]').dataset['state']).toBe('editing');
    await user.keyboard('{Shift>}{Tab}{/Shift}');
    expect(row('g1', '[data-cell="stock"]').dataset['state']).toBe('editing');
  });

  test('says what cannot stand only when it is left, and keeps it', async () => {
    const user = await inStudio(host);
    await user.click(cell('g1', 'price'));
    await user.clear(document.activeElement as HTMLElement);
    await user.keyboard('abc');
    expect(row('g1', '[data-cell="price"]')).not.toHaveTextContent('价格要在');
    await user.keyboard('{Enter}');
    expect(screen.getByText('价格要在 ¥0.01 到 ¥99,999.99 之间')).toBeVisible();
    await user.click(button('[data-search]'));
    expect(cell('g1', 'price')).toHaveTextContent('abc');
    expect(host.called('editItem')).toHaveLength(0);
    await user.click(cell('g1', 'price'));
    await user.clear(document.activeElement as HTMLElement);
    await user.keyboard('170{Enter}');
    await waitFor(() => expect(item(host, 'g1').price_fen).toBe(17_000));
  });

  test('of the stock adds to what is there, so that what is sold meanwhile is not put back', async () => {
    change(host, 'g1', { stock_left: 22, held: 2 });
    const user = await inStudio(host);
    expect(cell('g1', 'stock')).toHaveTextContent('的库存 24 保留 2');
    await user.click(cell('g1', 'stock'));
    change(host, 'g1', { stock_left: 20 });
    await user.clear(document.activeElement as HTMLElement);
    await user.keyboard('30{Enter}');
    await waitFor(() => expect(host.called('editItem')[0]?.args[1]).toMatchObject({ add_stock: 6 }));
    await waitFor(() => expect(item(host, 'g1').stock_left).toBe(26));
  });

  test('of the stock does not go below what unpaid orders hold', async () => {
    change(host, 'g1', { stock_left: 22, held: 2 });
    const user = await inStudio(host);
    await user.click(cell('g1', 'stock'));
    await user.clear(document.activeElement as HTMLElement);
    await user.keyboard('1{Enter}');
    expect(screen.getByText('不能少于正被保留的 2 件')).toBeVisible();
  });

  test('of a price below its running deal is refused in words', async () => {
    change(host, 'g1', { deal: { price_fen: 12_000, price_version: 2, starts_at: host.nowS - 5, ends_at: host.nowS + 500, pieces: 5, pieces_left: 5 } });
    const user = await inStudio(host);
    await user.click(cell('g1', 'price'));
    await user.clear(document.activeElement as HTMLElement);
    await user.keyboard('100{Enter}');
    expect(screen.getByText('价格要高于秒杀价 ¥120.00，或先结束秒杀')).toBeVisible();
  });

  test('that was not saved keeps what was typed and says why', async () => {
    const user = await inStudio(host);
    host.studio.onEdit = away;
    await user.click(cell('g1', 'title'));
    await user.keyboard('（特价）{Enter}');
    await waitFor(() => expect(row('g1', '[data-cell="title"]').dataset['state']).toBe('wrong'));
    expect(screen.getByText('没有保存成功，观众看到的还是原来的。商店没有回应，检查网络后再试。')).toBeVisible();
    host.studio.onEdit = 'done';
    await user.click(cell('g1', 'title'));
    await user.keyboard('{Enter}');
    await waitFor(() => expect(item(host, 'g1').title).toBe('（特价）'));
  });

  test('one after another of the same row are no conflict with oneself', async () => {
    const user = await inStudio(host);
    await user.click(cell('g1', 'price'));
    await user.clear(document.activeElement as HTMLElement);
    await user.keyboard('170{Tab}');
    await user.clear(document.activeElement as HTMLElement);
    await user.keyboard('9{Enter}');
    await waitFor(() => expect(item(host, 'g1')).toMatchObject({ price_fen: 17_000, stock_left: 9 }));
    expect(document.querySelector('[data-conflict]')).toBeNull();
  });
});

describe('the table', () => {
  test('is walked by the keyboard, and E explains the selected row and stops', async () => {
    const user = await inStudio(host);
    row('g1', '[data-act="edit"]').focus();
    await user.keyboard('{ArrowDown}{ArrowDown}');
    expect(document.activeElement).toBe(row('g3', '[data-act="edit"]'));
    await user.keyboard('e');
    await waitFor(() => expect(item(host, 'g3').pinned).toBe(true));
    await waitFor(() => expect(told()).toContain('正在讲解 3 号，观众已看到'));
    expect(item(host, 'g2').pinned).toBe(false);
    await user.keyboard('e');
    await waitFor(() => expect(item(host, 'g3').pinned).toBe(false));
  });

  test('explains with one click, and asks first when nothing is left of it', async () => {
    change(host, 'g3', { stock_left: 0 });
    const user = await inStudio(host);
    await user.click(row('g1', '[data-act="explain"]'));
    await waitFor(() => expect(item(host, 'g1').pinned).toBe(true));
    await user.click(row('g3', '[data-act="explain"]'));
    expect(screen.getByText('3 号已售完，仍要讲解吗？')).toBeVisible();
    expect(item(host, 'g3').pinned).toBe(false);
    await user.click(act('yes'));
    await waitFor(() => expect(item(host, 'g3').pinned).toBe(true));
  });

  test('takes an item off sale and says what becomes of its unpaid orders', async () => {
    change(host, 'g1', {}, { open_orders: 2 });
    const user = await inStudio(host);
    await user.click(row('g1', '[data-act="on-sale"]'));
    await waitFor(() => expect(item(host, 'g1').on_sale).toBe(false));
    await waitFor(() => expect(told()).toContain('已下架，观众看不到了；2 笔待付款订单不受影响。'));
  });

  test('is put into another order by keyboard: the focus stays with the row, and numbers stay while live', async () => {
    const user = await inStudio(host);
    row('g1', '[data-act="edit"]').focus();
    await user.keyboard('{Alt>}{ArrowDown}{/Alt}');
    await waitFor(() => expect(order()).toEqual(['g2', 'g1', 'g3']));
    await waitFor(() => expect(told()).toContain('直播中换顺序，编号不变：已经念给观众听过。'));
    expect(item(host, 'g1').lot).toBe(1);
    expect(document.activeElement).toBe(row('g1', '[data-act="edit"]'));
  });

  test('is put into another order by dragging', async () => {
    await inStudio(host);
    const handle = row('g3', '[data-act="move"]');
    const point = (what: string, clientY: number) => fireEvent(handle, new MouseEvent(what, { button: 0, clientY, bubbles: true }));
    await point('pointerdown', 140);
    await point('pointermove', 10);
    await point('pointerup', 10);
    await waitFor(() => expect(order()).toEqual(['g3', 'g1', 'g2']));
    expect(host.called('orderGoods')[0]?.args[0]).toEqual(['g3', 'g1', 'g2']);
  });

  test('is searched by name and number, and does not move while it is', async () => {
    const user = await inStudio(host);
    await user.keyboard('/');
    await user.keyboard('鲨鱼');
    expect(order()).toEqual(['g3']);
    await user.clear(button('[data-search]'));
    await user.keyboard('2');
    expect(order()).toEqual(['g2']);
    row('g2', '[data-act="edit"]').focus();
    await user.keyboard('{Alt>}{ArrowUp}{/Alt}');
    expect(host.called('orderGoods')).toHaveLength(0);
    await user.clear(button('[data-search]'));
    await user.type(button('[data-search]'), 'zzz');
    expect(screen.getByText('没有找到“zzz”')).toBeVisible();
    await user.keyboard('{Escape}');
    expect(order()).toHaveLength(3);
  });

  test('of thousands draws only what is in view', async () => {
    host.stock = Array.from({ length: 3000 }, (_, at) => ({ ...fakeGoods, goods_id: `m${at}`, lot: at + 1 }));
    await inStudio(host);
    expect(document.querySelectorAll('[data-row]').length).toBeLessThan(60);
    expect(button('[role="table"]')).toHaveAttribute('aria-rowcount', '3001');
  });

  test('that is empty leads to the first item', async () => {
    host.stock = [];
    const user = await inStudio(host);
    await user.click(act('add-first'));
    expect(editor()).toHaveAttribute('data-editor', 'new');
  });

  test('follows what another studio does', async () => {
    await inStudio(host);
    host.studio.elsewhere('g2', { title: '新名字' });
    await waitFor(() => expect(cell('g2', 'title')).toHaveTextContent('新名字'));
  });
});

describe('undo', () => {
  test('takes back the last edits, the latest first', async () => {
    const user = await inStudio(host);
    for (const price of ['170', '180']) {
      await user.click(cell('g1', 'price'));
      await user.clear(document.activeElement as HTMLElement);
      await user.keyboard(`${price}{Enter}{Escape}`);
      await waitFor(() => expect(item(host, 'g1').price_fen).toBe(Number(price) * 100));
    }
    await user.click(row('g2', '[data-act="on-sale"]'));
    await waitFor(() => expect(item(host, 'g2').on_sale).toBe(false));
    row('g2', '[data-act="edit"]').focus();
    await user.keyboard('{Control>}z{/Control}');
    await waitFor(() => expect(item(host, 'g2').on_sale).toBe(true));
    expect(told()).toBe('已撤销：上下架');
    await user.click(act('undo'));
    await waitFor(() => expect(item(host, 'g1').price_fen).toBe(17_000));
    await user.click(act('undo'));
    await waitFor(() => expect(item(host, 'g1').price_fen).toBe(16_800));
    await waitFor(() => expect(document.querySelector('[data-act="undo"]')).toBeNull());
  });

  test('takes back only the pieces that were added, whatever was sold since', async () => {
    const user = await inStudio(host);
    await user.click(cell('g1', 'stock'));
    await user.clear(document.activeElement as HTMLElement);
    await user.keyboard('30{Enter}{Escape}');
    await waitFor(() => expect(item(host, 'g1').stock_left).toBe(30));
    change(host, 'g1', { stock_left: 27 });
    await user.click(act('undo'));
    await waitFor(() => expect(item(host, 'g1').stock_left).toBe(21));
  });

  test('leaves alone what somebody else has changed since, and says so', async () => {
    const user = await inStudio(host);
    await user.click(row('g1', '[data-act="on-sale"]'));
    await waitFor(() => expect(item(host, 'g1').on_sale).toBe(false));
    host.studio.elsewhere('g1', { title: '别人改的' });
    await waitFor(() => expect(cell('g1', 'title')).toHaveTextContent('别人改的'));
    await user.click(act('undo'));
    expect(await screen.findByText('没有撤销：另一台设备后来也改过它，保留现在的内容。')).toBeVisible();
    expect(item(host, 'g1').on_sale).toBe(false);
  });

  test('leaves the shelf alone when another studio has changed it since', async () => {
    const user = await inStudio(host);
    row('g1', '[data-act="edit"]').focus();
    await user.keyboard('{Alt>}{ArrowDown}{/Alt}');
    await waitFor(() => expect(order()).toEqual(['g2', 'g1', 'g3']));
    host.stock = Array.isArray(host.stock) ? [...host.stock].reverse() : [];
    host.studio.changed('goods');
    await waitFor(() => expect(order()).toEqual(['g3', 'g1', 'g2']));
    await user.click(act('undo'));
    expect(await screen.findByText(/没有撤销：另一台设备后来也改过它/)).toBeVisible();
    expect(host.called('orderGoods')).toHaveLength(1);
  });

  test('puts the order of the shelf back', async () => {
    const user = await inStudio(host);
    row('g1', '[data-act="edit"]').focus();
    await user.keyboard('{Alt>}{ArrowDown}{/Alt}');
    await waitFor(() => expect(order()).toEqual(['g2', 'g1', 'g3']));
    await user.click(act('undo'));
    await waitFor(() => expect(order()).toEqual(['g1', 'g2', 'g3']));
  });
});

import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import type { UserEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { act, button, person } from '../../driving';
import type { FakeHost } from '../../host/fake';
import { type FakeStudioOrders, figuresOf } from '../../host/fakeStudioOrders';
import { at, away, detail, fins, ready, room, row, rows, sale, toShip, unpaid } from './selling';

let host: FakeHost;
let money: FakeStudioOrders;
let open: ReturnType<typeof room>;

beforeEach(() => {
  open = room();
  ({ host, money } = open);
});

function opened(): Promise<UserEvent> {
  open.show();
  return ready();
}

describe('the feed', () => {
  test('has the newest first, each with its mark, and shows the first', async () => {
    await opened();
    expect(rows()).toEqual(['O1', 'O2', 'O3']);
    expect([...document.querySelectorAll('.feed .mark')].map((one) => one.textContent?.trim())).toEqual(['待发货', '已到账', '待付款']);
    expect(detail().dataset['detail']).toBe('O1');
    expect(row('O3')).toHaveAccessibleName(/雨过天青盖碗，1 件，228 元，待付款/);
  });

  test('takes in new orders at its top', async () => {
    await opened();
    money.ordered(sale('O4'));
    host.studio.changed('orders');
    await waitFor(() => expect(rows()).toEqual(['O4', 'O1', 'O2', 'O3']));
    expect(document.querySelector('[data-news]')).toBeNull();
    expect(detail().dataset['detail']).toBe('O1');
  });

  test('keeps what is read in its place while orders come in, says how many, and goes to them', async () => {
    money.papers = Array.from({ length: 40 }, (_, n) => sale(`P${n}`));
    const user = await opened();
    const list = button('[data-orders]');
    Object.defineProperty(list, 'clientHeight', { value: 320 });
    list.scrollTop = 640;
    await fireEvent.scroll(list);
    money.ordered(sale('N1'));
    money.ordered(sale('N2'));
    host.studio.changed('orders');
    await waitFor(() => expect(list.scrollTop).toBe(640 + 2 * 64));
    expect(act('newest')).toHaveTextContent('2 笔新订单');
    await user.click(act('newest'));
    expect(list.scrollTop).toBe(0);
    expect(document.querySelector('[data-news]')).toBeNull();
    await waitFor(() => expect(document.activeElement).toBe(row('N2')));
  });

  test('draws only what is near the view, and reads page after page', async () => {
    money.papers = Array.from({ length: 130 }, (_, n) => sale(`P${n}`));
    await opened();
    expect(rows().length).toBeLessThan(40);
    const list = button('[data-orders]');
    expect(host.called('studioOrders')).toHaveLength(1);
    list.scrollTop = 45 * 64;
    await fireEvent.scroll(list);
    await waitFor(() => expect(host.called('studioOrders').map(({ args }) => args[2])).toEqual([null, 'P49']));
    await waitFor(() => expect(open.sales.orders).toHaveLength(100));
  });

  test('asks for a page that did not come only when told to', async () => {
    money.papers = Array.from({ length: 130 }, (_, n) => sale(`P${n}`));
    const user = await opened();
    const known = money.papers;
    money.papers = away;
    const list = button('[data-orders]');
    list.scrollTop = 45 * 64;
    await fireEvent.scroll(list);
    await screen.findByText('更早的订单没有取到。');
    await fireEvent.scroll(list);
    expect(host.called('studioOrders')).toHaveLength(2);
    money.papers = known;
    await user.click(act('more'));
    await waitFor(() => expect(open.sales.orders).toHaveLength(100));
  });

  test('is walked by the keyboard: the page follows, Enter goes in, Esc comes back, C copies', async () => {
    const user = await opened();
    await user.click(row('O1'));
    await user.keyboard('{ArrowDown}');
    expect(document.activeElement).toBe(row('O2'));
    expect(detail().dataset['detail']).toBe('O2');
    await user.keyboard('{End}');
    expect(detail().dataset['detail']).toBe('O3');
    await user.keyboard('{Home}{Enter}');
    await waitFor(() => expect(document.activeElement).toHaveTextContent('已收款，等你发货'));
  });

  test('is narrowed to what the streamer must do, and says when there is nothing', async () => {
    const user = await opened();
    await user.click(button('[data-filter="to_ship"]'));
    await waitFor(() => expect(rows()).toEqual(['O1']));
    await user.click(button('[data-filter="stuck"]'));
    expect(await screen.findByText('没有卡住的钱')).toBeVisible();
    await user.click(act('show-all'));
    await waitFor(() => expect(rows()).toHaveLength(3));
  });

  test('is searched by title and by the channel’s number', async () => {
    const user = await opened();
    await user.type(button('[data-search]'), '盖碗{Enter}');
    await waitFor(() => expect(rows()).toEqual(['O3']));
    await waitFor(() => expect(detail().dataset['detail']).toBe('O3'));
    await user.clear(button('[data-search]'));
    await user.type(button('[data-search]'), `${toShip.attempts[0]?.channel_no}{Enter}`);
    await waitFor(() => expect(rows()).toEqual(['O1']));
    await user.type(button('[data-search]'), 'zz{Enter}');
    expect(await screen.findByText(/^没有找到“/)).toBeVisible();
  });

  test('keeps an order on the right that no longer belongs to the filter', async () => {
    const user = await opened();
    await user.click(button('[data-filter="to_ship"]'));
    await waitFor(() => expect(rows()).toEqual(['O1']));
    money.papers = [sale('O1', { shipment: { carrier: '顺丰', number: '1', shipped_at: at } }), fins, unpaid];
    host.studio.changed('orders');
    await waitFor(() => expect(rows()).toEqual([]));
    await waitFor(() => expect(within(detail()).getByRole('heading', { name: '已发货' })).toBeVisible());
  });

  test('says that nobody has ordered', async () => {
    money.papers = [];
    open.show();
    expect(await screen.findAllByText('还没有人下单')).not.toHaveLength(0);
  });

  test('that does not come can be tried again', async () => {
    money.papers = away;
    open.show();
    const user = person();
    expect(await screen.findByText('订单没有加载出来')).toBeVisible();
    money.papers = [toShip];
    await user.click(button('[data-orders] [data-act="retry"]'));
    await waitFor(() => expect(rows()).toEqual(['O1']));
  });

  test('asks again when the shop can be heard, and says what is old when it does not answer', async () => {
    const { rerender } = open.show();
    await waitFor(() => expect(rows()).toHaveLength(3));
    await rerender({ online: false });
    money.papers = [toShip];
    await rerender({ online: true });
    await waitFor(() => expect(rows()).toEqual(['O1']));
    money.papers = away;
    host.studio.changed('orders');
    expect(await screen.findByText(/^订单没有刷新成功，显示的是/)).toBeVisible();
    expect(rows()).toEqual(['O1']);
    money.papers = [toShip, fins];
    await person().click(act('refresh'));
    await waitFor(() => expect(rows()).toEqual(['O1', 'O2']));
  });
});

describe('the figures', () => {
  test('count the show, or today, or everything', async () => {
    const user = await opened();
    expect(button('[data-figure="sum"]')).toHaveTextContent('¥234.00');
    expect(button('[data-figure="orders"]')).toHaveTextContent('3');
    expect(button('[data-figure="rate"]')).toHaveTextContent('67%');
    expect(button('[data-figure="open"]')).toHaveTextContent('1');
    await user.click(button('[data-since="all"]'));
    await user.click(button('[data-since="today"]'));
    const asked = host.called('figures').map(({ args }) => args[0]);
    expect(asked.slice(0, 2)).toEqual([null, 0]);
    expect(new Date(Number(asked[2]) * 1000).toTimeString().slice(0, 8)).toBe('00:00:00');
  });

  test('follow what happens', async () => {
    await opened();
    money.ordered(sale('O4'));
    host.studio.changed('orders');
    await waitFor(() => expect(button('[data-figure="orders"]')).toHaveTextContent('4'));
  });

  test('are drawn, folded away and given as a table', async () => {
    const user = await opened();
    expect(screen.getByRole('img', { name: /下单 3 笔，付款 2 笔/ })).toBeVisible();
    expect(button('[data-chart="goods"]')).toHaveTextContent('粗陶侧把壶');
    HTMLDialogElement.prototype.showModal = vi.fn(function (this: HTMLDialogElement) {
      this.open = true;
    });
    HTMLDialogElement.prototype.close = vi.fn();
    await user.click(act('figures-table'));
    expect(within(button('[data-figures-table]')).getByRole('row', { name: /粗陶侧把壶 2 1 1 ¥228.00 ¥0.00/ })).toBeInTheDocument();
    await user.click(act('close-table'));
    await user.click(act('charts'));
    expect(document.querySelector('[data-charts]')).toBeNull();
  });

  test('that are old say so', async () => {
    const user = await opened();
    money.counted = away;
    host.studio.changed('orders');
    await waitFor(() => expect(document.querySelector('[data-figures-stale]')).not.toBeNull());
    money.counted = figuresOf([], at, at);
    await user.click(act('recount'));
    await waitFor(() => expect(button('[data-figure="orders"]')).toHaveTextContent('0'));
    expect(button('[data-figure="rate"]')).toHaveTextContent('—');
  });
});

test('the export says where it lies, or that it failed', async () => {
  const user = await opened();
  await user.click(act('export-orders'));
  expect(await screen.findByText('已存到 /home/ahe/Downloads/liveshop-orders-teahouse.csv')).toBeVisible();
  money.savedTo = { code: 'storage', message: '' };
  await user.click(act('export-orders'));
  expect(await screen.findByText('没有导出成功，再试一次。')).toBeVisible();
});

test('of what is to be sent the export has where to', async () => {
  const user = await opened();
  await user.click(button('[data-filter="to_ship"]'));
  expect(act('export-orders')).toHaveTextContent('导出发货单');
  await user.click(act('export-orders'));
  expect(host.calls.filter(({ name }) => name === 'exportOrders').at(-1)?.args).toEqual([true]);
});

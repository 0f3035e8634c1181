import { screen, waitFor, within } from '@testing-library/svelte';
import type { UserEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { act, button, buyTeapot, freshHost, opened, pane, waiting } from './driving';
import type { OrderSummary, PurchaseView } from './host/contract';
import { blank, type FakeHost, fakeOrder, fakePaper, fakeReceipt } from './host/fake';

const NOW_S = Math.floor(Date.now() / 1000);
const paid: OrderSummary = { ...fakeOrder, order_id: '01ABCDEF7F3K', goods_id: 'g2', created_at: NOW_S - 60, paid_at: NOW_S - 30 };
const due: OrderSummary = { ...fakeOrder, order_id: '01ABCDEF9C2M', goods_id: 'g1', title: '雨过天青盖碗', amount_fen: 16_800, state: 'awaiting_payment', paid_at: null, expires_in_s: 200, created_at: NOW_S - 100 };
const closed: OrderSummary = { ...fakeOrder, order_id: '01ABCDEF8D4R', goods_id: 'gone', title: '老茶饼', state: 'closed', closed_by: 'viewer', paid_at: null, created_at: NOW_S - 400_000 };

let host: FakeHost;

beforeEach(() => {
  host = freshHost();
  host.history = [paid, due, closed];
  Element.prototype.scrollIntoView = vi.fn();
  vi.stubGlobal('IntersectionObserver', class {
    observe(): void {}
    disconnect(): void {}
  });
});

async function inOrders(): Promise<UserEvent> {
  const user = await opened(host);
  await user.keyboard('{Control>}2{/Control}');
  await screen.findByRole('heading', { name: '我的订单' });
  await waitFor(() => expect(button('[data-orders]').dataset['orders']).not.toBe('loading'));
  return user;
}

const row = (id: string) => button(`[data-order="${id}"] [data-choose]`);
const detail = () => button('[data-detail]');
const shown = () => document.querySelector('[data-detail]')?.getAttribute('data-detail');

describe('the list', () => {
  test('puts what is unpaid first, then days, and shows the first one', async () => {
    await inOrders();
    expect(within(button('[data-needs]')).getByText(/待付款 · 剩 3:20/)).toBeVisible();
    expect([...document.querySelectorAll('.middle h2')].map((one) => one.textContent)).toEqual(['需要你处理', '今天', expect.stringMatching(/^\d{4}-\d\d-\d\d$/)]);
    expect(shown()).toBe(due.order_id);
    expect(within(detail()).getByText('尚未扣款')).toBeVisible();
    expect(button('#area-page [data-filter="due"]')).toHaveTextContent('1');
  });

  test('is walked by the keyboard: the detail follows, Enter goes in, Esc comes back, C copies', async () => {
    const user = await inOrders();
    await user.keyboard('{ArrowDown}');
    expect(document.activeElement).toBe(row(due.order_id));
    await user.keyboard('{ArrowDown}');
    expect(document.activeElement).toBe(row(paid.order_id));
    expect(shown()).toBe(paid.order_id);
    await user.keyboard('{End}');
    expect(shown()).toBe(closed.order_id);
    await user.keyboard('{Home}{ArrowDown}{Enter}');
    expect(document.activeElement).toHaveTextContent('付款成功');
    await user.keyboard('c');
    expect(host.called('copy')[0]?.args).toEqual([paid.order_id]);
    await user.keyboard('{Escape}');
    expect(document.activeElement).toBe(row(paid.order_id));
  });

  test('keeps the focus on an order that changes its place', async () => {
    const user = await inOrders();
    await user.keyboard('{ArrowDown}');
    expect(document.activeElement).toBe(row(due.order_id));
    host.history = [paid, { ...due, state: 'delivered', paid_at: NOW_S }, closed];
    host.connection(false);
    host.connection(true);
    await waitFor(() => expect(document.querySelector('[data-needs]')).toBeNull());
    await waitFor(() => expect(document.activeElement).toBe(row(due.order_id)));
    expect(shown()).toBe(due.order_id);
  });

  test('is searched with / and left with Esc', async () => {
    const user = await inOrders();
    await user.keyboard('/8d4r');
    expect(document.querySelectorAll('[data-order]')).toHaveLength(1);
    await user.keyboard('zz');
    expect(screen.getByText('没有找到“8d4rzz”')).toBeVisible();
    await user.keyboard('{Escape}');
    expect(document.querySelectorAll('[data-order]')).toHaveLength(3);
  });

  test('is narrowed to a kind, and says when there is none of it', async () => {
    const user = await inOrders();
    await user.click(button('#area-page [data-filter="closed"]'));
    expect([...document.querySelectorAll('[data-order]')].map((one) => one.getAttribute('data-order'))).toEqual([closed.order_id]);
    await user.click(button('#area-page [data-filter="refunds"]'));
    expect(screen.getByText('这一类没有订单')).toBeVisible();
    await user.click(act('show-all'));
    expect(document.querySelectorAll('[data-order]')).toHaveLength(3);
  });

  test('keeps what was chosen while the viewer is elsewhere', async () => {
    const user = await inOrders();
    await user.click(row(closed.order_id));
    await user.keyboard('{Control>}1{/Control}{Control>}2{/Control}');
    await waitFor(() => expect(shown()).toBe(closed.order_id));
  });

  test('empty leads to the room', async () => {
    host.history = [];
    const user = await inOrders();
    expect(screen.getByText('还没有订单')).toBeVisible();
    await user.click(act('to-room'));
    expect(document.querySelector('[data-section="room"]')).toHaveAttribute('aria-current', 'page');
  });

  test('that does not come can be tried again', async () => {
    host.history = { code: 'no_answer', message: '' };
    const user = await inOrders();
    expect(screen.getByText('订单没有加载出来')).toBeVisible();
    host.history = [paid];
    await user.click(within(button('[data-orders]')).getByRole('button', { name: '重试' }));
    await waitFor(() => expect(row(paid.order_id)).toBeVisible());
  });

  test('says that it is old while offline, and is fresh when the shop can be heard again', async () => {
    await inOrders();
    host.connection(false);
    await screen.findByText(/已断线，显示的是 \d\d:\d\d 的内容/);
    host.history = [{ ...paid, refunds: [{ reason: 'streamer', amount_fen: 22_800, pay_type: 'alipay', done: true }] }, closed];
    host.connection(true);
    await waitFor(() => expect(button(`[data-order="${paid.order_id}"]`)).toHaveTextContent('已退款'));
    expect(screen.queryByText(/已断线，显示的是/)).toBeNull();
  });

  test('shows more when asked, and says when that failed', async () => {
    host.pageSize = 2;
    const user = await inOrders();
    expect(button('#area-page [data-filter="all"]')).toHaveTextContent('2+');
    const all = host.history;
    host.history = { code: 'no_answer', message: '' };
    await user.click(act('more'));
    await screen.findByText('更早的订单没有取到。');
    host.history = all;
    await user.click(act('more'));
    await waitFor(() => expect(row(closed.order_id)).toBeVisible());
    expect(document.querySelector('[data-more]')).toBeNull();
  });
});

describe('an unpaid order', () => {
  test('of another place is taken up and shown in the room', async () => {
    host.standing = waiting(150);
    const user = await inOrders();
    await user.click(button('[data-needs] [data-act="row"]'));
    await waitFor(() => expect(pane('wait')).toBeVisible());
    expect(host.called('resumeOrder')[0]?.args).toEqual([due.order_id]);
    expect(document.querySelector('[data-section="room"]')).toHaveAttribute('aria-current', 'page');
  });

  test('of this window is simply shown', async () => {
    host.onBuy = waiting();
    host.orderId = due.order_id;
    const user = await buyTeapot(host);
    await user.keyboard('{Control>}2{/Control}');
    await user.click(await waitFor(() => button('[data-detail] [data-act="pay"]')));
    expect(pane('wait')).toHaveAttribute('data-request', 'r1');
    expect(host.called('resumeOrder')).toHaveLength(0);
  });

  test('whose code does not come says so and stays', async () => {
    host.standing = { code: 'no_answer', message: '' };
    const user = await inOrders();
    await user.click(button('[data-detail] [data-act="pay"]'));
    expect(await screen.findByText('付款码没有取到，请再试一次。')).toBeVisible();
    expect(shown()).toBe(due.order_id);
  });
});

describe('a paid order', () => {
  test('on screen learns by itself that it was sent', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    try {
      const user = await inOrders();
      await user.click(row(paid.order_id));
      await waitFor(() => expect(host.called('order').at(-1)?.args).toEqual([paid.order_id]));
      const paper = fakePaper(paid);
      host.papers[paid.order_id] = { ...paper, details: { ...paper.details, shipment: { carrier: '顺丰', number: 'SF1234567890', shipped_at: NOW_S } } };
      expect(document.querySelector('[data-shipment]')).toBeNull();
      await vi.advanceTimersByTimeAsync(15_000);
      await waitFor(() => expect(button('[data-shipment]')).toHaveTextContent('SF1234567890'));
    } finally {
      vi.useRealTimers();
    }
  });

  test('has its numbers copied by a click', async () => {
    const user = await inOrders();
    await user.click(row(paid.order_id));
    await user.click(await waitFor(() => button(`[data-copy="${paid.order_id}A1"]`)));
    expect(host.called('copy')[0]?.args).toEqual([`${paid.order_id}A1`]);
  });

  test('shows where it goes and what was written to the host', async () => {
    const paper = fakePaper(paid);
    host.papers[paid.order_id] = { ...paper, details: { ...paper.details, note: '要深色的' } };
    const user = await inOrders();
    await user.click(row(paid.order_id));
    await waitFor(() => expect(button('[data-address]')).toHaveTextContent('林夏 · 138 0000 0000'));
    expect(button('[data-order-note]')).toHaveTextContent('要深色的');
  });

  test('shows its receipt and comes back', async () => {
    host.paper = { ...fakeReceipt, order_id: paid.order_id };
    const user = await inOrders();
    await user.click(row(paid.order_id));
    await user.click(button('[data-detail] [data-act="receipt"]'));
    await screen.findByText('已核对：由这家商店签名');
    expect(host.called('receipt')[0]?.args).toEqual([paid.order_id]);
    await user.keyboard('{Escape}');
    await waitFor(() => expect(document.activeElement).toBe(button('[data-detail] [data-act="receipt"]')));
  });

  test('says how it was sent, and copies the parcel’s number', async () => {
    const paper = fakePaper(paid);
    host.papers[paid.order_id] = { ...paper, details: { ...paper.details, shipment: { carrier: '顺丰', number: 'SF1400', shipped_at: NOW_S } } };
    const user = await inOrders();
    await user.click(row(paid.order_id));
    await waitFor(() => expect(button('[data-shipment]')).toHaveTextContent('顺丰 SF1400'));
    await user.click(button('[data-copy="SF1400"]'));
    expect(host.called('copy').at(-1)?.args).toEqual(['SF1400']);
  });

  test('tells the host’s no to a wish for the money, and why', async () => {
    const paper = fakePaper(paid);
    const refund_request = { reason: '壶嘴裂了', asked_at: NOW_S - 9, declined: { reason: '照片里看不到', at: NOW_S } };
    host.papers[paid.order_id] = { ...paper, details: { ...paper.details, refund_request } };
    const user = await inOrders();
    await user.click(row(paid.order_id));
    await waitFor(() => expect(within(detail()).getByRole('heading', { name: '主播没有同意：照片里看不到' })).toBeVisible());
    expect(document.querySelector('[data-refund-asked]')).toBeNull();
  });

  test('can be asked back with a reason, once', async () => {
    const user = await inOrders();
    await user.click(row(paid.order_id));
    await user.click(await waitFor(() => act('refund')));
    expect(screen.getByText('主播同意后，¥228.00 原路退回支付宝。')).toBeVisible();
    await user.click(act('refund-send'));
    expect(screen.getByText('写一下原因，主播才好处理。')).toBeVisible();
    expect(host.called('askRefund')).toHaveLength(0);
    host.onAskRefund = { code: 'no_answer', message: '' };
    await user.keyboard(' 壶嘴裂了 ');
    await user.click(act('refund-send'));
    expect(await screen.findByText(/没有发出去/)).toBeVisible();
    host.onAskRefund = 'asked';
    await user.click(act('refund-send'));
    await waitFor(() => expect(document.activeElement).toHaveTextContent('已发给主播'));
    expect(host.called('askRefund').at(-1)?.args).toEqual([paid.order_id, '壶嘴裂了']);
    expect(detail()).toHaveTextContent('原因：壶嘴裂了');
    expect(document.querySelector('[data-act="refund"]')).toBeNull();
  });

  test('lets the request be left with Esc', async () => {
    const user = await inOrders();
    await user.click(row(paid.order_id));
    await user.click(await waitFor(() => act('refund')));
    await user.keyboard('{Escape}');
    await waitFor(() => expect(document.activeElement).toBe(act('refund')));
  });

  test('is bought again in the room; what is no longer on the shelf is not offered', async () => {
    const user = await inOrders();
    await user.click(row(closed.order_id));
    expect(document.querySelector('[data-act="buy-again"]')).toBeNull();
    await user.click(row(paid.order_id));
    await user.click(act('buy-again'));
    expect(await screen.findByRole('heading', { name: '商品详情' })).toBeVisible();
  });

  test('whose paper does not come says so and fetches it again', async () => {
    host.papers[paid.order_id] = { code: 'no_answer', message: '' };
    const user = await inOrders();
    await user.click(row(paid.order_id));
    await screen.findByText('地址、留言和单号没有取到。');
    host.papers[paid.order_id] = fakePaper(paid);
    await user.click(act('reread'));
    await waitFor(() => expect(button(`[data-copy="${paid.order_id}A1"]`)).toBeVisible());
  });
});

describe('the window', () => {
  test('leads from a success to its order, which counts as seen', async () => {
    host.onBuy = { stage: 'delivered', paid_at: 0, fins: null, refunds: [] };
    host.orderId = paid.order_id;
    const user = await buyTeapot(host);
    await user.click(act('order'));
    await waitFor(() => expect(shown()).toBe(paid.order_id));
    expect(host.called('dismiss')).toHaveLength(1);
    await user.keyboard('{Control>}1{/Control}');
    expect(document.querySelector('[data-screen]')).toBeNull();
  });

  test('leads from a result that cannot be seen yet to its order, and keeps it', async () => {
    host.onBuy = { stage: 'checking', why: 'time_up', since_s: 60, online: true };
    host.orderId = due.order_id;
    const user = await buyTeapot(host);
    pane('unknown');
    await user.click(act('order'));
    await waitFor(() => expect(shown()).toBe(due.order_id));
    expect(host.called('dismiss')).toHaveLength(0);
  });

  test('tells a result that comes while the viewer searches the orders, and takes them nowhere', async () => {
    host.onBuy = waiting();
    host.orderId = due.order_id;
    const user = await buyTeapot(host);
    await user.keyboard('{Escape}{Control>}2{/Control}/');
    host.history = [paid, { ...due, state: 'delivered', paid_at: NOW_S }, closed];
    host.emit('r1', { stage: 'delivered', paid_at: 0, fins: null, refunds: [] });
    await waitFor(() => expect(button('[data-live="assertive"]')).toHaveTextContent('“粗陶侧把壶”的订单有结果了'));
    expect(document.querySelector('[data-section="orders"]')).toHaveAttribute('aria-current', 'page');
    expect(button('[data-section="orders"]')).toHaveTextContent('1 笔订单等你处理');
    await waitFor(() => expect(button(`[data-order="${due.order_id}"]`)).toHaveTextContent('已付款'));
    await user.click(row(due.order_id));
    expect(host.called('dismiss').map(({ args }) => args)).toEqual([['r1']]);
    expect(button('[data-section="orders"]')).not.toHaveTextContent('等你处理');
  });

  test('shows a purchase whose notification was pressed', async () => {
    host.onBuy = waiting();
    const user = await buyTeapot(host);
    await user.keyboard('{Escape}{Control>}2{/Control}');
    host.show('r1');
    await waitFor(() => expect(pane('wait')).toBeVisible());
    expect(document.querySelector('[data-section="room"]')).toHaveAttribute('aria-current', 'page');
  });

  test('lists a purchase that never became an order among what needs the viewer', async () => {
    const left: PurchaseView = { ...blank, request_id: 'p1', order_id: null, bought: { goods_id: 'g1', lot: 1, title: '雨过天青盖碗', kind: 'merchandise', fins: null, picture: null }, quantity: 1, amount_fen: 16_800, pay_type: 'alipay', stage: { stage: 'no_answer' } };
    host.left = [left];
    host.history = [];
    const user = await inOrders();
    expect(button('[data-needs]')).toHaveTextContent('没有完成');
    await user.click(act('row'));
    await waitFor(() => expect(pane('no_answer')).toBeVisible());
  });
});

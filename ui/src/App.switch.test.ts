import { screen, waitFor, within } from '@testing-library/svelte';
import { beforeEach, describe, expect, test } from 'vitest';
import { act, button, buyTeapot, freshHost, money, opened, pane, refused, waiting } from './driving';
import type { PurchaseView } from './host/contract';
import { blank, type FakeHost, fakeRoom } from './host/fake';

let host: FakeHost;

beforeEach(() => {
  host = freshHost();
});

describe('another way to pay', () => {
  test('hides the code at once and shows the new one of the same order', async () => {
    host.onBuy = waiting();
    const user = await buyTeapot(host);
    await user.click(act('other'));
    expect(host.called('switch')[0]?.args).toEqual(['r1', 'wechat']);
    pane('making');
    expect(document.querySelector('[data-qr]')).toBeNull();
    expect(within(pane('making')).getByText('正在换成微信支付')).toBeVisible();
    expect(screen.getByText(/支付宝的码已收起，会作废/)).toBeVisible();
    expect(document.activeElement).toHaveTextContent('付款');
    expect(button('[data-live="polite"]')).toHaveTextContent('正在换成微信支付');
    host.emit('r1', waiting(250));
    await waitFor(() => pane('wait'));
    expect(screen.getByAltText(/微信支付付款码/)).toBeVisible();
    expect(screen.getByText(/用它付过就不用再付/)).toBeVisible();
    expect(screen.getByRole('timer')).toHaveTextContent('4:10');
    expect(act('other')).toHaveTextContent('改用支付宝');
    expect(host.called('buy')).toHaveLength(1);
    expect(host.called('cancel')).toHaveLength(0);
  });

  test('takes the code off the screen before the program has answered', async () => {
    host.onBuy = waiting();
    host.onSwitch = 'never';
    const user = await buyTeapot(host);
    await user.click(act('other'));
    pane('making');
    expect(document.querySelector('[data-qr]')).toBeNull();
  });

  test('has a code of its own for the pretend phone, which keeps the old one until asked', async () => {
    host.entrance = { entrance: 'open', room: fakeRoom, practice: true, shop_key: '', link: null };
    host.phone = 'http://127.0.0.1:9/phone?code=x';
    host.onBuy = waiting();
    host.onSwitch = waiting();
    const user = await buyTeapot(host);
    await user.click(act('phone'));
    await screen.findByTitle('模拟手机');
    expect(document.querySelector('button[data-act="phone"]')).toBeNull();
    await user.click(act('other'));
    await user.click(act('phone'));
    expect(host.called('phoneUrl')).toHaveLength(2);
  });

  test('is chosen by the keyboard alone', async () => {
    host.onBuy = waiting();
    host.onSwitch = waiting();
    const user = await buyTeapot(host);
    await user.keyboard('s');
    await waitFor(() => expect(screen.getByAltText(/微信支付付款码/)).toBeVisible());
    act('other').focus();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(screen.getByAltText(/支付宝付款码/)).toBeVisible());
    expect(host.called('switch').map((call) => call.args[1])).toEqual(['wechat', 'alipay']);
  });

  test('is offered nowhere in a room that takes one channel', async () => {
    host.entrance = { entrance: 'open', room: { ...fakeRoom, pay_types: ['alipay'] }, practice: false, shop_key: '', link: null };
    host.onBuy = waiting();
    const user = await buyTeapot(host);
    expect(document.querySelector('[data-act="other"]')).toBeNull();
    await user.keyboard('s');
    expect(host.called('switch')).toHaveLength(0);
  });

  test('that cannot be asked for brings the code back and says so', async () => {
    host.onBuy = waiting();
    host.onSwitch = { code: 'not_ready', message: '' };
    const user = await buyTeapot(host);
    await user.click(act('other'));
    await screen.findByText('没有成功，请再试一次。');
    pane('wait');
    expect(screen.getByAltText(/支付宝付款码/)).toBeVisible();
  });

  test('the shop does not take leaves the code before it, and says so', async () => {
    host.onBuy = waiting();
    await buyTeapot(host);
    host.change('r1', { not_switched_to: 'wechat' });
    await screen.findByText('没有换成微信支付。请继续用支付宝付款，或过一会儿再换。');
    expect(screen.getByAltText(/支付宝付款码/)).toBeVisible();
  });

  test('is offered where the channel gives no code, without another order', async () => {
    host.onBuy = refused('channel_unavailable', { retry_after_s: 3 });
    host.onSwitch = waiting();
    const user = await buyTeapot(host);
    pane('makefail');
    await user.click(act('other'));
    await waitFor(() => pane('wait'));
    const order = host.calls.map((call) => call.name).filter((name) => ['cancel', 'buy', 'switch'].includes(name));
    expect(order).toEqual(['buy', 'switch']);
  });

  test('without an answer is asked for again and never called free of charge', async () => {
    host.onBuy = waiting();
    host.onSwitch = { stage: 'no_answer' };
    const user = await buyTeapot(host);
    await user.click(act('other'));
    await waitFor(() => pane('no_answer'));
    expect(screen.getByText(/不知道换成了没有/)).toBeVisible();
    await user.click(act('retry'));
    expect(host.called('retry')[0]?.args).toEqual(['r1']);
  });

  test('refused by its channel is checked before anything is said of the money', async () => {
    host.onBuy = waiting();
    host.onSwitch = { stage: 'checking', why: 'refused', since_s: 0, online: true };
    const user = await buyTeapot(host);
    await user.click(act('other'));
    await waitFor(() => pane('switch_refused'));
    expect(money()).toContain('核实中，可能已扣款');
  });

  test('and both codes paid is a success that says the other payment goes back', async () => {
    host.onBuy = waiting();
    host.onSwitch = waiting();
    const user = await buyTeapot(host);
    await user.click(act('other'));
    const refund = { reason: 'twice', amount_fen: 22_800, pay_type: 'alipay' } as const;
    host.emit('r1', { stage: 'delivered', paid_at: 0, fins: null, refunds: [{ ...refund, done: false }] });
    await waitFor(() => pane('success'));
    expect(screen.getByText('这个订单收到了两笔付款。支付宝多付的 ¥228.00 正在退回，不用你操作。')).toBeVisible();
    expect(money()).toContain('多付的 ¥228.00 正在退回');
    host.emit('r1', { stage: 'delivered', paid_at: 0, fins: null, refunds: [{ ...refund, done: true }] });
    await waitFor(() => expect(money()).toContain('多付的 ¥228.00 已退回'));
  });
});

describe('a result that was put away', () => {
  test('comes back when a late payment is being refunded', async () => {
    host.onBuy = { stage: 'closed', by: 'time' };
    const user = await buyTeapot(host);
    await user.click(act('back'));
    host.change('r1', { seen: true });
    expect(document.querySelector('[data-screen]')).toBeNull();
    expect(document.querySelector('[data-pending]')).toBeNull();
    host.change('r1', { seen: false, stage: { stage: 'refunding', reason: 'late', paid_fen: 22_800 } });
    await waitFor(() => pane('refunding'));
    expect(screen.getByText('付款晚了一步，钱正在退回')).toBeVisible();
    expect(money()).toContain('¥228.00 正在原路退回');
  });

  test('is not shown again at the next start, until it changes', async () => {
    const bought = { goods_id: 'g1', lot: 1, title: '盖碗', kind: 'merchandise' as const, fins: null, picture: null };
    const seen: PurchaseView = { ...blank, request_id: 'p1', order_id: 'o1', bought, quantity: 1, amount_fen: 16_800, pay_type: 'alipay', seen: true, stage: { stage: 'closed', by: 'time' } };
    host.left = [seen];
    await opened(host);
    expect(document.querySelector('[data-screen]')).toBeNull();
    expect(document.querySelector('[data-pending]')).toBeNull();
    host.change('p1', { seen: false, stage: { stage: 'delivered', paid_at: 0, fins: null, refunds: [] } });
    await waitFor(() => pane('success'));
    expect(money()).toContain('已付款 ¥168.00');
  });
});

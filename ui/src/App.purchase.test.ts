import { render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import App from './App.svelte';
import { act, button, buyTeapot, freshHost, money, opened, pane, refused, waiting } from './driving';
import type { BuyRequest } from './host/contract';
import type { FakeHost } from './host/fake';

let host: FakeHost;

beforeEach(() => {
  host = freshHost();
});

afterEach(() => vi.useRealTimers());

describe('a purchase', () => {
  test('goes from choosing to paid, and the balance follows', async () => {
    const user = await opened(host);
    await user.click(button('[data-goods="g3"] button[data-buy]'));
    expect(within(pane('choose')).getByText('尚未扣款')).toBeVisible();
    await user.click(button('button[data-pay-type="wechat"]'));
    pane('making');
    expect(host.called('buy')[0]?.args[0]).toEqual({ goods_id: 'g3', quantity: 1, pay_type: 'wechat', price_version: 1, amount_fen: 600, note: null, address_id: null });

    host.emit('r1', waiting());
    await waitFor(() => pane('wait'));
    expect(screen.getByAltText(/微信支付付款码/)).toHaveAttribute('src', expect.stringContaining('data:image/svg+xml;utf8,'));
    expect(screen.getByRole('timer')).toHaveTextContent('5:00');

    host.person = { ...host.person, fins_balance: 1340 };
    host.emit('r1', { stage: 'delivered', paid_at: 1_755_868_568, fins: 60, refunds: [] });
    await waitFor(() => pane('success'));
    expect(money()).toContain('已付款 ¥6.00');
    expect(screen.getByText('60 个鲨鱼翅已到账。')).toBeVisible();
    expect(document.activeElement).toHaveTextContent('付款成功');
    await waitFor(() => expect(button('[data-fins]')).toHaveAttribute('data-fins', '1340'));

    await user.click(act('done'));
    expect(host.called('dismiss')[0]?.args).toEqual(['r1']);
    expect(document.querySelector('[data-screen]')).toBeNull();
    expect(document.querySelector('[data-pending]')).toBeNull();
  });

  test('carries quantity and note from the details', async () => {
    const user = await opened(host);
    await user.click(button('[data-goods="g2"] button[data-open]'));
    await user.click(screen.getByRole('button', { name: '增加一件' }));
    await user.click(screen.getByRole('button', { name: '增加一件' }));
    await user.click(button('[data-note]'));
    await user.keyboard('要深色的');
    await user.click(screen.getByRole('button', { name: '立即购买 ¥456.00' }));
    await user.click(button('button[data-pay-type="alipay"]'));
    expect(host.called('buy')[0]?.args[0]).toMatchObject({ quantity: 2, amount_fen: 45_600, note: '要深色的' });
  });

  test('at a changed price says both prices and buys at the new one', async () => {
    host.onBuy = refused('price_changed', { price_fen: 29_800, price_version: 7 });
    const user = await buyTeapot(host);
    expect(within(pane('refused_price_changed')).getByText(/¥228.00.*¥298.00/)).toBeVisible();
    expect(money()).toContain('没有扣款');
    host.onBuy = waiting();
    await user.click(act('buy-new-price'));
    pane('wait');
    expect(host.called('buy')[1]?.args[0]).toMatchObject({ price_version: 7, amount_fen: 29_800, pay_type: 'alipay' });
    expect(host.called('dismiss')).toHaveLength(1);
  });

  test('is cancelled only after asking, and says that nothing was charged only then', async () => {
    host.onBuy = waiting();
    host.onCancel = (id) => host.emit(id, { stage: 'checking', why: 'cancelled', since_s: 0, online: true });
    const user = await buyTeapot(host);
    await user.click(act('cancel'));
    expect(document.activeElement).toHaveTextContent('取消这个订单？');
    await user.click(act('keep'));
    expect(host.called('cancel')).toHaveLength(0);
    await waitFor(() => expect(document.activeElement).toBe(act('cancel')));

    await user.click(act('cancel'));
    await user.click(act('confirm-cancel'));
    pane('cancelling');
    expect(money()).toContain('核实中，可能已扣款');
    host.emit('r1', { stage: 'closed', by: 'viewer' });
    await waitFor(() => pane('cancelled'));
    expect(money()).toContain('没有扣款');
  });

  test('that waits in line counts down and turns into the code by itself', async () => {
    host.onBuy = { stage: 'in_line', position: 12, expires_in_s: 250, online: true };
    const user = await buyTeapot(host);
    expect(within(pane('in_line')).getByText('你排在第 12 位')).toBeVisible();
    expect(screen.getByText('货已为你留好。')).toBeVisible();
    expect(screen.getByText('轮到你时，付款码会自动出现。')).toBeVisible();
    expect(screen.getByRole('timer')).toHaveTextContent('4:10');
    expect(button('[data-live="polite"]')).toHaveTextContent('你排在第 12 位');
    expect(money()).toContain('尚未扣款');
    host.emit('r1', { stage: 'in_line', position: 3, expires_in_s: 240, online: true });
    await waitFor(() => expect(within(pane('in_line')).getByText('你排在第 3 位')).toBeVisible());
    await user.click(button('button[data-back]'));
    expect(button('[data-pending]')).toHaveTextContent('你排在第 3 位');
    await user.click(act('resume'));
    host.emit('r1', waiting());
    await waitFor(() => pane('wait'));
    expect(host.called('buy')).toHaveLength(1);
    expect(host.called('retry')).toHaveLength(0);
  });

  test('that waits in line can be left, or changed for the line of the other channel', async () => {
    host.onBuy = { stage: 'in_line', position: 12, expires_in_s: 250, online: true };
    host.onSwitch = { stage: 'in_line', position: 2, expires_in_s: 240, online: true };
    const user = await buyTeapot(host);
    await user.click(act('other'));
    expect(host.called('switch')[0]?.args).toEqual(['r1', 'wechat']);
    await waitFor(() => pane('in_line'));
    await user.click(act('cancel'));
    await user.click(act('confirm-cancel'));
    await waitFor(() => pane('cancelled'));
    expect(money()).toContain('没有扣款');
  });

  test('that never left this computer says why', async () => {
    host.onBuy = { code: 'storage', message: 'disk full' };
    const user = await buyTeapot(host);
    await waitFor(() => pane('not_sent'));
    expect(screen.getByText(/存不了订单记录/)).toBeVisible();
    await user.click(act('again'));
    pane('choose');
  });

  test('without an answer is sent again under the same request', async () => {
    host.onBuy = { stage: 'no_answer' };
    const user = await buyTeapot(host);
    pane('no_answer');
    await user.click(act('retry'));
    expect(host.called('retry')[0]?.args).toEqual(['r1']);
    expect(host.called('buy')).toHaveLength(1);
    pane('making');
  });

  test('refused by the channel is offered through the other channel', async () => {
    host.onBuy = { stage: 'closed', by: 'channel' };
    const user = await buyTeapot(host);
    pane('failed');
    host.onBuy = waiting();
    await user.click(act('other'));
    expect(host.called('cancel')).toHaveLength(0);
    expect(host.called('buy')[1]?.args[0]).toMatchObject({ pay_type: 'wechat' });
  });

  test('the channel will not take at all is ordered anew, never sent again', async () => {
    host.onBuy = refused('channel_unavailable', { order_id: '20260822-7F3K' });
    const user = await buyTeapot(host);
    pane('refused_channel_unavailable');
    expect(money()).toContain('没有扣款');
    expect(document.querySelector('[data-act="retry"]')).toBeNull();
    await user.click(act('again'));
    pane('choose');
    expect(host.called('dismiss')).toHaveLength(1);
    await user.click(button('button[data-pay-type="alipay"]'));
    pane('refused_channel_unavailable');
    host.onBuy = waiting();
    await user.click(act('other'));
    await waitFor(() => pane('wait'));
    expect(host.called('buy').map((call) => (call.args[0] as BuyRequest).pay_type)).toEqual(['alipay', 'alipay', 'wechat']);
    expect(host.called('cancel')).toHaveLength(0);
    expect(host.called('retry')).toHaveLength(0);
  });

  test('for goods with an unpaid order leads to that order', async () => {
    host.onBuy = waiting();
    const user = await buyTeapot(host);
    await user.keyboard('{Escape}');
    host.onBuy = refused('request_conflict', { order_id: '20260822-7F3K' });
    await user.click(button('[data-goods="g2"] button[data-buy]'));
    await user.click(button('button[data-pay-type="wechat"]'));
    expect(within(pane('refused_request_conflict')).getByText('这件商品你已有一个待付款订单')).toBeVisible();
    await user.click(act('open-order'));
    expect(pane('wait')).toHaveAttribute('data-request', 'r1');
    expect(host.called('dismiss').map((call) => call.args)).toEqual([['r2']]);
  });

  test('for goods with an unpaid order that this window does not know shows its code', async () => {
    host.onBuy = refused('request_conflict', { order_id: '20260822-9C2M' });
    const user = await buyTeapot(host);
    expect(within(pane('refused_request_conflict')).getByText(/到时间会自动关闭/)).toBeVisible();
    expect(document.querySelector('[data-act="open-order"]')).toBeNull();
    host.standing = { code: 'no_answer', message: 'away' };
    await user.click(act('show-code'));
    expect(await screen.findByText('没有成功，请再试一次。')).toBeVisible();
    pane('refused_request_conflict');
    host.standing = waiting(120);
    await user.click(act('show-code'));
    await waitFor(() => expect(pane('wait')).toHaveAttribute('data-request', 'r1-standing'));
    expect(screen.getByRole('timer')).toHaveTextContent('2:00');
    expect(document.activeElement).toHaveTextContent('付款');
    await user.keyboard('{Escape}');
    expect(document.querySelectorAll('[data-pending]')).toHaveLength(1);
    expect(button('[data-pending]')).not.toHaveTextContent('另有');
  });

  test('the shop takes none of now can be tried again', async () => {
    host.onBuy = refused('shop_paused');
    const user = await buyTeapot(host);
    expect(within(pane('refused_shop_paused')).getByText(/不接新订单/)).toBeVisible();
    expect(money()).toContain('没有扣款');
    host.onBuy = waiting();
    await user.click(act('again'));
    await user.click(button('button[data-pay-type="alipay"]'));
    pane('wait');
  });

  test('asked about without a payment says so and goes on waiting', async () => {
    host.onBuy = waiting();
    const user = await buyTeapot(host);
    await user.click(act('ask'));
    pane('confirming');
    host.emit('r1', waiting(200));
    await waitFor(() => pane('wait'));
    expect(screen.getByText(/还没查到付款/)).toBeVisible();
  });

  test('left unpaid stays as a bar that leads back to it', async () => {
    host.onBuy = waiting();
    const user = await buyTeapot(host);
    await user.keyboard('{Escape}');
    expect(document.querySelector('[data-screen]')).toBeNull();
    expect(button('[data-pending]')).toHaveTextContent('待付款 ¥228.00');
    await user.click(act('resume'));
    pane('wait');
    expect(host.called('dismiss')).toHaveLength(0);
  });

  test('that ends while its viewer looks at the goods shows its result', async () => {
    host.onBuy = waiting();
    const user = await buyTeapot(host);
    await user.keyboard('{Escape}');
    host.emit('r1', { stage: 'delivered', paid_at: 0, fins: null, refunds: [] });
    await waitFor(() => expect(pane('success')).toBeVisible());
  });

  test('that ends while its viewer is choosing something else waits in the bar', async () => {
    host.onBuy = waiting();
    const user = await buyTeapot(host);
    await user.keyboard('{Escape}');
    await user.click(button('[data-goods="g1"] button[data-open]'));
    host.emit('r1', { stage: 'delivered', paid_at: 0, fins: null, refunds: [] });
    await waitFor(() => expect(button('[data-pending]')).toHaveTextContent('订单有结果了'));
    expect(document.querySelector('[data-screen="success"]')).toBeNull();
  });
});

describe('the countdown', () => {
  test('runs by the monotonic clock, hurries under a minute and asks at zero', async () => {
    vi.useFakeTimers();
    host.onBuy = waiting(62);
    render(App, { host });
    await vi.advanceTimersByTimeAsync(0);
    button('[data-goods="g2"] button[data-buy]').click();
    await vi.advanceTimersByTimeAsync(0);
    button('button[data-pay-type="alipay"]').click();
    await vi.advanceTimersByTimeAsync(0);
    expect(screen.getByRole('timer')).toHaveTextContent('1:02');
    await vi.advanceTimersByTimeAsync(2_250);
    expect(screen.getByRole('timer')).toHaveTextContent('1:00');
    expect(button('[data-live="assertive"]')).toHaveTextContent('还有 1 分钟，付款码就要失效');
    pane('wait');
    await vi.advanceTimersByTimeAsync(1_000);
    pane('soon');
    // The computer's own clock is put back an hour: nothing may change.
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(screen.getByRole('timer')).toHaveTextContent('0:49');
    await vi.advanceTimersByTimeAsync(50_000);
    pane('closing');
    expect(document.querySelector('[data-qr]')).toBeNull();
    expect(money()).toContain('核实中，可能已扣款');
  });

  test('lets a hurried viewer try again only when the shop is ready', async () => {
    vi.useFakeTimers();
    host.onBuy = refused('too_many_requests', { retry_after_s: 3 });
    render(App, { host });
    await vi.advanceTimersByTimeAsync(0);
    button('[data-goods="g2"] button[data-buy]').click();
    await vi.advanceTimersByTimeAsync(0);
    button('button[data-pay-type="alipay"]').click();
    await vi.advanceTimersByTimeAsync(0);
    expect(act('again')).toBeDisabled();
    expect(act('again')).toHaveTextContent('3 秒后可再试');
    await vi.advanceTimersByTimeAsync(3_250);
    expect(act('again')).toBeEnabled();
  });
});

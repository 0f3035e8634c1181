import { screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { button, freshHost, opened } from './driving';
import { type FakeHost, fakeGoods } from './host/fake';

let host: FakeHost;

beforeEach(() => {
  host = freshHost();
});
afterEach(() => vi.useRealTimers());

const bowl = '[data-goods="g1"]';

/** The bowl in a deal that began or begins some seconds from now. */
function dealt(starts_in: number, ends_in: number, pieces_left = 18) {
  const deal = { price_fen: 9_900, price_version: 7, starts_at: host.nowS + starts_in, ends_at: host.nowS + ends_in, pieces: 60, pieces_left };
  return { ...fakeGoods, kind: 'fins' as const, fins: 60, deal };
}

describe('a deal', () => {
  test('is what the viewer sees, orders and pays', async () => {
    host.stock = [dealt(-60, 65)];
    const user = await opened(host);
    expect(button(bowl)).toHaveTextContent(/秒杀.*1:05 后结束/);
    expect(button(bowl)).toHaveTextContent(/99 元.*原价 168 元/);
    await user.click(button(`${bowl} [data-open]`));
    expect(button('[data-deal="running"]')).toHaveTextContent('剩 18 / 60 件');
    await user.click(button('[data-goods-buy]'));
    await user.click(button('button[data-pay-type="alipay"]'));
    expect(host.called('buy')[0]?.args[0]).toMatchObject({ price_version: 7, amount_fen: 9_900 });
  });

  test('begins and ends by the shop’s clock, and says so', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    host.stock = [dealt(60, 120)];
    await opened(host);
    const row = button(bowl);
    expect(row).toHaveTextContent(/后开抢.*168 元/);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(row).toHaveTextContent(/价格已更新.*99 元.*原价 168 元/);
    await vi.advanceTimersByTimeAsync(5000);
    expect(row).toHaveTextContent(/后结束.*99 元/);
    await vi.advanceTimersByTimeAsync(55_000);
    expect(row).toHaveTextContent('秒杀已结束，恢复 ¥168');
    expect(document.querySelector('[data-live="polite"]')).toHaveTextContent('雨过天青盖碗 秒杀已结束，恢复 168 元');
    await vi.advanceTimersByTimeAsync(5000);
    expect(row).toHaveTextContent(/180 ml.*168 元/);
  });

  test('is over with its last piece', async () => {
    host.stock = [dealt(-60, 600)];
    await opened(host);
    host.stock = [dealt(-60, 600, 0)];
    host.roomChanged();
    await waitFor(() => expect(button(bowl)).toHaveTextContent('秒杀已结束，恢复 ¥168'));
  });

  test('is found by its chip', async () => {
    host.stock = [dealt(60, 120), { ...fakeGoods, goods_id: 'g2', lot: 2 }];
    const user = await opened(host);
    await user.click(button('[data-filter="deals"]'));
    expect(document.querySelectorAll('.row')).toHaveLength(1);
    expect(button(bowl)).toHaveTextContent('1:00 后开抢');
  });
});

describe('ten thousand goods', () => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ ...fakeGoods, goods_id: `m${at + 1}`, lot: at + 1, title: `茶碗 ${at + 1}` }));
  const rows = () => document.querySelectorAll('.row');
  const focused = () => document.activeElement?.closest<HTMLElement>('[data-goods]')?.dataset['goods'];

  test('are drawn only where they are looked at, and say their place', async () => {
    host.stock = many(10_000);
    await opened(host);
    expect(rows().length).toBeLessThan(40);
    expect(button('[data-goods="m1"]')).toHaveAttribute('aria-posinset', '1');
    expect(button('[data-goods="m1"]')).toHaveAttribute('aria-setsize', '10000');
  });

  test('are walked through by keyboard, drawn or not', async () => {
    host.stock = many(10_000);
    const user = await opened(host);
    button('[data-goods="m1"] [data-open]').focus();
    await user.keyboard('{End}');
    await waitFor(() => expect(focused()).toBe('m10000'));
    await user.keyboard('{ArrowUp}');
    await waitFor(() => expect(focused()).toBe('m9999'));
    await user.keyboard('{Home}{ArrowDown}');
    await waitFor(() => expect(focused()).toBe('m2'));
  });

  test('are searched all of them', async () => {
    host.stock = many(10_000);
    const user = await opened(host);
    await user.keyboard('/');
    await user.keyboard('9876');
    await waitFor(() => expect(rows()).toHaveLength(1));
    expect(screen.getByText('茶碗 9876')).toBeVisible();
  });

  test('keep the focus when the row or the button that has it goes', async () => {
    host.stock = many(5);
    await opened(host);
    button('[data-goods="m3"] [data-buy]').focus();
    host.stock = many(5).map((one) => (one.goods_id === 'm3' ? { ...one, stock_left: 0 } : one));
    host.roomChanged();
    await waitFor(() => expect(button('[data-goods="m3"]')).toHaveTextContent('已售完'));
    await waitFor(() => expect(focused()).toBe('m3'));
    host.stock = many(5).filter((one) => one.goods_id !== 'm3');
    host.roomChanged();
    await waitFor(() => expect(document.querySelector('[data-goods="m3"]')).toBeNull());
    await waitFor(() => expect(focused()).toBe('m4'));
  });
});

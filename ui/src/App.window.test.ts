import { render, screen, waitFor, within } from '@testing-library/svelte';
import { beforeEach, describe, expect, test } from 'vitest';
import App from './App.svelte';
import { act, button, buyTeapot, freshHost, money, opened, pane, person, teapot, waiting } from './driving';
import type { PurchaseView } from './host/contract';
import { blank, FakeHost, fakeGoods, fakeRoom } from './host/fake';

let host: FakeHost;

beforeEach(() => {
  host = freshHost();
});

describe('the keyboard alone', () => {
  test('buys by lot number, pays and returns to where it started', async () => {
    host.onBuy = waiting();
    const user = await opened(host);
    await user.keyboard('1');
    expect(button('.digits')).toHaveTextContent('1 号');
    await user.keyboard('{Enter}');
    await waitFor(() => expect(document.activeElement).toHaveTextContent('商品详情'));
    button('[data-goods-buy]').focus();
    await user.keyboard('{Enter}');
    pane('choose');
    button('button[data-pay-type="alipay"]').focus();
    await user.keyboard('{ArrowRight}');
    expect(document.activeElement).toBe(button('button[data-pay-type="wechat"]'));
    await user.keyboard('{ArrowLeft}{Enter}');
    pane('wait');
    await user.keyboard('z');
    expect(screen.getByRole('dialog', { name: '放大二维码' })).toBeVisible();
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('dialog')).toBeNull();
    pane('wait');
    await user.keyboard('c');
    expect(host.called('copy')[0]?.args).toEqual(['20260822-7F3K']);
    await user.keyboard('r');
    pane('confirming');
    host.emit('r1', { stage: 'delivered', paid_at: 0, fins: null, refunds: [] });
    await waitFor(() => expect(document.activeElement).toHaveTextContent('付款成功'));
    await user.keyboard('{Enter}');
    expect(document.querySelector('[data-screen]')).toBeNull();
    await waitFor(() => expect(document.activeElement).toBe(button('[data-goods="g1"] button[data-open]')));
  });

  test('B buys the explained item; letters typed into a field do nothing else', async () => {
    const user = await opened(host);
    await user.keyboard('/');
    await user.keyboard('b');
    expect(document.activeElement).toHaveValue('b');
    expect(document.querySelector('[data-screen]')).toBeNull();
    await user.keyboard('{Escape}');
    await user.keyboard('b');
    expect(within(pane('choose')).getByText('粗陶侧把壶')).toBeVisible();
  });

  test('single letters can be switched off', async () => {
    const user = await opened(host);
    await user.keyboard('?');
    await user.click(screen.getByRole('checkbox', { name: /单个字母/ }));
    await user.keyboard('{Escape}');
    await user.keyboard('b');
    expect(document.querySelector('[data-screen]')).toBeNull();
    expect(localStorage.getItem('single-keys')).toBe('off');
  });

  test('F6 goes round the areas, Esc goes one step back', async () => {
    const user = await opened(host);
    await user.keyboard('{F6}');
    expect(document.activeElement?.id).toBe('area-top');
    await user.keyboard('{F6}{F6}');
    expect(document.activeElement?.id).toBe('area-column');
    await user.click(button('[data-goods="g2"] button[data-open]'));
    await user.click(button('[data-goods-buy]'));
    pane('choose');
    await user.keyboard('{Escape}');
    expect(screen.getByRole('heading', { name: '商品详情' })).toBeVisible();
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('heading', { name: '商品详情' })).toBeNull();
  });
});

describe('the start', () => {
  const left: PurchaseView = {
    request_id: 'p1',
    order_id: '20260822-9C2M',
    bought: { goods_id: 'g1', lot: 1, title: '雨过天青盖碗', kind: 'merchandise', fins: null, picture: null },
    quantity: 1,
    amount_fen: 16_800,
    pay_type: 'wechat',
    ...blank,
    stage: waiting(),
  };

  test('shows a result nobody has seen before anything else', async () => {
    host.left = [left, { ...left, request_id: 'p2', stage: { stage: 'refunding', reason: 'late', paid_fen: 16_800 } }];
    await opened(host);
    await waitFor(() => pane('refunding'));
    expect(money()).toContain('¥168.00 正在原路退回');
  });

  test('says so when unfinished orders cannot be read, and reads them again', async () => {
    host.left = { code: 'storage', message: 'locked' };
    const user = await opened(host);
    expect(await screen.findByText('没能读取上次没完成的订单。')).toBeVisible();
    host.left = [left];
    await user.click(act('restore'));
    await waitFor(() => expect(button('[data-pending]')).toHaveTextContent('待付款 ¥168.00'));
    expect(screen.queryByText('没能读取上次没完成的订单。')).toBeNull();
  });

  test('asks again where goods are sent before a refused order of an earlier start is ordered at its new price', async () => {
    const refusal = { code: 'price_changed' as const, message: '', price_fen: 16_800, price_version: 1 };
    host.left = [{ ...left, order_id: null, stage: { stage: 'refused', refusal } }];
    const user = await opened(host);
    await waitFor(() => pane('refused_price_changed'));
    await user.click(act('buy-new-price'));
    pane('choose');
    expect(host.called('buy')).toHaveLength(0);
    await waitFor(() => expect(button('button[data-pay-type="wechat"]')).toBeEnabled());
    await user.click(button('button[data-pay-type="wechat"]'));
    expect(host.called('buy')[0]?.args[0]).toMatchObject({ goods_id: 'g1', address_id: 'a1' });
  });

  test('leads an unpaid order back by the bar', async () => {
    host.left = [left];
    const user = await opened(host);
    await waitFor(() => expect(button('[data-pending]')).toHaveTextContent('待付款 ¥168.00'));
    await user.click(act('resume'));
    pane('wait');
  });

  test('asks before trusting a shop and shows its key in groups', async () => {
    host.entrance = { entrance: 'ask_trust', room_id: 'kiln', shop_url: 'https://shop.example', shop_key: '3f9ab2c47d81' };
    render(App, { host });
    const user = person();
    await screen.findByRole('heading', { name: '信任这家商店吗？' });
    expect(screen.getByText('b2c4')).toBeVisible();
    expect(host.called('goods')).toHaveLength(0);
    await user.click(act('trust'));
    await screen.findByRole('heading', { name: /本场商品/ });
    expect(host.called('trust')).toHaveLength(1);
  });

  test('offers no way to trust a key that has changed', async () => {
    host.entrance = { entrance: 'key_changed', room_id: 'kiln', shop_url: 'https://shop.example', known_key: 'aaaa', shop_key: 'bbbb' };
    render(App, { host });
    await screen.findByRole('heading', { name: /密钥变了/ });
    expect(document.querySelector('[data-act="trust"]')).toBeNull();
  });

  test.each(['storage', 'practice_failed', 'no_answer', 'internal'] as const)('%s names the file or port only where one is to blame', async (code) => {
    host.entrance = { code, message: '127.0.0.1:7450 in use' };
    render(App, { host });
    const shown = await screen.findByText(`给客服看：${code}`, { exact: false });
    const named = code === 'storage' || code === 'practice_failed';
    expect(shown).toHaveTextContent(named ? `给客服看：${code} · 127.0.0.1:7450 in use` : new RegExp(`${code}$`));
  });

  test('tells what failed and tries again', async () => {
    host.entrance = { code: 'practice_failed', message: 'port' };
    render(App, { host });
    const user = person();
    await screen.findByRole('heading', { name: '练习直播间没有开起来' });
    host.entrance = new FakeHost().entrance;
    await user.click(act('retry'));
    expect(await screen.findByRole('heading', { name: /本场商品/ })).toBeVisible();
  });
});

describe('the room', () => {
  test('pauses ordering while the shop cannot be reached', async () => {
    await opened(host);
    host.connection(false);
    await waitFor(() => expect(button('.banner')).toHaveTextContent(/已断线，价格和库存停在 \d\d:\d\d:\d\d/));
    expect(document.querySelector('[data-goods="g1"] button[data-buy]')).toBeNull();
    expect(button('[data-goods="g2"] button[data-buy]')).toHaveAttribute('aria-disabled', 'true');
    host.connection(true);
    await waitFor(() => expect(document.querySelector('[data-goods="g1"] button[data-buy]')).not.toBeNull());
  });

  test('says that a price is new, and takes it', async () => {
    await opened(host);
    host.stock = [{ ...fakeGoods, price_fen: 15_000 }, teapot];
    host.roomChanged();
    await screen.findByText('价格已更新');
    expect(button('[data-goods="g1"]')).toHaveTextContent('150 元');
  });

  test('never lets a viewer ask for more than is left', async () => {
    const user = await opened(host);
    await user.click(button('[data-goods="g1"] button[data-open]'));
    await user.click(screen.getByRole('button', { name: '增加一件' }));
    await user.click(screen.getByRole('button', { name: '增加一件' }));
    expect(button('[data-goods-buy]')).toHaveTextContent('¥504.00');
    host.stock = [{ ...fakeGoods, stock_left: 2 }, teapot];
    host.roomChanged();
    await waitFor(() => expect(button('[data-goods-buy]')).toHaveTextContent('¥336.00'));
  });

  test('practice is marked on band and stage, and only there is a phone', async () => {
    host.entrance = { entrance: 'open', room: { ...fakeRoom, pay_types: ['alipay'] }, practice: true, shop_key: '', link: null };
    host.onBuy = waiting();
    host.phone = 'http://127.0.0.1:9/phone?code=x';
    const user = await buyTeapot(host);
    expect(screen.getByText(/不会产生真实扣款/)).toBeVisible();
    expect(screen.queryByText('直播中')).toBeNull();
    await user.click(act('phone'));
    expect(await screen.findByTitle('模拟手机')).toHaveAttribute('src', `${host.phone}&lang=zh`);
    host.emit('r1', { stage: 'delivered', paid_at: 0, fins: null, refunds: [] });
    await screen.findByText('这是练习订单：没有真实扣款，也不会发货。');
    expect(screen.getByTitle('模拟手机')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: '关闭' }));
    expect(screen.queryByTitle('模拟手机')).toBeNull();
  });

  test('a real room has no phone button', async () => {
    host.onBuy = waiting();
    await buyTeapot(host);
    pane('wait');
    expect(document.querySelector('[data-act="phone"]')).toBeNull();
  });

  test('changes language at once and remembers it', async () => {
    const user = await opened(host);
    await user.click(screen.getByRole('button', { name: /switch to English/ }));
    expect(screen.getByRole('heading', { name: /Goods/ })).toBeVisible();
    expect(document.documentElement).toHaveAttribute('lang', 'en');
    expect(localStorage.getItem('language')).toBe('en');
  });
});

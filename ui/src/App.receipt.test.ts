import { screen, waitFor } from '@testing-library/svelte';
import { beforeEach, expect, test } from 'vitest';
import { act, button, buyTeapot, freshHost, pane } from './driving';
import { type FakeHost, fakeReceipt } from './host/fake';

let host: FakeHost;

beforeEach(() => {
  host = freshHost();
  host.onBuy = { stage: 'delivered', paid_at: 0, fins: null, refunds: [] };
});

test('the receipt of a paid order is checked, shown and saved', async () => {
  const user = await buyTeapot(host);
  await user.click(act('receipt'));
  await waitFor(() => expect(document.activeElement).toHaveTextContent('已核对：由这家商店签名'));
  expect(host.called('receipt')[0]?.args).toEqual(['20260822-7F3K']);
  const page = button('[data-receipt]');
  for (const words of ['粗陶侧把壶 ×1', '¥228.00', '已付款，已交给主播', '支付宝 · ¥228.00', '2026082222001400000012345678', '20260822-7F3K', '3f9a b2c4 7d81 e650']) {
    expect(page).toHaveTextContent(words);
  }
  await user.click(act('save-receipt'));
  expect(await screen.findByText('/home/ahe/Downloads/liveshop-receipt-20260822-7F3K.json')).toBeVisible();
  expect(button('[data-live="polite"]')).toHaveTextContent('已保存到');
  await user.keyboard('{Escape}');
  pane('success');
  expect(host.called('dismiss')).toHaveLength(0);
});

test('the receipt of a refund says what went back, by which channel and why', async () => {
  host.onBuy = { stage: 'refunded', reason: 'late', paid_fen: 22_800 };
  host.paper = { ...fakeReceipt, state: 'refunded', delivered_at: null, refunds: [{ reason: 'late', amount_fen: 22_800, pay_type: 'alipay', done: true }] };
  const user = await buyTeapot(host);
  await user.click(act('receipt'));
  await screen.findByText('付款晚了一步');
  expect(button('[data-receipt]')).toHaveTextContent('支付宝 · ¥228.00 已退回');
  expect(button('[data-receipt]')).toHaveTextContent('结果已退款');
});

test('a receipt that does not pass its check is not shown', async () => {
  host.paper = { code: 'unusable_answer', message: '' };
  const user = await buyTeapot(host);
  await user.click(act('receipt'));
  await screen.findByText('收据没有通过检查');
  expect(document.querySelector('[data-act="save-receipt"]')).toBeNull();
  host.paper = fakeReceipt;
  await user.click(act('retry'));
  await screen.findByText('已核对：由这家商店签名');
});

test('a receipt the shop does not give says so', async () => {
  host.paper = { code: 'no_answer', message: '' };
  const user = await buyTeapot(host);
  await user.click(act('receipt'));
  expect(await screen.findByText('收据没有取到')).toBeVisible();
});

test('a receipt that could not be written says so', async () => {
  host.savedTo = { code: 'storage', message: 'disk full' };
  const user = await buyTeapot(host);
  await user.click(act('receipt'));
  await screen.findByText('已核对：由这家商店签名');
  await user.click(act('save-receipt'));
  expect(await screen.findByText(/没有保存成功/)).toBeVisible();
  expect(document.querySelector('[data-saved]')).toBeNull();
});

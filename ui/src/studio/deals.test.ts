import { screen, waitFor, within } from '@testing-library/svelte';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { act, button } from '../driving';
import type { Deal } from '../host/contract';
import type { FakeHost } from '../host/fake';
import { momentOf, momentText } from './editor/dealForm.svelte';
import { change, fieldOf, fill, inStudio, input, item, row, studioHost, told } from './driving';

let host: FakeHost;

beforeEach(() => {
  host = studioHost();
});

function deal(starts: number, ends: number, more: Partial<Deal> = {}): Deal {
  return { price_fen: 10_000, price_version: 2, starts_at: host.nowS + starts, ends_at: host.nowS + ends, pieces: 20, pieces_left: 5, ...more };
}

const line = (id: string, more = '') => button(`[data-deal-of="${id}"] ${more}`.trim());

describe('the deals', () => {
  test('are listed as running, planned and ended, with the time of the shop', async () => {
    change(host, 'g1', { deal: deal(-28, 272) });
    change(host, 'g2', { deal: deal(60, 360, { pieces_left: 20 }) });
    change(host, 'g3', { deal: null }, { last_deal: deal(-900, -600) });
    await inStudio(host, 'deals');
    expect(line('g1')).toHaveTextContent(/4:3\d 后结束 · 卖出 15 \/ 20 件/);
    expect(line('g2')).toHaveTextContent(/(1:00|0:5\d) 后开始 · 剩 20 \/ 20 件/);
    expect(line('g3').dataset['at']).toBe('ended');
    expect(line('g3')).toHaveTextContent('卖出 15 / 20 件');
  });

  test('count down by themselves and end on time', async () => {
    change(host, 'g1', { deal: deal(-28, 2) });
    vi.useFakeTimers({ shouldAdvanceTime: true });
    try {
      await inStudio(host, 'deals');
      expect(line('g1').dataset['at']).toBe('running');
      await vi.advanceTimersByTimeAsync(4_000);
      await waitFor(() => expect(line('g1').dataset['at']).toBe('ended'));
    } finally {
      vi.useRealTimers();
    }
  });

  test('are made from the page: price below the own one, pieces at most the stock, at a time', async () => {
    const user = await inStudio(host, 'deals');
    expect(screen.getByText('还没有秒杀')).toBeVisible();
    await user.click(act('new-deal'));
    await user.click(act('make-deal'));
    expect(screen.getByText('先选一件商品')).toBeVisible();
    await user.selectOptions(input('deal-item'), 'g1');
    await fill(user, input('deal-price'), '168');
    await fill(user, input('deal-pieces'), '25');
    await user.click(act('deal-at'));
    await fill(user, input('deal-start'), 'morgen');
    await user.click(act('make-deal'));
    expect(fieldOf('deal-price')).toHaveTextContent('秒杀价要低于 ¥168.00');
    expect(fieldOf('deal-pieces')).toHaveTextContent('限量要是 1 到 24 的整数');
    expect(fieldOf('deal-start')).toHaveTextContent('选一个现在之后、30 天以内的时间');
    expect(host.called('makeDeal')).toHaveLength(0);
    await fill(user, input('deal-price'), '128');
    await fill(user, input('deal-pieces'), '10');
    await fill(user, input('deal-minutes'), '10');
    await fill(user, input('deal-start'), momentText(host.nowS + 3_660));
    await user.click(act('make-deal'));
    await waitFor(() => expect(host.called('makeDeal')).toHaveLength(1));
    const draft = host.called('makeDeal')[0]?.args[1] as { starts_in_s: number };
    expect(draft).toMatchObject({ revision: 1, price_fen: 12_800, lasts_s: 600, pieces: 10 });
    expect(draft.starts_in_s).toBeGreaterThan(3_500);
    await waitFor(() => expect(line('g1').dataset['at']).toBe('planned'));
    expect(told()).toContain('1 号的秒杀排好了');
  });

  test('are ended after asking; what was ordered keeps its price', async () => {
    change(host, 'g1', { deal: deal(-28, 272) }, { open_orders: 3 });
    const user = await inStudio(host, 'deals');
    await user.click(line('g1', '[data-act="end-deal"]'));
    expect(screen.getByText('价格马上恢复；已下单待付款的 3 笔仍按秒杀价。')).toBeVisible();
    await user.click(act('no'));
    expect(host.called('endDeal')).toHaveLength(0);
    await user.click(line('g1', '[data-act="end-deal"]'));
    await user.click(act('yes'));
    await waitFor(() => expect(item(host, 'g1').deal).toBeNull());
    await waitFor(() => expect(line('g1').dataset['at']).toBe('ended'));
  });

  test('that were planned are called off', async () => {
    change(host, 'g1', { deal: deal(600, 900) });
    const user = await inStudio(host, 'deals');
    await user.click(line('g1', '[data-act="end-deal"]'));
    expect(screen.getByText('取消 1 号排好的秒杀？')).toBeVisible();
  });
});

describe('a deal in the editor', () => {
  test('is made with the item', async () => {
    const user = await inStudio(host);
    await user.click(row('g1', '[data-act="edit"]'));
    await fill(user, input('price'), '150');
    await user.click(act('deal'));
    await fill(user, input('deal-price'), '150');
    await fill(user, input('deal-pieces'), '5');
    await user.click(act('save'));
    expect(fieldOf('deal-price')).toHaveTextContent('秒杀价要低于 ¥150.00');
    await fill(user, input('deal-price'), '120');
    await user.click(act('save'));
    await waitFor(() => expect(item(host, 'g1')).toMatchObject({ price_fen: 15_000, deal: { price_fen: 12_000, pieces: 5 } }));
    expect(host.called('makeDeal')[0]?.args[1]).toMatchObject({ revision: 2, starts_in_s: 0, lasts_s: 300 });
    await waitFor(() => expect(fieldOf('deal')).toHaveTextContent('结束后自动恢复 ¥150.00'));
    expect(row('g1', '[data-deal]')).toHaveTextContent('¥120.00');
  });

  test('that the shop refuses does not undo what was saved', async () => {
    const user = await inStudio(host);
    await user.click(row('g1', '[data-act="edit"]'));
    await user.type(input('title'), '！');
    await user.click(act('deal'));
    await fill(user, input('deal-price'), '120');
    await fill(user, input('deal-pieces'), '5');
    host.studio.makeDeal = () => Promise.reject({ code: 'invalid_params', message: '' });
    await user.click(act('save'));
    expect(await within(button('[data-editor]')).findByText(/商品已保存，秒杀没有排上。商店不接受这个内容/)).toBeVisible();
    expect(item(host, 'g1').title).toBe('雨过天青盖碗！');
    expect(input('deal-price')).toHaveValue('120.00');
  });

  test('is no reason why an earlier edit could not be taken back', async () => {
    const user = await inStudio(host);
    await user.click(row('g1', '[data-act="edit"]'));
    await user.type(input('title'), '！');
    await user.click(act('deal'));
    await fill(user, input('deal-price'), '120');
    await fill(user, input('deal-pieces'), '5');
    await user.click(act('save'));
    await waitFor(() => expect(item(host, 'g1').deal).not.toBeNull());
    await user.click(act('undo'));
    await waitFor(() => expect(item(host, 'g1').title).toBe('雨过天青盖碗'));
    expect(item(host, 'g1').deal).not.toBeNull();
  });
});

test('a time is written with its date or without', () => {
  const now = new Date(2026, 7, 22, 20, 0).getTime() / 1000;
  expect(momentOf('21:30', now)).toBe(now + 5_400);
  expect(momentOf('２１：３０', now)).toBe(now + 5_400);
  expect(momentOf('19:00', now)).toBe(now + 23 * 3600);
  expect(momentText(momentOf('2026-8-23 9:05', now) ?? 0)).toBe('2026-08-23 09:05');
  for (const none of ['', '24:00', '12:60', '2026-02-31 10:00', 'soon']) expect(momentOf(none, now)).toBeNull();
});

import { render, waitFor } from '@testing-library/svelte';
import type { UserEvent } from '@testing-library/user-event';
import { expect, vi } from 'vitest';
import { button, freshHost, person } from '../../driving';
import type { CommandError, StudioOrder, StudioPaper } from '../../host/contract';
import { fakeSale, fakeSalePaper } from '../../host/fakeStudioOrders';
import { Announcer } from '../../shared/announcer.svelte';
import { SalesState } from './sales.svelte';
import StudioOrdersPage from './StudioOrdersPage.svelte';

// How tests drive the streamer's orders: by what a streamer can see and press.

export const away: CommandError = { code: 'no_answer', message: '' };
export const at = 1_787_404_000;

export const sale = (id: string, more: Partial<StudioOrder> = {}, paper: Partial<StudioPaper> = {}) => fakeSalePaper({ ...fakeSale, order_id: id, created_at: at, paid_at: at + 40, ...more }, paper);
export const refund = (more: Partial<StudioOrder['refunds'][number]> = {}) => ({ refund_id: 'R1', pay_id: 'O1A1', amount_fen: 5_000, reason: 'streamer' as const, state: 'processing' as const, tries: 0, ...more });

export const toShip = sale('O1');
export const fins = sale('O2', { kind: 'fins', title: '60 个鲨鱼翅', amount_fen: 600, goods_id: 'g3', lot: 3 });
export const unpaid = sale('O3', { state: 'awaiting_payment', paid_at: null, title: '雨过天青盖碗', pay_type: 'wechat' });

/** A room with an order to ship, one of shark fins and an unpaid one, before its page is opened. */
export function room() {
  const host = freshHost();
  host.studio.who = { streamer: '阿禾', rehearsal: false };
  host.nowS = at + 200;
  const { money } = host.studio;
  money.papers = [toShip, fins, unpaid];
  Element.prototype.scrollIntoView = vi.fn();
  const sales = new SalesState(host.studio);
  const announcer = new Announcer();
  const onCopy = vi.fn((_text: string) => Promise.resolve(true));
  const show = () => render(StudioOrdersPage, { sales, online: true, pictureOf: () => null, announcer, onCopy });
  return { host, money, sales, announcer, onCopy, show };
}

/** Waits until the list and the first order's page are there. */
export async function ready(): Promise<UserEvent> {
  await waitFor(() => expect(button('[data-orders]').dataset['orders']).toBe('ready'));
  await waitFor(() => expect(document.querySelector('[data-timeline]')).not.toBeNull());
  return person();
}

export const rows = () => [...document.querySelectorAll('.feed [data-order]')].map((one) => one.getAttribute('data-order'));
export const row = (id: string) => button(`.feed [data-order="${id}"] [data-choose]`);
export const detail = () => button('[data-detail]');
export const field = (name: string) => button(`[data-input="${name}"]`) as HTMLInputElement;
export const cash = () => button('[data-detail] [data-money]').dataset['money'];

export async function pick(user: UserEvent, id: string): Promise<void> {
  await user.click(row(id));
  await waitFor(() => expect(button('[data-detail]').dataset['detail']).toBe(id));
  await waitFor(() => expect(document.querySelector('[data-timeline]')).not.toBeNull());
}

import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import type { UserEvent } from '@testing-library/user-event';
import { expect } from 'vitest';
import App from '../App.svelte';
import { button, freshHost, person } from '../driving';
import type { Goods, StudioGoods } from '../host/contract';
import type { FakeHost } from '../host/fake';
import type { Page } from './studio.svelte';

// How tests drive the studio: by what a streamer can see and press.

/** A shop that this window hosts. */
export function studioHost(): FakeHost {
  const host = freshHost();
  host.studio.who = { streamer: '阿禾', rehearsal: false };
  return host;
}

/** Opens the window and one of the studio's pages. */
export async function inStudio(host: FakeHost, page: Page = 'goods'): Promise<UserEvent> {
  const user = person();
  render(App, { host });
  await user.click(await waitFor(() => button('[data-section="studio"]')));
  await screen.findByRole('heading', { name: '工作室' });
  await waitFor(() => expect(button('[data-studio-at]').dataset['studioAt']).not.toBe('loading'));
  if (page !== 'goods') await user.click(button(`[data-studio="${page}"]`));
  return user;
}

export const row = (id: string, more = ''): HTMLElement => button(`[data-row="${id}"] ${more}`.trim());
export const cell = (id: string, field: 'title' | 'price' | 'stock'): HTMLElement => row(id, `[data-cell="${field}"] button`);
export const input = (name: string): HTMLInputElement => button(`[data-input="${name}"]`) as HTMLInputElement;
export const fieldOf = (name: string): HTMLElement => button(`[data-field="${name}"]`);
export const editor = (): HTMLElement => button('[data-editor]');
export const told = (): string => document.querySelector('[data-told] p')?.textContent?.trim() ?? '';

/** What the shop has of an item. */
export function item(host: FakeHost, id: string): Goods {
  const found = Array.isArray(host.stock) ? host.stock.find((one) => one.goods_id === id) : undefined;
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

export function change(host: FakeHost, id: string, more: Partial<Goods>, beside: Partial<Omit<StudioGoods, 'item'>> = {}): void {
  if (Array.isArray(host.stock)) host.stock = host.stock.map((one) => (one.goods_id === id ? { ...one, ...more } : one));
  host.studio.beside.set(id, { ...host.studio.beside.get(id), ...beside });
}

/** Replaces what stands in a field. */
export async function fill(user: UserEvent, field: HTMLElement, text: string): Promise<void> {
  await user.clear(field);
  if (text !== '') await user.type(field, text);
}

/** Drops a file on something. */
export async function drop(on: HTMLElement, file: File): Promise<void> {
  await fireEvent.drop(on, { dataTransfer: { files: [file] } });
}

/** The order of the table. */
export const order = (): (string | undefined)[] =>
  [...document.querySelectorAll<HTMLElement>('[data-row]')].sort((a, b) => Number(a.ariaRowIndex ?? a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex'))).map((one) => one.dataset['row']);

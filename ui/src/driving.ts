import { render, screen } from '@testing-library/svelte';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { vi } from 'vitest';
import App from './App.svelte';
import type { Refusal, Stage } from './host/contract';
import { FakeHost, fakeGoods } from './host/fake';

// How tests drive the whole window: by what a viewer can see and press.

const qr = { svg: '<svg xmlns="http://www.w3.org/2000/svg"/>', modules: 37, payment_string: 'NOT PAYABLE' };

export function waiting(expires_in_s = 300): Stage {
  return { stage: 'awaiting_payment', qr, expires_in_s, scanned: false, online: true };
}

export function refused(code: Refusal['code'], more: Partial<Refusal> = {}): Stage {
  return { stage: 'refused', refusal: { code, message: '', ...more } };
}

export const teapot = { ...fakeGoods, goods_id: 'g2', lot: 2, title: '粗陶侧把壶', price_fen: 22_800, limit_per_viewer: 2, pinned: true };
export const fins = { ...fakeGoods, goods_id: 'g3', lot: 3, title: '60 个鲨鱼翅', kind: 'fins' as const, fins: 60, price_fen: 600 };

/** A shop with a bowl, an explained teapot and shark fins; the window forgets what earlier tests chose. */
export function freshHost(): FakeHost {
  localStorage.clear();
  localStorage.setItem('language', 'zh');
  const host = new FakeHost();
  host.stock = [fakeGoods, teapot, fins];
  return host;
}

/** A user whose waits use the test's own clock when there is one. */
export function person(): UserEvent {
  return userEvent.setup({ advanceTimers: (ms) => void (vi.isFakeTimers() && vi.advanceTimersByTime(ms)) });
}

/** Opens the window and waits for the goods. */
export async function opened(host: FakeHost): Promise<UserEvent> {
  const user = person();
  render(App, { host });
  await screen.findByRole('heading', { name: /本场商品/ });
  return user;
}

/** The part of a purchase's screen, which must be this one. */
export function pane(key: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(`[data-screen="${key}"]`);
  if (found === null) {
    const shown = [...document.querySelectorAll('[data-screen]')].map((one) => one.getAttribute('data-screen'));
    throw new Error(`screen ${key} is not shown, but [${shown.join()}]`);
  }
  return found;
}

export function button(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
}

export function act(name: string): HTMLElement {
  return button(`button[data-act="${name}"]`);
}

/** The words of the money line. */
export function money(): string {
  return document.querySelector('[data-money]')?.textContent ?? '';
}

/** Buys the teapot by Alipay, up to whatever `host.onBuy` says. */
export async function buyTeapot(host: FakeHost): Promise<UserEvent> {
  const user = await opened(host);
  await user.click(button('[data-goods="g2"] button[data-buy]'));
  await user.click(button('button[data-pay-type="alipay"]'));
  return user;
}

import { screen, waitFor } from '@testing-library/svelte';
import type { UserEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import { act, button, opened, waiting } from './driving';
import type { FakeHost } from './host/fake';
import { practiceHost, rehearsal, report } from './studio/rehearsal/driving';
import { CASES } from './studio/rehearsal/cases';

let host: FakeHost;

beforeEach(() => {
  host = practiceHost();
});

const running = (at: number) => rehearsal('running', CASES.map((name, n) => report(name, n < at ? 'passed' : n === at ? 'running' : 'waiting')));
const section = () => document.querySelector('.section[aria-current="page"]')?.getAttribute('data-section');

/** From the band to a rehearsal that runs. */
async function begun(): Promise<UserEvent> {
  const user = await opened(host);
  await user.click(await waitFor(() => act('to-rehearsal')));
  await user.click(await waitFor(() => act('rehearse')));
  host.rehearsal.emit(running(2));
  await screen.findByRole('heading', { name: /第 3 \/ 10 个场景/ });
  return user;
}

describe('the practice room', () => {
  test('leads whoever is new to it with two presses to a rehearsal, and on to its report', async () => {
    const user = await opened(host);
    expect(await waitFor(() => act('to-rehearsal'))).toHaveTextContent('彩排这家店');
    await user.click(act('to-rehearsal'));
    expect(section()).toBe('studio');
    await user.click(await waitFor(() => act('rehearse')));
    expect(host.called('rehearse')).toHaveLength(1);
    host.rehearsal.emit(rehearsal('done'));
    await user.click(await waitFor(() => act('save-report')));
    await waitFor(() => expect(button('[data-saved]')).toHaveTextContent('liveshop-rehearsal-2026-08-22.html'));
  });

  test('goes on rehearsing while the streamer is elsewhere, and tells the end there', async () => {
    const user = await begun();
    await user.keyboard('{Control>}1{/Control}');
    expect(section()).toBe('room');
    expect(act('to-rehearsal')).toHaveTextContent('彩排中 3 / 10');
    host.rehearsal.emit(running(6));
    await waitFor(() => expect(act('to-rehearsal')).toHaveTextContent('彩排中 7 / 10'));
    host.rehearsal.emit(rehearsal('done'));
    await waitFor(() => expect(button('[data-live="polite"]')).toHaveTextContent('10 个场景都通过，可以开播'));
    expect(act('to-rehearsal')).toHaveTextContent('彩排这家店');
    await user.click(act('to-rehearsal'));
    expect(await screen.findByRole('heading', { name: '10 个场景都通过，可以开播' })).toBeVisible();
  });

  test('takes up a rehearsal that was under way before the window was opened', async () => {
    host.rehearsal.kept = running(4);
    const user = await opened(host);
    await waitFor(() => expect(act('to-rehearsal')).toHaveTextContent('彩排中 5 / 10'));
    await user.click(act('to-rehearsal'));
    expect(await screen.findByRole('heading', { name: /第 5 \/ 10 个场景/ })).toBeVisible();
  });

  test('says on every page that faults are on, and leads to their switches', async () => {
    host.rehearsal.switches = host.rehearsal.switches.map((one) => ({ ...one, on: one.trouble === 'no_code' }));
    const user = await opened(host);
    await waitFor(() => expect(act('to-rehearsal')).toHaveTextContent('已打开 1 个故障'));
    await user.keyboard('{Control>}2{/Control}');
    await user.click(act('to-rehearsal'));
    expect(await waitFor(() => button('[data-trouble="no_code"] [role="switch"]'))).toBeChecked();
    await user.click(act('to-room'));
    expect(section()).toBe('room');
  });

  test('says that a crowd is buying', async () => {
    const user = await opened(host);
    await user.click(await waitFor(() => act('to-rehearsal')));
    await user.click(button('[data-tab="crowd"]'));
    await user.click(act('crowd-start'));
    await user.keyboard('{Control>}1{/Control}');
    expect(act('to-rehearsal')).toHaveTextContent('模拟观众正在下单');
  });

  test('is empty of the crowd and closed to phones after it was put back as it was at first', async () => {
    const user = await opened(host);
    await user.click(await waitFor(() => act('to-rehearsal')));
    await user.click(button('[data-tab="phone"]'));
    await user.click(act('phone-on'));
    await waitFor(() => expect(act('phone-off')).toBeVisible());
    await user.click(button('[data-tab="crowd"]'));
    await user.click(act('crowd-start'));
    await user.click(button('[data-studio="show"]'));
    await user.click(await waitFor(() => act('reset-practice')));
    await user.click(await waitFor(() => act('yes')));
    await waitFor(() => expect(host.called('resetPractice')).toHaveLength(1));
    await waitFor(() => expect(act('to-rehearsal')).toHaveTextContent('彩排这家店'));
    await waitFor(() => expect(host.called('lanPhone').map(({ args }) => args)).toEqual([[true], [false]]));
    await user.click(act('to-rehearsal'));
    await user.click(await waitFor(() => button('[data-tab="crowd"]')));
    expect(screen.getByText('还没有人来')).toBeVisible();
  });

  test('offers the own phone beside the pretend one', async () => {
    host.onBuy = waiting();
    host.phone = 'http://127.0.0.1:1/phone?code=x';
    const user = await opened(host);
    await user.click(button('[data-goods="g2"] button[data-buy]'));
    await user.click(button('button[data-pay-type="alipay"]'));
    await user.click(await waitFor(() => act('phone')));
    await user.click(await waitFor(() => act('real-phone')));
    expect(await waitFor(() => act('phone-on'))).toBeVisible();
  });
});

test('a real room has no band and nothing of the rehearsal is asked for', async () => {
  host.entrance = { ...host.trusted };
  host.studio.who = { streamer: '阿禾', rehearsal: false };
  await opened(host);
  expect(document.querySelector('[data-act="to-rehearsal"]')).toBeNull();
  expect(host.called('lastRehearsal')).toHaveLength(0);
  expect(host.called('panel')).toHaveLength(0);
});

test('a viewer of a practice room who does not host it is offered no rehearsal', async () => {
  host.studio.who = { streamer: null, rehearsal: false };
  await opened(host);
  await screen.findByText('练习 · 不会产生真实扣款，也不会发货');
  expect(document.querySelector('[data-act="to-rehearsal"]')).toBeNull();
});

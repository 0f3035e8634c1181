import { screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { act, button } from '../../driving';
import type { Crowd, Happening } from '../../host/contract';
import type { FakeHost } from '../../host/fake';
import { openedPage, practiceHost, rehearsal, report } from './driving';

let host: FakeHost;

beforeEach(() => {
  host = practiceHost();
});
afterEach(() => void vi.useRealTimers());

const away = { code: 'no_answer', message: '' } as const;
const fault = (name: string) => button(`[data-trouble="${name}"]`);
const toggle = (name: string) => within(fault(name)).getByRole('switch');

describe('the tabs', () => {
  test('are one stop of the Tab key and walked by the arrows', async () => {
    const { user } = await openedPage(host);
    const tab = (name: string) => screen.getByRole('tab', { name });
    tab('完整彩排').focus();
    await user.keyboard('{ArrowRight}');
    await waitFor(() => expect(tab('故障开关')).toHaveFocus());
    expect(tab('故障开关')).toHaveAttribute('aria-selected', 'true');
    await user.keyboard('{End}');
    await waitFor(() => expect(tab('用自己的手机')).toHaveFocus());
    await user.keyboard('{ArrowRight}');
    await waitFor(() => expect(tab('完整彩排')).toHaveFocus());
    expect(tab('用自己的手机')).toHaveAttribute('tabindex', '-1');
  });

  test('mark what goes on behind them', async () => {
    host.rehearsal.kept = rehearsal('running', [report('paid', 'running')]);
    await openedPage(host, 'phone');
    expect(await screen.findByRole('tab', { name: '完整彩排 进行中' })).toBeVisible();
    expect(screen.getByRole('tab', { name: '模拟观众' })).toBeVisible();
  });
});

describe('where the room cannot be rehearsed', () => {
  test('the page leads to the practice room', async () => {
    host.studio.who = { streamer: '阿禾', rehearsal: false };
    const { user } = await openedPage(host);
    await user.click(await waitFor(() => act('practice')));
    expect(host.called('openPractice')).toHaveLength(1);
  });

  test('a build without the practice room says so and offers nothing', async () => {
    host.studio.who = { streamer: '阿禾', rehearsal: false };
    host.info = { ...host.info, practice: false };
    await openedPage(host);
    expect(await screen.findByText('这个版本没有开启彩排')).toBeVisible();
    expect(document.querySelector('[data-act="practice"]')).toBeNull();
  });
});

describe('the fault switches', () => {
  test('each say what viewers see and what the books show, and are turned on and off', async () => {
    const { user } = await openedPage(host, 'troubles');
    await waitFor(() => expect(document.querySelectorAll('[data-trouble]')).toHaveLength(10));
    expect(fault('notices_lost')).toHaveTextContent('观众看到');
    expect(fault('notices_lost')).toHaveTextContent('账上');
    expect(toggle('notices_lost')).toHaveAccessibleName('付款通知永远不来');
    await user.click(toggle('notices_lost'));
    expect(host.called('setTrouble')[0]?.args).toEqual(['notices_lost', true]);
    await waitFor(() => expect(toggle('notices_lost')).toBeChecked());
    expect(fault('notices_lost')).toHaveTextContent('打开了，还没碰上');
    await user.click(toggle('notices_lost'));
    await waitFor(() => expect(toggle('notices_lost')).not.toBeChecked());
  });

  test('count what they did and when they turn themselves off', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    host.rehearsal.switches = host.rehearsal.switches.map((one) => (one.trouble === 'channels_down' ? { ...one, on: true, struck: 2, off_in_s: 60 } : one));
    await openedPage(host, 'troubles');
    await waitFor(() => expect(fault('channels_down')).toHaveTextContent('已起作用 2 次'));
    await vi.advanceTimersByTimeAsync(20_000);
    await waitFor(() => expect(Number(/^0:(\d\d) 后自动关闭$/.exec(within(fault('channels_down')).getByRole('timer').textContent)?.[1])).toBeLessThanOrEqual(40));
    host.rehearsal.switches = host.rehearsal.switches.map((one) => ({ ...one, on: false, off_in_s: null }));
    host.rehearsal.happen();
    await waitFor(() => expect(toggle('channels_down')).not.toBeChecked());
  });

  test('are all turned off at once', async () => {
    host.rehearsal.switches = host.rehearsal.switches.map((one) => ({ ...one, on: one.trouble === 'no_code' || one.trouble === 'paid_twice' }));
    const { user, announcer } = await openedPage(host, 'troubles');
    await waitFor(() => expect(toggle('no_code')).toBeChecked());
    await user.click(act('all-off'));
    await waitFor(() => expect(toggle('paid_twice')).not.toBeChecked());
    expect(announcer.polite).toBe('故障已全部关闭');
    await user.click(act('all-off'));
    expect(host.called('clearTroubles')).toHaveLength(1);
  });

  test('that do not move say so where they are', async () => {
    host.rehearsal.onSwitch = away;
    const { user } = await openedPage(host, 'troubles');
    await user.click(await waitFor(() => toggle('no_code')));
    await waitFor(() => expect(fault('no_code')).toHaveTextContent('没有切换成功，再按一次。'));
    expect(toggle('no_code')).not.toBeChecked();
    host.rehearsal.onSwitch = 'moved';
    await user.click(toggle('no_code'));
    await waitFor(() => expect(toggle('no_code')).toBeChecked());
    expect(fault('no_code')).not.toHaveTextContent('没有切换成功');
  });

  test('that do not come can be asked for again', async () => {
    host.rehearsal.onPanel = away;
    const { user } = await openedPage(host, 'troubles');
    expect(await screen.findByText('开关没有加载出来')).toBeVisible();
    host.rehearsal.onPanel = 'shown';
    await user.click(act('retry'));
    await waitFor(() => expect(fault('no_code')).toBeVisible());
  });

  test('lead to the room to be tried', async () => {
    const { user, left } = await openedPage(host, 'troubles');
    await user.click(act('to-room'));
    expect(left()).toBe(1);
  });

  test('say why the window is cut off', async () => {
    const { user } = await openedPage(host, 'troubles');
    await user.click(await waitFor(() => toggle('viewer_offline')));
    expect(within(fault('viewer_offline')).getByRole('timer')).toHaveTextContent('0:20 后自动关闭');
    expect(await screen.findByText(/这个窗口现在连不上练习商店/)).toBeVisible();
  });
});

describe('what happened', () => {
  const happening = (seq: number, at_ms: number, what: Happening['what'], more: Partial<Happening> = {}): Happening => ({ seq, at_ms, what, pay_type: 'alipay', amount_fen: 16_800, trouble: null, ...more });

  test('is empty at first and says how to fill it', async () => {
    await openedPage(host, 'troubles');
    expect(screen.getByText('还没有动静')).toBeVisible();
  });

  test('comes in newest first, timed from the payment, with the fault that struck', async () => {
    await openedPage(host, 'troubles');
    await waitFor(() => expect(fault('no_code')).toBeVisible());
    host.rehearsal.happenings = [happening(3, 9_200, 'query'), happening(2, 1_100, 'notice', { trouble: 'notices_lost' }), happening(1, 1_000, 'paid')];
    host.rehearsal.happen();
    await waitFor(() => expect(document.querySelectorAll('[data-happening]')).toHaveLength(3));
    const [query, notice, paid] = [...document.querySelectorAll('[data-happening]')].map((one) => one.textContent.replaceAll(/\s+/g, ' '));
    expect(query).toContain('商店查付款结果 支付宝 ¥168.00');
    expect(query).toContain('+8.2 秒');
    expect(notice).toContain('故障：付款通知永远不来');
    expect(paid).not.toContain('+');
  });

  test('is asked for once for many things that happen at once', async () => {
    await openedPage(host, 'troubles');
    await waitFor(() => expect(fault('no_code')).toBeVisible());
    const before = host.called('panel').length;
    const { panel } = host.rehearsal;
    let answer = () => {};
    host.rehearsal.panel = () => new Promise((resolve) => (answer = () => resolve({ switches: host.rehearsal.switches, happenings: [] })));
    host.rehearsal.happen();
    host.rehearsal.panel = panel;
    for (let n = 0; n < 50; n += 1) host.rehearsal.happen();
    host.rehearsal.happenings = [happening(50, 1_000, 'paid')];
    expect(host.called('panel')).toHaveLength(before);
    answer();
    await waitFor(() => expect(document.querySelectorAll('[data-happening]')).toHaveLength(1));
    expect(host.called('panel')).toHaveLength(before + 1);
  });
});

describe('the crowd', () => {
  const crowd = (more: Partial<Crowd> = {}): Crowd => ({ running: true, came: 10, ordered: 8, turned_away: 2, slowed_down: 0, failed: 0, paid: 5, delivered: 4, refunded: 1, closed: 1, paid_fen: 84_000, refunded_fen: 16_800, took_ms: 9_000, agrees: null, ...more });
  const counted = (name: string) => button(`[data-count="${name}"]`);

  test('is sent in as the fields say, the shares always a hundred', async () => {
    const { user } = await openedPage(host, 'crowd');
    const field = button('[data-input="viewers"]');
    await user.clear(field);
    await user.type(field, '60');
    const pay = screen.getByRole('slider', { name: '付款' });
    (pay as HTMLInputElement).value = '40';
    pay.dispatchEvent(new Event('input', { bubbles: true }));
    await waitFor(() => expect(screen.getByRole('slider', { name: '看了码就走' })).toHaveValue('40'));
    await user.click(act('crowd-start'));
    expect(host.called('crowd')[0]?.args).toEqual([{ viewers: 60, over_s: 20, pay: 40, leave: 40, late: 20 }]);
  });

  test('is not sent in with a number that cannot be, and the field says which can', async () => {
    const { user } = await openedPage(host, 'crowd');
    const field = button('[data-input="viewers"]');
    await user.clear(field);
    await user.type(field, '501');
    expect(screen.queryByText('人数要是 1 到 500 的整数')).toBeNull();
    await user.click(act('crowd-start'));
    expect(screen.getByText('人数要是 1 到 500 的整数')).toBeVisible();
    expect(field).toHaveFocus();
    expect(host.called('crowd')).toHaveLength(0);
  });

  test('is counted live and stopped', async () => {
    const { user } = await openedPage(host, 'crowd');
    await user.click(act('crowd-start'));
    host.rehearsal.emitCrowd(crowd());
    expect(await screen.findByText('来了 10 / 40 人')).toBeVisible();
    expect(counted('delivered')).toHaveTextContent('4');
    expect(counted('open')).toHaveTextContent(/还没有结果\s*2/);
    expect(counted('turned_away')).toHaveTextContent('没货或已到限购');
    expect(document.querySelector('[data-count="failed"]')).toBeNull();
    host.rehearsal.emitCrowd(crowd({ came: 40 }));
    expect(await screen.findByText(/没付的订单要等到期/)).toBeVisible();
    await user.click(act('crowd-stop'));
    expect(host.called('stopCrowd')).toHaveLength(1);
    host.rehearsal.emitCrowd(crowd({ running: false, ordered: 6, agrees: true }));
    expect(await screen.findByText('账对得上')).toBeVisible();
    expect(act('crowd-start')).toBeVisible();
  });

  test.each([
    [{ agrees: true, ordered: 6 }, '账对得上'],
    [{ agrees: false, ordered: 6 }, '账对不上'],
    [{ agrees: null, ordered: 8 }, '还有 2 笔订单没有结果'],
    [{ agrees: false, ordered: 8 }, '还有 2 笔订单没有结果'],
    [{ agrees: null, ordered: 6 }, '还没有对账'],
  ])('that is over with %o says: %s', async (more, words) => {
    const { user } = await openedPage(host, 'crowd');
    await user.click(act('crowd-start'));
    host.rehearsal.emitCrowd(crowd({ running: false, ...more }));
    expect(await screen.findByText(words)).toBeVisible();
  });

  test('that does not come in says so', async () => {
    host.rehearsal.onCrowd = away;
    const { user } = await openedPage(host, 'crowd');
    await user.click(act('crowd-start'));
    expect(await screen.findByText(/模拟观众没有进来/)).toBeVisible();
    expect(act('crowd-start')).toBeVisible();
  });

  test('says that practice stock is really bought, and how to have it back', async () => {
    await openedPage(host, 'crowd');
    expect(screen.getByText(/会真的占用和买走练习直播间的库存.*“直播设置”里重置/)).toBeVisible();
  });
});

describe('the phone', () => {
  const qr = { svg: '<svg xmlns="http://www.w3.org/2000/svg"/>', modules: 37, payment_string: 'http://192.168.1.23:7461/phone' };

  test('is off, and says what turning it on opens before it is turned on', async () => {
    await openedPage(host, 'phone');
    expect(screen.getByText(/同一网络里的任何人都能打开模拟钱包的页面/)).toBeVisible();
    expect(document.querySelector('[data-qr]')).toBeNull();
    expect(host.called('lanPhone')).toHaveLength(0);
  });

  test('shows code and address while it is on, and is turned off again', async () => {
    host.rehearsal.phoneOn = { on: true, url: 'http://192.168.1.23:7461/phone', qr };
    const { user } = await openedPage(host, 'phone');
    await user.click(act('phone-on'));
    expect(await screen.findByText('http://192.168.1.23:7461/phone')).toBeVisible();
    expect(screen.getByRole('img', { name: '模拟钱包的地址，用手机扫' })).toBeVisible();
    expect(screen.getByText(/现在端口 7461 对同一网络开放/)).toBeVisible();
    await user.click(act('copy-address'));
    expect(host.called('copy')[0]?.args).toEqual(['http://192.168.1.23:7461/phone']);
    await user.click(act('phone-off'));
    await waitFor(() => expect(act('phone-on')).toBeVisible());
    expect(host.called('lanPhone').map(({ args }) => args)).toEqual([[true], [false]]);
  });

  test('that does not open, or does not close, says so', async () => {
    host.rehearsal.phoneOn = away;
    const { user } = await openedPage(host, 'phone');
    await user.click(act('phone-on'));
    expect(await screen.findByRole('alert')).toHaveTextContent('没有打开');
    host.rehearsal.phoneOn = { on: true, url: 'http://192.168.1.23:7461/phone', qr };
    host.rehearsal.phoneOff = away;
    await user.click(act('phone-on'));
    await user.click(await waitFor(() => act('phone-off')));
    expect(await screen.findByRole('alert')).toHaveTextContent('没有关掉');
    expect(screen.getByText('http://192.168.1.23:7461/phone')).toBeVisible();
  });
});

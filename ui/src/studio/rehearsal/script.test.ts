import { screen, waitFor, within } from '@testing-library/svelte';
import { beforeEach, describe, expect, test } from 'vitest';
import { act, button } from '../../driving';
import type { Goods } from '../../host/contract';
import type { FakeHost } from '../../host/fake';
import { CASES } from './cases';
import { openedPage, practiceHost, rehearsal, report } from './driving';

let host: FakeHost;

beforeEach(() => {
  host = practiceHost();
});

const row = (name: string) => button(`[data-case="${name}"]`);
const running = (at: number) => rehearsal('running', CASES.map((name, n) => report(name, n < at ? 'passed' : n === at ? 'running' : 'waiting')));

describe('before the first rehearsal', () => {
  test('one button begins it, beside what it does and every case it runs', async () => {
    const { user } = await openedPage(host);
    expect(screen.getByText(/另开一家模拟店铺，卖你商品的副本.*约两分钟；观众和练习订单都不受影响/)).toBeVisible();
    expect(document.querySelectorAll('[data-case]')).toHaveLength(CASES.length);
    await user.click(act('rehearse'));
    expect(host.called('rehearse')).toHaveLength(1);
    expect(screen.getByRole('heading', { name: '正在准备模拟店铺' })).toBeVisible();
    expect(screen.getByRole('heading', { name: '正在准备模拟店铺' })).toHaveFocus();
  });

  test('one that does not begin says what to do, and can be begun again', async () => {
    host.rehearsal.onRehearse = { code: 'practice_failed', message: 'No space left on device' };
    const { user } = await openedPage(host);
    await user.click(act('rehearse'));
    const told = await screen.findByRole('alert');
    expect(told).toHaveTextContent('彩排没有开始');
    expect(told).toHaveTextContent('给技术支持看：No space left on device');
    host.rehearsal.onRehearse = 'begun';
    await user.click(act('rehearse'));
    expect(screen.queryByRole('alert')).toBeNull();
    expect(host.called('rehearse')).toHaveLength(2);
  });

  test('a shop that sells nothing is told so', async () => {
    host.stock = (host.stock as Goods[]).map((one, n) => (n === 0 ? { ...one, on_sale: false } : { ...one, stock_left: 0 }));
    const { user } = await openedPage(host);
    expect(await screen.findByText(/先在“商品”里上架一件/)).toBeVisible();
    await user.click(act('rehearse'));
    expect(host.called('rehearse')).toHaveLength(0);
  });

  test('a shop that has just sold out is told so by the program', async () => {
    host.rehearsal.onRehearse = { code: 'not_on_sale', message: '' };
    const { user } = await openedPage(host);
    await user.click(act('rehearse'));
    expect(await screen.findByRole('alert')).toHaveTextContent('先在“商品”里上架一件');
  });
});

describe('while it runs', () => {
  test('it says which case is lived, how far it is and what happened last', async () => {
    const { user } = await openedPage(host);
    await user.click(act('rehearse'));
    const view = running(2);
    host.rehearsal.emit({ ...view, cases: view.cases.map((one, n) => (n === 2 ? { ...one, steps: [{ after_ms: 800, who: 'phone', deed: 'paid', state: null, pay_type: 'alipay', amount_fen: 16_800 }] } : one)) });
    expect(await screen.findByRole('heading', { name: '第 3 / 10 个场景：付款通知丢了' })).toBeVisible();
    expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '2');
    expect(row('notice_lost')).toHaveTextContent('手机付款 ¥168.00');
    expect(row('paid')).toHaveTextContent('通过');
    expect(row('sold_out')).toHaveTextContent('还没演');
    // Between two cases, and after the last one, it is not being prepared again.
    host.rehearsal.emit({ ...view, cases: view.cases.map((one, n) => (n === 2 ? { ...one, state: 'passed' } : one)) });
    expect(await screen.findByRole('heading', { name: '第 4 / 10 个场景：订单关闭后才付款' })).toBeVisible();
    host.rehearsal.emit(rehearsal('running'));
    expect(await screen.findByRole('heading', { name: /第 10 \/ 10 个场景/ })).toBeVisible();
  });

  test('it can be stopped, which says how far it came', async () => {
    const { user, announcer } = await openedPage(host);
    await user.click(act('rehearse'));
    host.rehearsal.emit(running(4));
    await user.click(await waitFor(() => act('stop-rehearsal')));
    expect(act('stop-rehearsal')).toHaveTextContent('正在停止');
    await user.click(act('stop-rehearsal'));
    expect(host.called('stopRehearsal')).toHaveLength(1);
    host.rehearsal.emit(rehearsal('stopped', CASES.map((name, n) => report(name, n < 4 ? 'passed' : 'stopped'))));
    expect(await screen.findByRole('heading', { name: '已停止，演完了 4 / 10 个场景' })).toBeVisible();
    expect(announcer.polite).toBe('已停止，演完了 4 / 10 个场景');
    expect(act('rehearse')).toHaveTextContent('再彩排一次');
  });

  test('a stop that does not arrive says so and can be pressed again', async () => {
    host.rehearsal.onStop = { code: 'no_answer', message: '' };
    host.rehearsal.kept = running(1);
    const { user } = await openedPage(host);
    await user.click(await waitFor(() => act('stop-rehearsal')));
    expect(await screen.findByRole('alert')).toHaveTextContent('没有停下来');
    expect(act('stop-rehearsal')).toHaveTextContent('停止');
  });

  test('whoever comes back finds it, and hears its end', async () => {
    host.rehearsal.kept = running(5);
    const { announcer } = await openedPage(host);
    expect(await screen.findByRole('heading', { name: /第 6 \/ 10 个场景/ })).toBeVisible();
    expect(host.called('rehearse')).toHaveLength(1);
    host.rehearsal.emit(rehearsal('done'));
    expect(await screen.findByRole('heading', { name: '10 个场景都通过，可以开播' })).toBeVisible();
    expect(announcer.polite).toBe('10 个场景都通过，可以开播');
  });
});

describe('its end', () => {
  test('shows what each case took in, sent out and gave back', async () => {
    host.rehearsal.kept = rehearsal('done', CASES.map((name) => report(name, 'passed', name === 'paid_twice' ? { found: { money_in_fen: 33_600, money_back_fen: 16_800, goods_out: 1 }, wanted: { money_in_fen: 33_600, money_back_fen: 16_800, goods_out: 1 } } : {})));
    await openedPage(host);
    await screen.findByText('每一笔钱和每一件货都对得上。');
    expect(row('paid_twice')).toHaveTextContent(/收款\s*¥336\.00/);
    expect(row('paid_twice')).toHaveTextContent(/发货\s*1 件/);
    expect(row('paid_twice')).toHaveTextContent(/退款\s*¥168\.00/);
    expect(host.called('rehearse')).toHaveLength(0);
  });

  test('puts first what failed, with what was expected and what was found', async () => {
    const cases = CASES.map((name) => report(name, 'passed'));
    cases[5] = report('sold_out', 'failed', {
      wanted: { money_in_fen: 16_800, money_back_fen: 16_800, goods_out: 0 },
      found: { money_in_fen: 16_800, money_back_fen: 0, goods_out: 0 },
      faults: [{ fault: 'outcome' }, { fault: 'end_state', wanted: 'refunded' }, { fault: 'no_end' }, { fault: 'stock' }, { fault: 'broken', message: 'os error 111' }],
      steps: [
        { after_ms: 100, who: 'viewer', deed: 'told', state: 'closing', pay_type: null, amount_fen: null },
        { after_ms: 900, who: 'viewer', deed: 'told', state: 'closed', pay_type: null, amount_fen: null },
        { after_ms: 950, who: 'trouble', deed: 'trouble_ended', state: null, pay_type: null, amount_fen: null },
      ],
    });
    host.rehearsal.kept = rehearsal('done', cases);
    await openedPage(host);
    await screen.findByRole('heading', { name: '1 个场景和预期不符' });
    expect(document.querySelector('[data-case]')).toBe(row('sold_out'));
    const fault = (name: string) => within(row('sold_out')).getByText((_, node) => node?.getAttribute('data-fault') === name);
    expect(fault('outcome')).toHaveTextContent('应该是 收 ¥168.00，发 0 件，退 ¥168.00');
    expect(fault('outcome')).toHaveTextContent('实际是 收 ¥168.00，发 0 件，退 ¥0.00');
    expect(fault('end_state')).toHaveTextContent('应该是 观众看到“钱已退回”');
    expect(fault('end_state')).toHaveTextContent('实际是 观众看到“订单已关闭，没有扣款”');
    expect(fault('no_end')).toHaveTextContent('到时间还没有结果');
    expect(fault('stock')).toHaveTextContent('库存对不上');
    expect(fault('broken')).toHaveTextContent('给技术支持看：os error 111');
  });

  test('folds the steps of a case in and out, with their times', async () => {
    const steps = [
      { after_ms: 12, who: 'viewer' as const, deed: 'ordered' as const, state: null, pay_type: 'alipay' as const, amount_fen: 16_800 },
      { after_ms: 3_140, who: 'viewer' as const, deed: 'told' as const, state: 'delivered' as const, pay_type: null, amount_fen: null },
    ];
    host.rehearsal.kept = rehearsal('done', CASES.map((name) => report(name, 'passed', { steps })));
    const { user } = await openedPage(host);
    const fold = await waitFor(() => within(row('expired')).getByRole('button', { name: '经过' }));
    expect(fold).toHaveAttribute('aria-expanded', 'false');
    await user.click(fold);
    const list = within(row('expired')).getByRole('list', { name: '经过' });
    expect(list.textContent).toBe('0.0 秒观众下单 ¥168.003.1 秒观众看到“付款成功”');
    await user.click(fold);
    expect(within(row('expired')).queryByRole('list')).toBeNull();
  });

  test('saves the report and says where, in the language of the page', async () => {
    host.rehearsal.kept = rehearsal('done');
    const { user } = await openedPage(host);
    host.rehearsal.reportAt = { code: 'storage', message: '' };
    await user.click(await waitFor(() => act('save-report')));
    expect(await screen.findByText(/报告没有保存成功/)).toBeVisible();
    host.rehearsal.reportAt = '/home/ahe/report.html';
    await user.click(act('save-report'));
    expect(await screen.findByText('/home/ahe/report.html')).toBeVisible();
    expect(host.called('saveReport').at(-1)?.args).toEqual(['zh']);
    await user.click(act('copy-path'));
    expect(host.called('copy')[0]?.args).toEqual(['/home/ahe/report.html']);
  });

  test('that broke off says that nothing else was touched, and why', async () => {
    host.rehearsal.kept = rehearsal('failed', CASES.map((name) => report(name, 'stopped')), 'database is locked');
    const { user } = await openedPage(host);
    expect(await screen.findByRole('heading', { name: '彩排没能进行下去' })).toBeVisible();
    expect(screen.getByText('给技术支持看：database is locked')).toBeVisible();
    await user.click(act('rehearse'));
    expect(host.called('rehearse')).toHaveLength(1);
    expect(screen.queryByText('给技术支持看：database is locked')).toBeNull();
  });

  test('of an earlier run is forgotten once a new one has begun, its report too', async () => {
    const { user } = await openedPage(host);
    await user.click(act('rehearse'));
    host.rehearsal.emit(rehearsal('done'));
    await user.click(await waitFor(() => act('save-report')));
    await screen.findByText(/liveshop-rehearsal/);
    await user.click(act('rehearse'));
    expect(await screen.findByRole('heading', { name: '正在准备模拟店铺' })).toHaveFocus();
    expect(document.querySelector('[data-verdict]')).toBeNull();
    host.rehearsal.emit(rehearsal('done'));
    await screen.findByRole('heading', { name: '10 个场景都通过，可以开播' });
    expect(document.querySelector('[data-saved]')).toBeNull();
  });
});

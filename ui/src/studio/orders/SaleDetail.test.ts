import { screen, waitFor, within } from '@testing-library/svelte';
import type { UserEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import { act, button, person } from '../../driving';
import type { FakeHost } from '../../host/fake';
import type { FakeStudioOrders } from '../../host/fakeStudioOrders';
import { at, away, cash, detail, field, fins, pick, ready, refund, room, sale, toShip, unpaid } from './selling';

const wish = { reason: '壶嘴有一道裂', asked_at: at + 90, declined: null };

let host: FakeHost;
let money: FakeStudioOrders;
let open: ReturnType<typeof room>;

beforeEach(() => {
  open = room();
  ({ host, money } = open);
});

function opened(): Promise<UserEvent> {
  open.show();
  return ready();
}

describe('an order', () => {
  test('tells its story with the channel’s own words folded away', async () => {
    const user = await opened();
    expect(cash()).toBe('received');
    expect([...document.querySelectorAll('[data-event]')].map((one) => one.getAttribute('data-event'))).toEqual(['placed', 'prepay_sent', 'prepay_ready', 'paid']);
    const paid = button('[data-event="paid"]');
    expect(within(paid).getByText(/TRADE_SUCCESS/)).not.toBeVisible();
    await user.click(within(paid).getByText(/查到付款，已交付/));
    expect(within(paid).getByText(/TRADE_SUCCESS/)).toBeVisible();
  });

  test('gives address and numbers for copying', async () => {
    const user = await opened();
    await user.click(act('copy-address'));
    expect(open.onCopy).toHaveBeenLastCalledWith('林夏 138 0000 0000 浙江省 杭州市 西湖区 文三路 1 号 3 幢 502');
    await user.click(button(`[data-copy="${toShip.attempts[0]?.channel_no}"]`));
    expect(open.onCopy).toHaveBeenLastCalledWith(toShip.attempts[0]?.channel_no);
    expect(open.announcer.polite).toContain('已复制');
  });

  test('that did not come whole can be read again', async () => {
    money.pages['O1'] = away;
    open.show();
    const user = person();
    await waitFor(() => expect(document.querySelector('[data-paper-failed]')).not.toBeNull());
    delete money.pages['O1'];
    await user.click(act('reread'));
    await waitFor(() => expect(document.querySelector('[data-timeline]')).not.toBeNull());
  });

  test('says where money is that needs a person', async () => {
    money.papers = [sale('O1', { quarantined: true, state: 'closing', paid_at: null })];
    await opened();
    expect(cash()).toBe('differs');
    expect(within(detail()).getByText(/弄清以前不要私下退款/)).toBeVisible();
    expect(document.querySelector('[data-act="refund"]')).toBeNull();
  });

  test('says that the balance is too low for a refund that waits', async () => {
    money.papers = [sale('O1', { refunds: [refund({ state: 'abnormal', tries: 5 })] })];
    await opened();
    expect(cash()).toBe('stuck');
    expect(within(detail()).getByText('支付宝余额不足。退款已排队，充值后自动重试。')).toBeVisible();
    expect(within(detail()).getByText('卡住，继续自动重试 · 已试 5 次')).toBeVisible();
  });
});

describe('a refund', () => {
  test('is asked about once, names its amount, and shows how it goes', async () => {
    const user = await opened();
    await user.click(act('refund'));
    expect(field('refund-amount')).toHaveValue('228.00');
    expect(document.activeElement).toBe(field('refund-amount'));
    expect(act('refund-go')).toHaveTextContent('退款 ¥228.00');
    await user.click(act('refund-go'));
    await waitFor(() => expect(document.querySelector('[data-refund-state="new"]')).not.toBeNull());
    expect(open.announcer.polite).toBe('已提交退款，通常几分钟到账');
    expect(cash()).toBe('going');
    expect(button('.feed [data-order="O1"] .mark')).toHaveTextContent('退款中');
    expect(document.querySelector('[data-act="refund"]')).toBeNull();
  });

  test('of a part leaves the rest, with a reason for the books', async () => {
    const user = await opened();
    await user.click(act('refund'));
    await user.clear(field('refund-amount'));
    await user.type(field('refund-amount'), '50');
    await user.click(button('[data-note]'));
    await user.type(field('refund-reason'), '少发一件');
    expect(act('refund-go')).toHaveTextContent('退款 ¥50.00');
    await user.click(act('refund-go'));
    await waitFor(() => expect(host.called('refundOrder')).toHaveLength(1));
    expect(host.called('refundOrder')[0]?.args[1]).toMatchObject({ amount_fen: 5_000, reason: '少发一件' });
    await waitFor(() => expect(button('[data-act="refund"]')).toBeVisible());
    await user.click(act('refund'));
    expect(screen.getByText(/^最多可退 ¥178.00/)).toBeVisible();
  });

  test('of more than there is is not sent', async () => {
    const user = await opened();
    await user.click(act('refund'));
    await user.clear(field('refund-amount'));
    await user.type(field('refund-amount'), '228.01');
    expect(screen.queryByText(/^填 ¥0.01 到/)).toBeNull();
    await user.click(act('refund-go'));
    expect(screen.getByText('填 ¥0.01 到 ¥228.00 之间的金额')).toBeVisible();
    expect(host.called('refundOrder')).toHaveLength(0);
    await user.click(act('refund-whole'));
    expect(act('refund-go')).toHaveTextContent('退款 ¥228.00');
  });

  test('without an answer is the same one when it is sent again', async () => {
    const user = await opened();
    money.onDeed = 'lost';
    await user.click(act('refund'));
    await user.click(act('refund-go'));
    expect(await screen.findByText(/只会退一次/)).toBeVisible();
    // Closed and gone elsewhere, it is not forgotten.
    await user.click(act('refund-cancel'));
    await pick(user, 'O2');
    await pick(user, 'O1');
    expect(button('[data-unanswered]')).toHaveTextContent('¥228.00');
    money.onDeed = 'done';
    await user.click(act('refund-again'));
    await waitFor(() => expect(document.querySelector('[data-unanswered]')).toBeNull());
    const sent = host.called('refundOrder').map(({ args }) => (args[1] as { request_id: string }).request_id);
    expect(sent).toEqual([sent[0], sent[0]]);
    await waitFor(() => expect(document.querySelectorAll('[data-refund]')).toHaveLength(1));
  });

  test('without an answer that turns out not to have been taken says so in its form', async () => {
    const user = await opened();
    money.onDeed = away;
    await user.click(act('refund'));
    await user.click(act('refund-go'));
    await screen.findByText(/只会退一次/);
    await user.click(act('refund-cancel'));
    expect(document.querySelector('[data-act="refund"]')).toBeNull();
    expect(document.activeElement).toBe(act('refund-again'));
    money.onDeed = 'done';
    money.papers = [sale('O1', { refunds: [refund({ amount_fen: 20_000 })] }), fins, unpaid];
    await user.click(act('refund-again'));
    expect(await screen.findByText('没有退：现在最多可退 ¥28.00。改一下金额再试。')).toBeVisible();
    expect(document.querySelector('[data-unanswered]')).toBeNull();
  });

  test('without an answer may be pressed again in its form, though the shop already shows it', async () => {
    const user = await opened();
    money.onDeed = 'lost';
    await user.click(act('refund'));
    await user.click(act('refund-go'));
    await screen.findByText(/只会退一次/);
    host.studio.changed('orders');
    await waitFor(() => expect(document.querySelectorAll('[data-refund]')).toHaveLength(1));
    money.onDeed = 'done';
    await user.click(act('refund-go'));
    await waitFor(() => expect(document.querySelector('[data-form]')).toBeNull());
    expect(document.querySelectorAll('[data-refund]')).toHaveLength(1);
  });

  test('sent again with another amount after it did arrive is refused, and nothing more goes back', async () => {
    const user = await opened();
    money.onDeed = 'lost';
    await user.click(act('refund'));
    await user.clear(field('refund-amount'));
    await user.type(field('refund-amount'), '100');
    await user.click(act('refund-go'));
    await screen.findByText(/只会退一次/);
    money.onDeed = 'done';
    await user.clear(field('refund-amount'));
    await user.type(field('refund-amount'), '50');
    await user.click(act('refund-go'));
    expect(await screen.findByText(/^没有再退/)).toBeVisible();
    await waitFor(() => expect(document.querySelectorAll('[data-refund]')).toHaveLength(1));
    expect(screen.getByText(/^最多可退 ¥128.00/)).toBeVisible();
  });

  test('that another studio was faster with says how much is left', async () => {
    const user = await opened();
    await user.click(act('refund'));
    money.papers = [sale('O1', { refunds: [refund({ amount_fen: 20_000 })] }), fins, unpaid];
    await user.click(act('refund-go'));
    expect(await screen.findByText('没有退：现在最多可退 ¥28.00。改一下金额再试。')).toBeVisible();
    expect(field('refund-amount')).toHaveValue('228.00');
  });

  test('of which nothing is left says so', async () => {
    const user = await opened();
    await user.click(act('refund'));
    money.papers = [sale('O1', { refunds: [refund({ amount_fen: 22_800 })] }), fins, unpaid];
    await user.click(act('refund-go'));
    expect(await screen.findByText('没有退：这笔订单已经没有可退的钱。')).toBeVisible();
  });

  test('is one however often the button is pressed', async () => {
    const user = await opened();
    money.onDeed = 'never';
    await user.click(act('refund'));
    await user.dblClick(act('refund-go'));
    expect(act('refund-go')).toHaveTextContent('正在提交');
    expect(host.called('refundOrder')).toHaveLength(1);
  });
});

describe('a viewer’s wish', () => {
  beforeEach(() => {
    money.papers = [sale('O1', { refund_request: wish }), fins];
  });

  test('is shown with what can be answered', async () => {
    await opened();
    expect(within(button('[data-wish]')).getByText('壶嘴有一道裂')).toBeVisible();
    expect(button('.feed [data-order="O1"] .mark')).toHaveTextContent('想退款');
    expect(act('decline')).toBeVisible();
    expect(act('refund')).toBeVisible();
  });

  test('is declined with a reason', async () => {
    const user = await opened();
    await user.click(act('decline'));
    await user.click(act('decline-go'));
    expect(screen.getByText('写一下理由，买家会看到。')).toBeVisible();
    await user.type(field('decline-reason'), '照片里{Enter}看不到');
    await user.click(act('decline-go'));
    expect(host.called('declineRefund')[0]?.args).toEqual(['O1', '照片里 看不到']);
    await waitFor(() => expect(button('[data-declined]')).toHaveTextContent('你没有同意：照片里 看不到'));
    expect(open.announcer.polite).toBe('已发给买家');
    expect(document.querySelector('[data-act="decline"]')).toBeNull();
  });

  test('keeps what was typed while another order is looked at, and when it was not sent', async () => {
    const user = await opened();
    await user.click(act('decline'));
    await user.type(field('decline-reason'), '照片里看不到');
    await pick(user, 'O2');
    await pick(user, 'O1');
    expect(field('decline-reason')).toHaveValue('照片里看不到');
    money.onDeed = away;
    await user.click(act('decline-go'));
    expect(await screen.findByText('没有收到商店的答复。内容还在，再试一次。')).toBeVisible();
    expect(field('decline-reason')).toHaveValue('照片里看不到');
  });
});

describe('shipping', () => {
  test('is marked with carrier and number, and can be changed', async () => {
    const user = await opened();
    await user.click(act('ship'));
    await user.click(act('ship-go'));
    expect(screen.getByText('写上快递公司，最多 40 字。')).toBeVisible();
    expect(screen.getByText('写上快递单号，最多 60 字。')).toBeVisible();
    await user.type(field('carrier'), ' 顺丰 ');
    await user.type(field('number'), 'SF1400');
    await user.click(act('ship-go'));
    await waitFor(() => expect(button('[data-shipment]')).toHaveTextContent('顺丰 SF1400'));
    expect(within(detail()).getByRole('heading', { name: '已发货' })).toBeVisible();
    await user.click(act('ship'));
    await user.clear(field('number'));
    await user.type(field('number'), 'SF1500{Enter}');
    await waitFor(() => expect(button('[data-shipment]')).toHaveTextContent('顺丰 SF1500'));
    expect(host.called('ship').map(({ args }) => args[1])).toEqual([{ carrier: '顺丰', number: 'SF1400' }, { carrier: '顺丰', number: 'SF1500' }]);
  });

  test('remembers who carried the last one', async () => {
    money.papers = [toShip, sale('O5')];
    const user = await opened();
    await user.click(act('ship'));
    await user.type(field('carrier'), '顺丰');
    await user.type(field('number'), '1{Enter}');
    await waitFor(() => expect(button('[data-shipment]')).toBeVisible());
    await pick(user, 'O5');
    await user.click(act('ship'));
    expect(field('carrier')).toHaveValue('顺丰');
    expect(document.activeElement).toBe(field('number'));
  });

  test('is not offered for what is credited, unpaid or gone back whole', async () => {
    money.papers = [fins, unpaid, sale('O6', { refunds: [refund({ amount_fen: 22_800, state: 'done' })] })];
    const user = await opened();
    for (const id of ['O2', 'O3', 'O6']) {
      await pick(user, id);
      expect(document.querySelector('[data-act="ship"]')).toBeNull();
    }
  });
});

import { cleanup, screen, waitFor, within } from '@testing-library/svelte';
import type { UserEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import { act, button, freshHost, opened, pane, refused } from '../driving';
import type { Address } from '../host/contract';
import { type FakeHost, fakeAddress } from '../host/fake';

let host: FakeHost;
const second = { ...fakeAddress, address_id: 'a2', is_default: false, address: { ...fakeAddress.address, name: '阿禾' } };
const away = { code: 'no_answer', message: '' } as const;

beforeEach(() => {
  host = freshHost();
});

async function inSettings(): Promise<UserEvent> {
  const user = await opened(host);
  await user.click(button('[data-section="settings"]'));
  await user.click(button('[data-group="addresses"]'));
  return user;
}

async function atChoose(): Promise<UserEvent> {
  const user = await opened(host);
  await user.click(button('[data-goods="g2"] button[data-buy]'));
  pane('choose');
  return user;
}

async function fill(user: UserEvent) {
  await user.type(screen.getByLabelText('收件人'), ' 小满 ');
  await user.type(screen.getByLabelText('电话'), '１３９ 1111 2222');
  await user.type(screen.getByLabelText('省、市、区'), '江苏省 苏州市');
  await user.type(screen.getByLabelText('街道、门牌号'), '平江路 2 号');
}

const filled = { name: '小满', phone: '139 1111 2222', region: '江苏省 苏州市', detail: '平江路 2 号' };
const row = (id: string, name: string) => button(`[data-address="${id}"] [data-act="${name}"]`);
const ways = () => [...document.querySelectorAll<HTMLButtonElement>('button[data-pay-type]')];

describe('the address book', () => {
  test('adds an address, as it was typed but without the space around', async () => {
    host.book = [];
    const user = await inSettings();
    await screen.findByText('还没有收货地址');
    await user.click(act('add-address'));
    expect(document.activeElement).toBe(screen.getByLabelText('收件人'));
    await fill(user);
    await user.click(act('save-address'));
    expect(host.called('saveAddress')[0]?.args).toEqual([null, { address: filled, is_default: true }]);
    await waitFor(() => expect(document.activeElement).toBe(act('add-address')));
    expect(button('[data-address]')).toHaveTextContent('小满139 1111 2222默认');
    expect(button('[data-live="polite"]')).toHaveTextContent('地址已保存');
  });

  test('says what is wrong on leaving a field or saving, never while typing', async () => {
    const user = await inSettings();
    await user.click(await screen.findByRole('button', { name: '新增地址' }));
    const phone = screen.getByLabelText('电话');
    await user.tab();
    await user.type(phone, '12');
    expect(phone).toHaveAttribute('aria-invalid', 'false');
    expect(screen.getByLabelText('收件人')).toHaveAttribute('aria-invalid', 'false');
    await user.tab();
    expect(phone).toHaveAttribute('aria-invalid', 'true');
    expect(phone).toHaveAccessibleDescription(/至少 5 位数字/);
    await user.type(phone, '345');
    expect(phone).toHaveAttribute('aria-invalid', 'false');
    await user.click(act('save-address'));
    expect(host.called('saveAddress')).toHaveLength(0);
    expect(document.activeElement).toBe(screen.getByLabelText('收件人'));
    expect(screen.getByLabelText('收件人')).toHaveAccessibleDescription('填写收件人，不超过 40 个字。');
  });

  test('keeps what was typed when the shop does not answer', async () => {
    host.onSaveAddress = away;
    const user = await inSettings();
    await user.click(await screen.findByRole('button', { name: '修改：林夏' }));
    await user.type(screen.getByLabelText('收件人'), '天');
    await user.click(act('save-address'));
    expect(await screen.findByText(/商店没有回应。检查网络后再试/)).toBeVisible();
    expect(screen.getByLabelText('收件人')).toHaveValue('林夏天');
    host.onSaveAddress = 'saved';
    await user.keyboard('{Enter}');
    await waitFor(() => expect(button('[data-address="a1"]')).toHaveTextContent('林夏天'));
    expect(document.activeElement).toBe(row('a1', 'edit'));
  });

  test('makes another address the default', async () => {
    host.book = [fakeAddress, second];
    const user = await inSettings();
    await user.click(await screen.findByRole('button', { name: '设为默认：阿禾' }));
    await waitFor(() => expect(within(button('[data-address="a2"]')).getByText('默认')).toBeVisible());
    expect(within(button('[data-address="a1"]')).queryByText('默认')).toBeNull();
    expect(document.activeElement).toBe(row('a2', 'edit'));
  });

  test('removes an address only after asking', async () => {
    host.book = [fakeAddress, second];
    const user = await inSettings();
    await user.click(await screen.findByRole('button', { name: '删除：阿禾' }));
    expect(document.activeElement).toHaveTextContent('删除 阿禾 的地址？');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(document.activeElement).toBe(row('a2', 'remove')));
    expect(host.called('removeAddress')).toHaveLength(0);
    await user.click(row('a2', 'remove'));
    await user.click(act('yes'));
    await waitFor(() => expect(document.querySelector('[data-address="a2"]')).toBeNull());
    expect(document.activeElement).not.toBe(document.body);
  });

  test('says that it did not load, and loads again', async () => {
    host.book = away;
    const user = await inSettings();
    await screen.findByText('收货地址没有加载出来');
    host.book = [fakeAddress];
    await user.click(button('[data-settings] [data-act="retry"]'));
    expect(await screen.findByText('林夏')).toBeVisible();
  });

  test('waits visibly, and pauses while the shop cannot be heard', async () => {
    host.book = 'never';
    await inSettings();
    expect(screen.getByText('正在读取收货地址')).toBeInTheDocument();
    host.connection(false);
    expect(await screen.findByText('已断线。重连之后才能修改地址。')).toBeVisible();
  });

  test('takes no more than the shop keeps', async () => {
    host.book = Array.from({ length: 20 }, (_, n) => ({ ...second, address_id: `b${n}` }));
    await inSettings();
    expect(await screen.findByText(/最多存 20 个地址/)).toBeVisible();
    expect(document.querySelector('[data-act="add-address"]')).toBeNull();
  });
});

describe('choosing where goods go', () => {
  test('offers the default address first, and the last one used the next time', async () => {
    host.book = [second, fakeAddress];
    const user = await atChoose();
    const choice = await screen.findByRole('region', { name: '寄到' });
    expect(choice).toHaveTextContent('林夏');
    await user.click(act('change-address'));
    expect(document.activeElement).toBe(screen.getByRole('radio', { name: /林夏/ }));
    await user.keyboard('{ArrowUp}');
    await user.click(act('done'));
    await waitFor(() => expect(document.activeElement).toBe(act('change-address')));
    await user.click(button('button[data-pay-type="alipay"]'));
    expect(host.called('buy')[0]?.args[0]).toMatchObject({ address_id: 'a2' });
    cleanup();
    await atChoose();
    await waitFor(() => expect(screen.getByRole('region', { name: '寄到' })).toHaveTextContent('阿禾'));
  });

  test('shows the form at once where there is no address, and the ways to pay say what is missing', async () => {
    host.book = [];
    const user = await atChoose();
    await screen.findByLabelText('收件人');
    for (const way of ways()) {
      expect(way).toBeDisabled();
      expect(way).toHaveTextContent('还缺收货地址');
      expect(way).toHaveAccessibleDescription('先填好并保存收货地址，再选付款方式。');
    }
    await fill(user);
    await user.keyboard('{Enter}');
    await waitFor(() => expect(document.activeElement).toBe(act('change-address')));
    await user.click(button('button[data-pay-type="wechat"]'));
    expect(host.called('buy')[0]?.args[0]).toMatchObject({ address_id: 'a1' });
  });

  test('is done by the keyboard alone, and Esc closes the list before the checkout', async () => {
    host.book = [fakeAddress, second];
    const user = await opened(host);
    await user.keyboard('b');
    await waitFor(() => expect(document.activeElement).toHaveTextContent('付款'));
    await screen.findByRole('region', { name: '寄到' });
    while (document.activeElement !== act('change-address')) await user.tab();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(document.activeElement).toHaveAttribute('type', 'radio'));
    await user.keyboard('{Escape}');
    pane('choose');
    await waitFor(() => expect(document.activeElement).toBe(act('change-address')));
    await user.tab();
    await user.tab();
    expect(document.activeElement).toBe(ways()[0]);
    await user.keyboard('{Enter}');
    expect(host.called('buy')).toHaveLength(1);
  });

  test('adds an address in place, and goes back to the list', async () => {
    const user = await atChoose();
    await screen.findByRole('region', { name: '寄到' });
    await user.click(act('change-address'));
    await user.click(act('add-address'));
    await user.keyboard('{Escape}');
    await waitFor(() => expect(document.activeElement).toBe(act('add-address')));
    await user.click(act('add-address'));
    await fill(user);
    await user.click(act('save-address'));
    await waitFor(() => expect(screen.getByRole('region', { name: '寄到' })).toHaveTextContent('小满'));
  });

  test('waits for a book that did not load, and asks again', async () => {
    host.book = away;
    const user = await atChoose();
    await screen.findByText('收货地址没有加载出来');
    expect(ways()[0]).toBeDisabled();
    expect(ways()[0]).toHaveAccessibleDescription('收货地址加载出来以后，才能选付款方式。');
    host.book = [fakeAddress];
    await user.click(button('[data-address-choice] [data-act="retry"]'));
    await waitFor(() => expect(ways()[0]).toBeEnabled());
  });

  test('is not asked of shark fins', async () => {
    const user = await opened(host);
    await user.click(button('[data-goods="g3"] button[data-buy]'));
    expect(document.querySelector('[data-address-choice]')).toBeNull();
    expect(host.called('addresses')).toHaveLength(0);
    await user.click(button('button[data-pay-type="alipay"]'));
    expect(host.called('buy')[0]?.args[0]).toMatchObject({ address_id: null });
  });

  test('reads the book again after the shop no longer knew the address', async () => {
    host.onBuy = refused('address_unknown');
    const user = await atChoose();
    await screen.findByRole('region', { name: '寄到' });
    await user.click(button('button[data-pay-type="alipay"]'));
    pane('refused_address_unknown');
    let answer: (book: Address[]) => void = () => {};
    host.addresses = () => new Promise((resolve) => (answer = resolve));
    await user.click(act('again'));
    expect(ways()[0]).toBeDisabled();
    answer([{ ...second, is_default: true }]);
    await waitFor(() => expect(screen.getByRole('region', { name: '寄到' })).toHaveTextContent('阿禾'));
    await user.click(button('button[data-pay-type="alipay"]'));
    expect(host.called('buy')[1]?.args[0]).toMatchObject({ address_id: 'a2' });
  });
});

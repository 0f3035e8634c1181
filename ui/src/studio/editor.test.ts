import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import type { UserEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { act, button } from '../driving';
import type { CommandError } from '../host/contract';
import type { FakeHost } from '../host/fake';
import { change, drop, editor, fieldOf, fill, inStudio, input, item, row, studioHost, told } from './driving';

const away: CommandError = { code: 'no_answer', message: '' };

let host: FakeHost;

beforeEach(() => {
  host = studioHost();
  // jsdom draws nothing.
  HTMLCanvasElement.prototype.getContext = () => null;
});

async function editing(id: string): Promise<UserEvent> {
  const user = await inStudio(host);
  await user.click(row(id, '[data-act="edit"]'));
  await waitFor(() => expect(editor()).toHaveAttribute('data-editor', id));
  return user;
}

/** A picture of this many pixels, as the browser would read it. */
function picture(width: number, height: number, type = 'image/png', bytes = 4): File {
  vi.stubGlobal('createImageBitmap', () => Promise.resolve({ width, height, close: () => {} }));
  const file = new File([new Uint8Array(bytes)], 'a.png', { type });
  // jsdom files do not give their bytes.
  file.arrayBuffer = () => Promise.resolve(new ArrayBuffer(bytes));
  return file;
}

describe('a new item', () => {
  test('needs a name and a price: what is missing is said on saving, and the first fault takes the focus', async () => {
    const user = await inStudio(host);
    await user.click(act('add-item'));
    expect(document.activeElement).toBe(input('title'));
    expect(screen.queryByText(/给商品起个名字/)).toBeNull();
    await user.click(act('save'));
    expect(fieldOf('title')).toHaveTextContent('给商品起个名字，60 字以内');
    expect(fieldOf('price')).toHaveTextContent('价格要在 ¥0.01 到 ¥99,999.99 之间');
    await waitFor(() => expect(document.activeElement).toBe(input('title')));
    await user.type(input('title'), '竹茶则');
    expect(fieldOf('title')).not.toHaveTextContent('给商品起个名字');
    await fill(user, input('price'), '￥３９．５');
    await fill(user, input('stock'), '12');
    await user.keyboard('{Control>}s{/Control}');
    await waitFor(() => expect(item(host, 'new-1')).toMatchObject({ title: '竹茶则', price_fen: 3_950, stock_left: 12, kind: 'merchandise', on_sale: true, note: null }));
    expect(editor()).toHaveAttribute('data-editor', 'new-1');
    await waitFor(() => expect(told()).toContain('4 号已添加'));
  });

  test('of shark fins says how many a piece gives', async () => {
    const user = await inStudio(host);
    await user.click(act('add-item'));
    await user.click(act('kind-fins'));
    await fill(user, input('title'), '鲨鱼翅 10 个');
    await fill(user, input('price'), '1');
    await fill(user, input('stock'), '100');
    await user.click(act('save'));
    expect(fieldOf('fins')).toHaveTextContent('每件到账多少鲨鱼翅');
    await fill(user, input('fins'), '10');
    await user.click(act('save'));
    await waitFor(() => expect(item(host, 'new-1')).toMatchObject({ kind: 'fins', fins: 10 }));
  });

  test('is taken back by undo', async () => {
    const user = await inStudio(host);
    await user.click(act('add-item'));
    await fill(user, input('title'), '试试');
    await fill(user, input('price'), '1');
    await fill(user, input('stock'), '1');
    await user.click(act('save'));
    await waitFor(() => expect(row('new-1')).toBeVisible());
    await user.click(act('undo'));
    await waitFor(() => expect(document.querySelector('[data-row="new-1"]')).toBeNull());
    expect(document.querySelector('[data-editor]')).toBeNull();
  });
});

describe('the editor', () => {
  test('saves only what was changed', async () => {
    const user = await editing('g2');
    await fill(user, input('note'), '手工拉坯');
    await fill(user, input('limit'), '');
    await user.click(act('save'));
    await waitFor(() => expect(host.called('editItem')).toHaveLength(1));
    const { title, price_fen } = item(host, 'g2');
    expect(host.called('editItem')[0]?.args[1]).toEqual({
      revision: 1,
      add_stock: 0,
      draft: { title, note: '手工拉坯', description: null, kind: 'merchandise', fins: null, price_fen, limit_per_viewer: null, on_sale: true, picture: null },
    });
  });

  test('says what is wrong on leaving a field, and steps the price with the arrows', async () => {
    const user = await editing('g2');
    await fill(user, input('price'), '0');
    expect(fieldOf('price')).not.toHaveTextContent('价格要在');
    await user.tab();
    expect(fieldOf('price')).toHaveTextContent('价格要在');
    await fill(user, input('price'), '228.5');
    await user.tab();
    expect(input('price')).toHaveValue('228.50');
    input('price').focus();
    await user.keyboard('{ArrowUp}{Shift>}{ArrowUp}{/Shift}');
    expect(input('price')).toHaveValue('239.50');
  });

  test('asks before unsaved changes are lost: keep, discard or save', async () => {
    const user = await editing('g1');
    await user.type(input('title'), '！');
    await user.click(row('g2', '[data-act="edit"]'));
    expect(within(editor()).getByText('有改动没保存')).toBeVisible();
    await user.click(act('leave-keep'));
    expect(editor()).toHaveAttribute('data-editor', 'g1');
    expect(input('title')).toHaveValue('雨过天青盖碗！');
    await user.click(row('g2', '[data-act="edit"]'));
    await user.click(act('leave-save'));
    await waitFor(() => expect(editor()).toHaveAttribute('data-editor', 'g2'));
    expect(item(host, 'g1').title).toBe('雨过天青盖碗！');
    await user.type(input('title'), '！');
    await user.click(act('close-editor'));
    await user.click(act('leave-discard'));
    await waitFor(() => expect(document.querySelector('[data-editor]')).toBeNull());
    expect(item(host, 'g2').title).toBe('粗陶侧把壶');
  });

  test('closes with Esc and gives the focus back to its row', async () => {
    const user = await editing('g2');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(document.activeElement).toBe(row('g2', '[data-act="edit"]')));
    expect(document.querySelector('[data-editor]')).toBeNull();
  });

  test('that was not saved keeps what was typed and says why', async () => {
    const user = await editing('g1');
    await user.type(input('title'), '！');
    host.studio.onEdit = away;
    await user.click(act('save'));
    expect(await within(editor()).findByText(/没有保存成功，观众看到的还是原来的。商店没有回应/)).toBeVisible();
    host.studio.onEdit = 'done';
    await user.click(act('save'));
    await waitFor(() => expect(item(host, 'g1').title).toBe('雨过天青盖碗！'));
  });

  test('shows what is held, and follows what is sold meanwhile', async () => {
    change(host, 'g1', { stock_left: 22, held: 2 });
    await editing('g1');
    expect(fieldOf('stock')).toHaveTextContent('其中 2 件正被待付款订单保留');
    change(host, 'g1', { stock_left: 20, held: 1 });
    host.studio.changed('goods');
    await waitFor(() => expect(input('stock')).toHaveValue('21'));
  });

  test('leaves alone a stock that is larger than one could write, and still saves the rest', async () => {
    change(host, 'g1', { stock_left: 100_000 });
    const user = await editing('g1');
    await user.type(input('title'), '！');
    await user.click(act('save'));
    await waitFor(() => expect(item(host, 'g1')).toMatchObject({ title: '雨过天青盖碗！', stock_left: 100_000 }));
  });

  test('deletes after asking', async () => {
    change(host, 'g1', {}, { open_orders: 1 });
    const user = await editing('g1');
    await user.click(act('remove'));
    expect(screen.getByText('删除 1 号？')).toBeVisible();
    expect(screen.getByText(/1 笔待付款订单照常进行/)).toBeVisible();
    await user.click(act('yes'));
    await waitFor(() => expect(document.querySelector('[data-row="g1"]')).toBeNull());
    expect(document.querySelector('[data-editor]')).toBeNull();
  });

  test('stops explaining', async () => {
    const user = await editing('g2');
    await user.click(act('unpin'));
    await waitFor(() => expect(item(host, 'g2').pinned).toBe(false));
  });
});

describe('two studios at once', () => {
  test('the later save of a stale row is refused, both values are shown, and mine can be kept', async () => {
    const user = await editing('g1');
    await fill(user, input('price'), '158');
    host.studio.elsewhere('g1', { price_fen: 15_000, note: '200 ml' });
    await waitFor(() => expect(row('g1', '[data-cell="price"]')).toHaveTextContent('¥150.00'));
    await user.click(act('save'));
    await screen.findByText('这件商品刚被另一台设备改过');
    const price = button('[data-differs="price"]');
    expect(price).toHaveTextContent('¥158');
    expect(price).toHaveTextContent('¥150.00');
    expect(within(price).getByRole('radio', { name: /我的/ })).toBeChecked();
    // What only the other one changed is taken from there.
    expect(within(button('[data-differs="note"]')).getByRole('radio', { name: /对方的/ })).toBeChecked();
    await user.click(act('settle'));
    await waitFor(() => expect(item(host, 'g1')).toMatchObject({ price_fen: 15_800, note: '200 ml' }));
    expect(document.querySelector('[data-conflict]')).toBeNull();
  });

  test('theirs can be taken, field by field or whole', async () => {
    const user = await editing('g1');
    await fill(user, input('price'), '158');
    await fill(user, input('title'), '我的名字');
    host.studio.elsewhere('g1', { price_fen: 15_000, title: '对方的名字' });
    await user.click(act('save'));
    await screen.findByText('这件商品刚被另一台设备改过');
    await user.click(within(button('[data-differs="title"]')).getByRole('radio', { name: /对方的/ }));
    await user.click(act('settle'));
    await waitFor(() => expect(item(host, 'g1')).toMatchObject({ price_fen: 15_800, title: '对方的名字' }));
    await fill(user, input('title'), '又改');
    host.studio.elsewhere('g1', { title: '还是对方的' });
    await user.click(act('save'));
    await user.click(await waitFor(() => act('all-theirs')));
    await waitFor(() => expect(input('title')).toHaveValue('还是对方的'));
    expect(item(host, 'g1').title).toBe('还是对方的');
  });

  test('an edit in a cell that meets another comes to the editor with both values', async () => {
    const user = await inStudio(host);
    await user.click(row('g1', '[data-cell="price"] button'));
    host.studio.elsewhere('g1', { price_fen: 15_000 });
    await user.clear(document.activeElement as HTMLElement);
    await user.keyboard('158{Enter}');
    await screen.findByText('这件商品刚被另一台设备改过');
    await user.click(act('settle'));
    await waitFor(() => expect(item(host, 'g1').price_fen).toBe(15_800));
  });

  test('such an edit is not lost while the editor holds something else unsaved', async () => {
    const user = await editing('g2');
    await user.type(input('title'), '！');
    await user.click(row('g1', '[data-cell="price"] button'));
    host.studio.elsewhere('g1', { price_fen: 15_000 });
    await user.clear(document.activeElement as HTMLElement);
    await user.keyboard('158{Enter}{Escape}');
    await user.click(await waitFor(() => act('leave-keep')));
    expect(row('g1', '[data-cell="price"]')).toHaveTextContent('158');
    expect(input('title')).toHaveValue('粗陶侧把壶！');
  });

  test('an item that was deleted meanwhile can be added anew with what was typed', async () => {
    const user = await editing('g1');
    await user.type(input('title'), '！');
    host.stock = Array.isArray(host.stock) ? host.stock.filter((one) => one.goods_id !== 'g1') : [];
    host.studio.changed('goods');
    await screen.findByText('这件商品刚被另一台设备删除了');
    await user.click(act('save'));
    await waitFor(() => expect(item(host, 'new-1').title).toBe('雨过天青盖碗！'));
  });
});

describe('a picture', () => {
  test('that is square is sent at once, and stands when the item is saved', async () => {
    const user = await editing('g1');
    await drop(button('[data-field="picture"] .line'), picture(600, 600));
    await waitFor(() => expect(fieldOf('picture')).toHaveTextContent('图片换好了，保存后观众看到'));
    expect(host.called('addPicture')[0]?.args).toEqual([4, null]);
    await user.click(act('save'));
    await waitFor(() => expect(item(host, 'g1').picture).toBe('kept.jpg'));
  });

  test('that is not square is cropped by keyboard and by drag', async () => {
    const user = await editing('g1');
    await drop(button('[data-field="picture"] .line'), picture(1200, 800));
    const crop = await waitFor(() => button('[data-crop]'));
    expect(crop.dataset['crop']).toBe('200,0,800');
    await waitFor(() => expect(document.activeElement?.tagName).toBe('CANVAS'));
    await user.keyboard('{ArrowLeft}');
    expect(crop.dataset['crop']).toBe('180,0,800');
    await user.keyboard('+');
    expect(crop.dataset['crop']).toBe('200,20,760');
    const canvas = document.activeElement as HTMLElement;
    await fireEvent(canvas, new MouseEvent('pointerdown', { clientX: 100, clientY: 100, bubbles: true }));
    await fireEvent(canvas, new MouseEvent('pointermove', { clientX: 112, clientY: 100, bubbles: true }));
    await fireEvent(canvas, new MouseEvent('pointerup', { bubbles: true }));
    expect(crop.dataset['crop']).toBe('162,20,760');
    await user.click(act('crop-use'));
    await waitFor(() => expect(host.called('addPicture')[0]?.args).toEqual([4, { x: 162, y: 20, side: 760 }]));
  });

  test('may be pasted', async () => {
    await editing('g1');
    const paste = new Event('paste', { bubbles: true, cancelable: true });
    Object.assign(paste, { clipboardData: { files: [picture(500, 500)] } });
    await fireEvent(document.body, paste);
    await waitFor(() => expect(host.called('addPicture')).toHaveLength(1));
  });

  test.each([
    ['of another type', () => picture(600, 600, 'image/gif'), '只支持 JPG、PNG、WebP'],
    ['too large', () => picture(600, 600, 'image/png', (5 << 20) + 300_000), '这张图 5.3 MB，超过 5 MB'],
    ['too small', () => picture(399, 600), '图片太小，至少 400 × 400'],
  ])('that is %s is refused before it is sent', async (_how, file, said) => {
    await editing('g1');
    await drop(button('[data-field="picture"] .line'), file());
    await waitFor(() => expect(fieldOf('picture')).toHaveTextContent(said));
    expect(host.called('addPicture')).toHaveLength(0);
  });

  test('that cannot be read, or does not arrive, leaves the old one', async () => {
    change(host, 'g1', { picture: 'old.jpg' });
    await editing('g1');
    host.studio.onPicture = away;
    await drop(button('[data-field="picture"] .line'), picture(600, 600));
    await waitFor(() => expect(fieldOf('picture')).toHaveTextContent('上传没有成功，原图没有变'));
    host.studio.onPicture = { code: 'picture_unusable', message: '' };
    await drop(button('[data-field="picture"] .line'), picture(600, 600));
    await waitFor(() => expect(fieldOf('picture')).toHaveTextContent('这个文件读不出图片'));
    expect(fieldOf('picture').querySelector('img')).toHaveAttribute('src', 'picture/old.jpg');
  });

  test('on its way keeps the item from being saved without it', async () => {
    const user = await editing('g1');
    host.studio.onPicture = 'never';
    await drop(button('[data-field="picture"] .line'), picture(600, 600));
    await waitFor(() => expect(fieldOf('picture')).toHaveTextContent('正在上传'));
    await user.type(input('title'), '！');
    await user.click(act('save'));
    expect(host.called('editItem')).toHaveLength(0);
  });
});

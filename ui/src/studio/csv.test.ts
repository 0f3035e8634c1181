import { fireEvent, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, describe, expect, test } from 'vitest';
import { act, button } from '../driving';
import type { ImportCode, ImportReport, ImportRow } from '../host/contract';
import type { FakeHost } from '../host/fake';
import { drop, inStudio, studioHost, told } from './driving';

let host: FakeHost;

beforeEach(() => {
  host = studioHost();
});

const fine: ImportReport = {
  taken: false,
  rows: [
    { line: 2, title: '盖碗', outcome: 'changed', problems: [] },
    { line: 3, title: '茶则', outcome: 'added', problems: [] },
    { line: 4, title: '侧把壶', outcome: 'same', problems: [] },
  ],
};

function file(text: string, name = 'goods.csv', bytes = new TextEncoder().encode(text)): File {
  const made = new File([bytes], name, { type: 'text/csv' });
  made.arrayBuffer = () => Promise.resolve(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
  return made;
}

async function dropped(one: File) {
  const user = await inStudio(host);
  await user.click(act('import'));
  await drop(button('[data-import]'), one);
  return user;
}

const step = () => button('[data-import]').dataset['import'];

describe('a CSV file', () => {
  test('is tried first, and taken only when the streamer says so', async () => {
    host.studio.report = fine;
    const user = await dropped(file('title,kind\n盖碗,merchandise\n'));
    await waitFor(() => expect(step()).toBe('checked'));
    expect(host.called('importGoods').map(({ args }) => args)).toEqual([['title,kind\n盖碗,merchandise\n', true]]);
    expect(screen.getByText('检查通过，还没有改动任何商品。')).toBeVisible();
    expect(screen.getByText(/新增 1 · 修改 1 · 不变 1 · 有问题 0/)).toBeVisible();
    await user.click(act('import-go'));
    await waitFor(() => expect(step()).toBe('taken'));
    expect(host.called('importGoods').at(-1)?.args[1]).toBe(false);
    expect(screen.getByText('导入完成：新增 1 件，修改 1 件')).toBeVisible();
    await user.click(act('import-close'));
    expect(document.querySelector('[data-import]')).toBeNull();
  });

  test('with a bad row is not taken, and every row says what is wrong with it', async () => {
    host.studio.report = { taken: false, rows: [fine.rows[0]!, { line: 3, title: '', outcome: 'wrong', problems: [{ column: 'title', value: '', code: 'missing' }, { column: 'price_fen', value: '12.5', code: 'not_readable' }] }] };
    await dropped(file('x'));
    await waitFor(() => expect(step()).toBe('checked'));
    expect(screen.getByText(/1 行有问题，整个文件都不会导入/)).toBeVisible();
    const rows = [...document.querySelectorAll<HTMLElement>('[data-line]')];
    expect(rows.map((one) => one.dataset['line'])).toEqual(['3', '2']);
    expect(rows[0]).toHaveTextContent('title 没有填');
    expect(rows[0]).toHaveTextContent('price_fen 的“12.5”读不懂');
    expect(document.querySelector('[data-act="import-go"]')).toBeNull();
  });

  test('has words for each problem', async () => {
    const codes: Record<ImportCode, null> = { columns: null, missing: null, too_long: null, not_readable: null, out_of_range: null, unknown: null, deal_incomplete: null, deal_price: null, deal_pieces: null, twice: null };
    const rows = Object.keys(codes).map((code, at): ImportRow => ({ line: at + 2, title: '', outcome: 'wrong', problems: [{ column: 'stock', value: 'x', code: code as ImportCode }] }));
    host.studio.report = { taken: false, rows };
    await dropped(file('x'));
    await waitFor(() => expect(step()).toBe('checked'));
    const said = [...document.querySelectorAll('[data-line] p')].map((one) => one.textContent);
    expect(new Set(said).size).toBe(rows.length);
  });

  test('that changes nothing says so', async () => {
    host.studio.report = { taken: false, rows: [fine.rows[2]!] };
    await dropped(file('x'));
    expect(await screen.findByText('文件和现在的商品一样，没有要改的。')).toBeVisible();
    expect(document.querySelector('[data-act="import-go"]')).toBeNull();
  });

  test('that is no UTF-8 text, or too large, is refused before it is sent', async () => {
    await dropped(file('', 'gbk.csv', new Uint8Array([0xb8, 0xc7, 0xcd, 0xeb])));
    expect(await screen.findByText(/不是 UTF-8 文本/)).toBeVisible();
    const large = file('x');
    Object.defineProperty(large, 'size', { value: (1 << 20) + 1 });
    await drop(button('[data-import]'), large);
    expect(await screen.findByText('这个文件超过 1 MB')).toBeVisible();
    expect(host.called('importGoods')).toHaveLength(0);
  });

  test('that does not arrive says that nothing was imported', async () => {
    host.studio.report = { code: 'no_answer', message: '' };
    await dropped(file('x'));
    expect(await screen.findByText(/没有导入，商品没有变。商店没有回应/)).toBeVisible();
    expect(step()).toBe('choose');
  });

  test('is chosen by the button as well', async () => {
    host.studio.report = fine;
    const user = await inStudio(host);
    await user.click(act('import'));
    const chooser = button('[data-file="csv"]');
    Object.defineProperty(chooser, 'files', { value: [file('a')], configurable: true });
    await fireEvent.change(chooser);
    await waitFor(() => expect(step()).toBe('checked'));
  });
});

describe('the export', () => {
  test('says where it lies', async () => {
    const user = await inStudio(host);
    await user.click(act('export'));
    await waitFor(() => expect(told()).toBe('已保存到 /home/ahe/Downloads/liveshop-goods-teahouse.csv'));
  });

  test('that fails says why', async () => {
    host.studio.savedTo = { code: 'storage', message: '' };
    const user = await inStudio(host);
    await user.click(act('export'));
    await waitFor(() => expect(told()).toContain('这台电脑存不了数据'));
    expect(told()).not.toContain('观众看到的还是原来的');
  });
});

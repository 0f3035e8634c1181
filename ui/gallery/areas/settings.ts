import type { Address, Entrance, KnownRoom } from '../../src/host/contract';
import { type FakeHost, fakeAddress } from '../../src/host/fake';
import type { State, Step } from '../states';

const opened: Step = { wait: '[data-goods]' };
const away = { code: 'no_answer', message: '' } as const;

/** The settings, at one of their groups. */
function group(name: string, host?: (host: FakeHost) => void, ...more: Step[]): State {
  const steps: Step[] = [opened, { click: '[data-section="settings"]' }, { click: `[data-group="${name}"]` }, { wait: `[data-settings="${name}"]` }, ...more];
  return host === undefined ? { steps } : { host, steps };
}

const second: Address = {
  address_id: 'a2',
  address: { name: 'Alexandria Featherstonehaugh', phone: '+86 (138) 0000-0000', region: '内蒙古自治区 呼伦贝尔市 莫力达瓦达斡尔族自治旗', detail: 'Unit 1204, Building 17, Riverside Garden Residential Quarter, 2088 North Second Ring Road 北二环路' },
  is_default: false,
};
const work: Address = {
  address_id: 'a3',
  address: { name: '林夏（公司前台转交）', phone: '0571-8888 0000', region: '浙江省 杭州市 滨江区', detail: '江南大道 100 号 A 座 18 层' },
  is_default: false,
};
const three = (host: FakeHost) => void (host.book = [fakeAddress, second, work]);
const many = (host: FakeHost) => void (host.book = Array.from({ length: 20 }, (_, n) => ({ ...(n % 2 ? second : work), address_id: `b${n}`, is_default: n === 0 })));

const HERE = 'liveshop://room/kiln-opening-night?shop=https%3A%2F%2Fshop.shanyu-kiln.example&key=Zm9v';
const visited: KnownRoom[] = [
  { link: HERE, title: '开窑夜 · 新到茶器', host: '阿禾 · 山隅窑', shop_url: 'https://shop.shanyu-kiln.example', shop_key: '3f9ab2c47d81e650ff02a9136bc8d47e', entered_at: 1_787_404_500 },
  { link: 'liveshop://room/b', title: 'Saturday night paper: hand-made notebooks and letterpress', host: 'Paper & Ink Studio', shop_url: 'https://live.paper-and-ink.example', shop_key: '9c41e07fa2d85b3610c7e4f8b95a2d6e', entered_at: 1_787_318_000 },
  {
    link: 'liveshop://room/c',
    title: 'Extraordinarily long name of a room 名字特别长的直播间用来看看会不会放得下还是会被切掉',
    host: '一位名字也很长很长的主播和她的搭档们',
    shop_url: 'https://shop.with-a-very-long-name-of-a-host-to-see-whether-it-fits.example:8443',
    shop_key: '10c7e4f8b95a2d6e9c41e07fa2d85b36',
    entered_at: 1_786_900_000,
  },
];
const rooms = (host: FakeHost) => void (host.known = visited);

const ask: Entrance = { entrance: 'ask_trust', room_id: 'kiln-opening-night', shop_url: 'https://shop.shanyu-kiln.example', shop_key: '3f9ab2c47d81e650ff02a9136bc8d47e' };
const changed: Entrance = { ...ask, entrance: 'key_changed', known_key: '9c41e07fa2d85b3610c7e4f8b95a2d6e' };

/** At the entrance, with rooms entered before to go to. */
function stuck(entrance: FakeHost['entrance'], wait: string, ...steps: Step[]): State {
  return {
    host: (host) => {
      rooms(host);
      host.entrance = entrance;
    },
    steps: [...steps, { wait: `[data-entrance="${wait}"]` }, { wait: '[data-other-rooms] [data-room]' }],
  };
}

/** In a room, on the way to another. */
function leaving(entrance: Entrance, wait: string): State {
  return {
    host: (host) => {
      rooms(host);
      host.openRoom = () => Promise.resolve(entrance);
    },
    steps: [...(group('rooms').steps ?? []), { click: '[data-room="liveshop://room/b"] [data-act="open-room"]' }, { wait: `[data-entrance="${wait}"]` }],
  };
}

/** At choosing how to pay for the explained item. */
function choosing(host?: (host: FakeHost) => void, ...more: Step[]): State {
  const steps: Step[] = [opened, { click: '[data-goods="goods-2"] button[data-buy]' }, { wait: '[data-screen="choose"]' }, ...more];
  return host === undefined ? { steps } : { host, steps };
}

const sized = (percent: number): State => group('look', () => localStorage.setItem('size', String(percent)));

/** Settings, rooms and addresses. */
export const settingsStates: Record<string, State> = {
  settings_general: group('general'),
  settings_look: group('look'),
  settings_look_reduced: group('look', () => localStorage.setItem('motion', 'reduced')),
  settings_size_90: sized(90),
  settings_size_150: sized(150),
  settings_size_150_room: { host: () => localStorage.setItem('size', '150'), practice: true, steps: [opened] },
  settings_about: group('about', undefined, { wait: 'dl' }),
  settings_about_failed: group('about', (host) => (host.about = () => Promise.reject(away)), { wait: '[data-act="retry"]' }),

  addresses: group('addresses', three, { wait: '[data-address="a3"]' }),
  addresses_practice: { ...group('addresses', undefined, { wait: '[data-address]' }), practice: true },
  addresses_empty: group('addresses', (host) => (host.book = []), { wait: '[data-act="add-address"]' }),
  addresses_loading: group('addresses', (host) => (host.book = 'never'), { wait: '.skeleton' }),
  addresses_failed: group('addresses', (host) => (host.book = away), { wait: '[data-act="retry"]' }),
  addresses_offline: group('addresses', three, { wait: '[data-address="a3"]' }, { press: 'F9' }, { wait: '[data-settings] .note' }),
  addresses_full: group('addresses', many, { wait: '[data-address="b19"]' }),
  addresses_new: group('addresses', three, { click: '[data-act="add-address"]' }, { wait: '[data-address-form]' }),
  addresses_edit: group('addresses', three, { click: '[data-address="a2"] [data-act="edit"]' }, { wait: '[data-address-form]' }),
  addresses_faults: group('addresses', undefined, { click: '[data-act="add-address"]' }, { click: '[data-act="save-address"]' }, { wait: '[aria-invalid="true"]' }),
  addresses_not_saved: group(
    'addresses',
    (host) => (host.onSaveAddress = away),
    { click: '[data-address="a1"] [data-act="edit"]' },
    { click: '[data-act="save-address"]' },
    { wait: '[role="alert"] svg' },
  ),
  addresses_remove: group('addresses', three, { click: '[data-address="a2"] [data-act="remove"]' }, { wait: '[role="alertdialog"]' }),

  rooms: group('rooms', rooms, { wait: '[data-room="liveshop://room/c"]' }),
  rooms_empty: group('rooms'),
  rooms_failed: group('rooms', (host) => (host.known = { code: 'storage', message: '' }), { wait: '[data-act="retry"]' }),
  rooms_forget: group('rooms', rooms, { click: '[data-room="liveshop://room/b"] [data-act="forget"]' }, { wait: '[role="alertdialog"]' }),
  rooms_bad_link: group(
    'rooms',
    (host) => (host.openRoom = () => Promise.reject({ code: 'bad_link', message: '' })),
    { click: '[data-room-link]' },
    { type: 'liveshop://room' },
    { press: 'Enter' },
    { wait: '[aria-invalid="true"]' },
  ),
  rooms_practice: { ...group('rooms', undefined, { wait: '.practice' }), practice: true },
  entrance_failed_rooms: stuck(away, 'failed'),
  entrance_declined_rooms: stuck(ask, 'declined', { click: '[data-act="back"]' }),
  entrance_key_changed_rooms: stuck(changed, 'key_changed'),
  leaving_ask_trust: leaving(ask, 'ask_trust'),
  leaving_key_changed: leaving(changed, 'key_changed'),
  leaving_failed: {
    host: (host) => (host.openRoom = () => Promise.reject(away)),
    then: (host) => host.link('liveshop://room/b'),
    steps: [{ wait: '[data-entrance="failed"]' }],
  },

  choose_address_long: choosing((host) => (host.book = [{ ...second, is_default: true }])),
  choose_address_pick: choosing(three, { click: '[data-act="change-address"]' }, { wait: 'fieldset' }),
  choose_address_add: choosing(three, { click: '[data-act="change-address"]' }, { click: '[data-act="add-address"]' }, { wait: '[data-address-form]' }),
  choose_address_none: choosing((host) => (host.book = []), { wait: '[data-address-form]' }),
  choose_address_faults: { ...choosing((host) => (host.book = []), { click: '[data-act="save-address"]' }, { wait: '[aria-invalid="true"]' }), practice: true },
  choose_address_loading: choosing((host) => (host.book = 'never')),
  choose_address_failed: choosing((host) => (host.book = away), { wait: '[data-address-choice="failed"]' }),
  choose_address_offline: choosing((host) => (host.book = away), { wait: '[data-address-choice="failed"]' }, { press: 'F9' }, { wait: '.pick:disabled' }),
};

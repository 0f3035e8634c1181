import type { UpdateState, UpdateWay } from '../../src/host/contract';
import type { FakeHost } from '../../src/host/fake';
import type { State, Step } from '../states';

const opened: Step = { wait: '[data-goods]' };

/** The group that tells of newer versions, with this known of them. */
function about(state: UpdateState, way: UpdateWay = 'itself', name: string = state.state): State {
  return {
    host: (host) => (host.newer.view = { way, state }),
    steps: [opened, { click: '[data-section="settings"]' }, { click: '[data-group="about"]' }, { wait: `[data-update="${name}"]` }],
  };
}

const failed = (failure: Extract<UpdateState, { state: 'failed' }>['failure'], version: string | null): State => about({ state: 'failed', failure, version }, 'itself', `failed:${failure}`);
const unasked: UpdateState = { state: 'not_asked' };

const notes = [
  'Liveshop 0.2.0',
  '',
  '直播间开着时，退款结果会马上显示。',
  'A code can be made larger with the wheel of the mouse as well as with Z.',
  'Rooms open in half the time on slow computers, and the show begins to play before all pictures of the goods are here.',
  'https://updates.mountain-kiln.example/notes/with-a-name-that-is-far-too-long-for-one-line/and-has-no-space-in-it-anywhere/0.2.0',
  ...Array.from({ length: 9 }, (_, n) => `- Fixed: thing number ${n + 1} of the list`),
].join('\n');
const found: UpdateState = { state: 'found', version: '0.2.0', notes };
const short: UpdateState = { state: 'found', version: '0.2.0', notes: '修正了几处文字。\nA few words were put right.' };

/** Newer versions of the app. */
export const updatesStates: Record<string, State> = {
  updates_looking: about({ state: 'looking' }),
  updates_newest: about({ state: 'newest' }),
  updates_found: about(short),
  updates_found_long: about(found),
  updates_found_no_notes: about({ ...found, notes: null }),
  updates_found_150: {
    ...about(found),
    host: (host: FakeHost) => {
      localStorage.setItem('size', '150');
      host.newer.view = { way: 'itself', state: found };
    },
  },
  updates_found_room: { host: (host) => (host.newer.view = { way: 'itself', state: found }), practice: true, steps: [opened] },
  updates_loading: about({ state: 'loading', version: '0.2.0', percent: 42 }),
  updates_loading_unknown: about({ state: 'loading', version: '0.2.0', percent: null }),
  updates_restarting: about({ state: 'restarting', version: '0.2.0' }),
  updates_failed_look: failed('no_answer', null),
  updates_failed_unusable: failed('unusable_feed', null),
  updates_failed_forged: failed('forged', '0.2.0'),
  updates_failed_storage: failed('storage', '0.2.0'),
  updates_deb: about(unasked, 'deb', 'deb'),
  updates_rpm: about(unasked, 'rpm', 'rpm'),
  updates_by_hand: about(unasked, 'by_hand', 'by_hand'),
  updates_not_done: {
    ...about(unasked),
    host: (host) => (host.newer.onLook = { code: 'internal', message: '' }),
    steps: [...(about(unasked).steps ?? []), { click: '[data-act="look-for-update"]' }, { wait: '[data-update] [role="alert"]' }],
  },
  updates_unread: {
    host: (host) => (host.newer.onTell = { code: 'internal', message: '' }),
    steps: [opened, { click: '[data-section="settings"]' }, { click: '[data-group="about"]' }, { wait: '[data-act="retry"]' }],
  },
};

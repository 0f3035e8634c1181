import type { Case, CaseFault, CaseReport, CaseState, Crowd, Happening, Outcome, Rehearsal, RehearsalState, Step as Lived, Trouble } from '../../src/host/contract';
import type { FakeHost } from '../../src/host/fake';
import { CASES } from '../../src/studio/rehearsal/cases';
import { codes } from '../codes';
import type { State, Step } from '../states';

const opened: Step = { wait: '[data-goods]' };
const away = { code: 'no_answer', message: '' } as const;
const BEGAN = Date.UTC(2026, 7, 22, 13, 16, 8) / 1000;

/** The rehearsal, at one of its parts. */
function part(tab: string, host: (host: FakeHost) => unknown, ...more: Step[]): State {
  return { practice: true, host: (made) => void host(made), steps: [{ wait: '[data-act="to-rehearsal"]' }, { click: '[data-act="to-rehearsal"]' }, { click: `[data-tab="${tab}"]` }, { wait: `[data-rehearsal="${tab}"]` }, ...more] };
}

const step = (after_ms: number, who: Lived['who'], deed: Lived['deed'], more: Partial<Lived> = {}): Lived => ({ after_ms, who, deed, state: null, pay_type: null, amount_fen: null, ...more });

const ordinary: Lived[] = [
  step(12, 'viewer', 'ordered', { amount_fen: 16_800, pay_type: 'alipay' }),
  step(240, 'shop', 'code_shown', { pay_type: 'alipay' }),
  step(260, 'viewer', 'told', { state: 'awaiting_payment' }),
  step(300, 'trouble', 'trouble_began'),
  step(810, 'phone', 'paid', { amount_fen: 16_800, pay_type: 'alipay' }),
  step(3_140, 'viewer', 'told', { state: 'delivered' }),
];

const money: Partial<Record<Case, Outcome>> = {
  paid: { money_in_fen: 33_600, money_back_fen: 0, goods_out: 2 },
  expired: { money_in_fen: 0, money_back_fen: 0, goods_out: 0 },
  paid_twice: { money_in_fen: 33_600, money_back_fen: 16_800, goods_out: 1 },
  sold_out: { money_in_fen: 16_800, money_back_fen: 16_800, goods_out: 0 },
  refund_stuck: { money_in_fen: 16_800, money_back_fen: 16_800, goods_out: 0 },
};

function report(name: Case, state: CaseState, more: Partial<CaseReport> = {}): CaseReport {
  const over = state === 'passed' || state === 'failed';
  const wanted = money[name] ?? { money_in_fen: 16_800, money_back_fen: 0, goods_out: 1 };
  const none = { money_in_fen: 0, money_back_fen: 0, goods_out: 0 };
  return {
    case: name,
    state,
    title: '雨过天青盖碗 · Celadon lidded bowl',
    steps: over ? ordinary : state === 'running' ? ordinary.slice(0, 5) : [],
    wanted,
    found: over ? wanted : none,
    faults: [],
    took_ms: over ? 3_140 + CASES.indexOf(name) * 1_700 : 0,
    ...more,
  };
}

function rehearsal(state: RehearsalState, cases: CaseReport[], message: string | null = null): Rehearsal {
  return { state, room: '开窑夜 · 新到茶器', began_at: BEGAN, cases, message };
}

const all = (state: CaseState) => CASES.map((name) => report(name, state));
const running = rehearsal('running', CASES.map((name, n) => report(name, n < 3 ? 'passed' : n === 3 ? 'running' : 'waiting')));
const passed = rehearsal('done', all('passed'));

const faults: Partial<Record<Case, { faults: CaseFault[]; found: Outcome; steps?: Lived[] }>> = {
  notice_lost: { faults: [{ fault: 'outcome' }, { fault: 'end_state', wanted: 'delivered' }], found: { money_in_fen: 16_800, money_back_fen: 0, goods_out: 0 }, steps: [...ordinary.slice(0, 5), step(5_400, 'viewer', 'told', { state: 'closed' })] },
  paid_twice: { faults: [{ fault: 'no_end' }, { fault: 'stock' }], found: { money_in_fen: 33_600, money_back_fen: 0, goods_out: 2 } },
  channel_down: { faults: [{ fault: 'broken', message: 'http://127.0.0.1:43817/v1/assist_payOrderByThird: connection refused (os error 111)' }], found: { money_in_fen: 0, money_back_fen: 0, goods_out: 0 }, steps: [] },
};
const failed = rehearsal(
  'done',
  CASES.map((name) => report(name, faults[name] ? 'failed' : 'passed', faults[name] ?? {})),
);

/** The script, with a rehearsal the program knows of. */
function script(kept: Rehearsal | null, ...more: Step[]): State {
  return part('script', (host) => void (host.rehearsal.kept = kept), ...more);
}

const happening = (seq: number, at: number, what: Happening['what'], more: Partial<Happening> = {}): Happening => ({ seq, at_ms: (BEGAN + at) * 1000, what, pay_type: 'alipay', amount_fen: 22_800, trouble: null, ...more });
const happened: Happening[] = [
  happening(11, 31.4, 'refund', { pay_type: 'wechat', trouble: 'refunds_refused' }),
  happening(10, 27.9, 'paid', { pay_type: 'wechat' }),
  happening(9, 22, 'code_asked', { pay_type: 'wechat' }),
  happening(8, 19.2, 'query'),
  happening(7, 16.1, 'query', { trouble: 'queries_unanswered' }),
  happening(6, 14.2, 'notice', { trouble: 'notices_lost' }),
  happening(5, 14.1, 'paid'),
  happening(4, 9.3, 'scanned'),
  happening(3, 5, 'code_asked'),
];

const ARMED: Partial<Record<Trouble, { struck: number; off_in_s: number | null }>> = {
  notices_lost: { struck: 3, off_in_s: null },
  channels_down: { struck: 1, off_in_s: 42 },
  refunds_refused: { struck: 0, off_in_s: null },
};
function armed(host: FakeHost): void {
  host.rehearsal.switches = host.rehearsal.switches.map((one) => {
    const on = ARMED[one.trouble];
    return on === undefined ? { ...one, struck: one.trouble === 'notices_doubled' ? 2 : 0 } : { ...one, on: true, ...on };
  });
  host.rehearsal.happenings = happened;
}

const crowd = (more: Partial<Crowd>): Crowd => ({
  running: false,
  came: 40,
  ordered: 37,
  turned_away: 3,
  slowed_down: 6,
  failed: 0,
  paid: 30,
  delivered: 26,
  refunded: 4,
  closed: 7,
  paid_fen: 486_300,
  refunded_fen: 67_200,
  took_ms: 31_400,
  agrees: true,
  ...more,
});

/** The crowd, after it was sent in and told this. */
function crowded(view: Crowd | null): State {
  const at = view === null ? 'starting' : view.running ? 'running' : 'over';
  return part('crowd', (host) => (host.rehearsal.crowdIs = view), { click: '[data-act="crowd-start"]' }, { wait: `[data-crowd="${at}"]` });
}

const phoneOn = { on: true, url: 'http://192.168.1.23:7461/phone', qr: codes.alipay };

/** In a real room, which cannot be rehearsed. */
function elsewhere(practice: boolean): State {
  return {
    host: (host) => {
      host.studio.who = { streamer: '阿禾', rehearsal: false };
      host.info = { ...host.info, practice };
    },
    steps: [{ wait: '[data-section="studio"]' }, { click: '[data-section="studio"]' }, { click: '[data-studio="rehearsal"]' }, { wait: `[data-elsewhere="${practice ? 'room' : 'build'}"]` }],
  };
}

/** Rehearsing in the practice room. */
export const rehearsalStates: Record<string, State> = {
  rehearsal_new: script(null),
  rehearsal_empty: part('script', (host) => (host.stock = []), { wait: '#rehearsal-empty' }),
  rehearsal_not_started: part('script', (host) => (host.rehearsal.onRehearse = { code: 'practice_failed', message: '/tmp/liveshop-rehearsal: No space left on device (os error 28)' }), { click: '[data-act="rehearse"]' }, { wait: '[role="alert"] svg' }),
  rehearsal_starting: script(null, { click: '[data-act="rehearse"]' }, { wait: '[data-script="starting"]' }),
  rehearsal_preparing: script(rehearsal('preparing', all('waiting'))),
  rehearsal_running: script(running),
  rehearsal_running_steps: script(running, { click: '[data-case="paid"] [data-act="steps"]' }, { wait: '[data-steps]' }),
  rehearsal_stopping: script(running, { click: '[data-act="stop-rehearsal"]' }, { wait: '.spin' }),
  rehearsal_not_stopped: part(
    'script',
    (host) => {
      host.rehearsal.kept = running;
      host.rehearsal.onStop = away;
    },
    { click: '[data-act="stop-rehearsal"]' },
    { wait: '.stuck' },
  ),
  rehearsal_passed: script(passed, { wait: '[data-verdict="ok"]' }),
  rehearsal_passed_steps: script(passed, { click: '[data-case="notice_lost"] [data-act="steps"]' }, { wait: '[data-steps]' }),
  rehearsal_saved: script(passed, { click: '[data-act="save-report"]' }, { wait: '[data-saved]' }),
  rehearsal_not_saved: part(
    'script',
    (host) => {
      host.rehearsal.kept = passed;
      host.rehearsal.reportAt = { code: 'storage', message: '' };
    },
    { click: '[data-act="save-report"]' },
    { wait: 'p.below' },
  ),
  rehearsal_failed: script(failed, { wait: '[data-verdict="bad"]' }),
  rehearsal_stopped: script(rehearsal('stopped', CASES.map((name, n) => report(name, n < 4 ? 'passed' : 'stopped'))), { wait: '[data-verdict="warn"]' }),
  rehearsal_broken: script(rehearsal('failed', all('stopped'), 'storefront: database is locked (code 5)'), { wait: '[data-verdict="bad"]' }),

  rehearsal_troubles: part('troubles', () => {}, { wait: '[data-trouble]' }),
  rehearsal_troubles_on: part('troubles', armed, { wait: '[data-happening]' }),
  rehearsal_troubles_stuck: part(
    'troubles',
    (host) => {
      armed(host);
      host.rehearsal.onSwitch = away;
    },
    { click: '[data-trouble="notices_lost"] [role="switch"]' },
    { wait: '.stuck' },
  ),
  rehearsal_troubles_offline: part('troubles', armed, { click: '[data-trouble="viewer_offline"] [role="switch"]' }, { wait: '[data-trouble="viewer_offline"] [role="timer"]' }, { press: 'F9' }, { wait: '[data-studio-page] .banner' }),
  rehearsal_troubles_loading: part('troubles', (host) => (host.rehearsal.onPanel = 'never'), { wait: '[data-troubles="loading"]' }),
  rehearsal_troubles_failed: part('troubles', (host) => (host.rehearsal.onPanel = away), { wait: '[data-act="retry"]' }),

  rehearsal_crowd: part('crowd', () => {}),
  rehearsal_crowd_faults: part('crowd', () => {}, { click: '[data-input="viewers"]' }, { press: 'End' }, { type: '00' }, { click: '[data-act="crowd-start"]' }, { wait: '[aria-invalid="true"]' }),
  rehearsal_crowd_starting: crowded(null),
  rehearsal_crowd_running: crowded(crowd({ running: true, came: 22, ordered: 21, paid: 12, delivered: 9, refunded: 1, closed: 2, turned_away: 1, slowed_down: 2, agrees: null })),
  rehearsal_crowd_resting: crowded(crowd({ running: true, ordered: 37, delivered: 24, refunded: 3, closed: 2, agrees: null })),
  rehearsal_crowd_agrees: crowded(crowd({})),
  rehearsal_crowd_disagrees: crowded(crowd({ agrees: false })),
  rehearsal_crowd_open: crowded(crowd({ agrees: null, delivered: 23, failed: 2 })),
  rehearsal_crowd_refused: part('crowd', (host) => (host.rehearsal.onCrowd = away), { click: '[data-act="crowd-start"]' }, { wait: '.stuck' }),

  rehearsal_phone: part('phone', () => {}),
  rehearsal_phone_on: part('phone', (host) => (host.rehearsal.phoneOn = phoneOn), { click: '[data-act="phone-on"]' }, { wait: '[data-phone-url]' }),
  rehearsal_phone_busy: part('phone', (host) => (host.rehearsal.phoneOn = 'never'), { click: '[data-act="phone-on"]' }, { wait: '[aria-disabled="true"]' }),
  rehearsal_phone_failed: part('phone', (host) => (host.rehearsal.phoneOn = away), { click: '[data-act="phone-on"]' }, { wait: '.stuck' }),

  rehearsal_elsewhere: elsewhere(true),
  rehearsal_not_here: elsewhere(false),

  band_rehearse: { practice: true, steps: [opened, { wait: '[data-act="to-rehearsal"]' }] },
  band_running: { practice: true, host: (host) => (host.rehearsal.kept = running), steps: [opened, { wait: '[data-act="to-rehearsal"]' }] },
  band_armed: { practice: true, host: armed, steps: [opened, { wait: '[data-act="to-rehearsal"]' }] },
};

import { render } from '@testing-library/svelte';
import type { UserEvent } from '@testing-library/user-event';
import { freshHost, person } from '../../driving';
import type { CaseReport, Rehearsal, RehearsalState as Standing } from '../../host/contract';
import type { FakeHost } from '../../host/fake';
import { RoomState } from '../../live/room.svelte';
import { Announcer } from '../../shared/announcer.svelte';
import { StudioState } from '../studio.svelte';
import { CASES } from './cases';
import { RehearsalState, type Tab } from './rehearsal.svelte';
import RehearsalPage from './RehearsalPage.svelte';

// How tests drive the page of the rehearsal, without the window around it.

/** The page, open at one of its parts. */
export interface Open {
  user: UserEvent;
  rehearsal: RehearsalState;
  announcer: Announcer;
  /** How often the page led to the room. */
  left: () => number;
}

/** A practice room that this window hosts. */
export function practiceHost(): FakeHost {
  const host = freshHost();
  if (typeof host.entrance === 'object' && 'room' in host.entrance) host.entrance = { ...host.entrance, practice: true, link: null };
  host.studio.who = { streamer: '阿禾', rehearsal: true };
  return host;
}

export async function openedPage(host: FakeHost, tab: Tab = 'script'): Promise<Open> {
  const user = person();
  const announcer = new Announcer();
  const room = new RoomState(host);
  const studio = new StudioState(host, room);
  const rehearsal = new RehearsalState(host, announcer);
  await room.enter();
  await studio.enter();
  rehearsal.enterRoom(room.practice);
  rehearsal.tab = tab;
  let left = 0;
  render(RehearsalPage, { host, room, studio, rehearsal, announcer, onRoom: () => (left += 1) });
  room.listen();
  return { user, rehearsal, announcer, left: () => left };
}

export function report(name: CaseReport['case'], state: CaseReport['state'], more: Partial<CaseReport> = {}): CaseReport {
  const outcome = { money_in_fen: 16_800, money_back_fen: 0, goods_out: 1 };
  return { case: name, state, title: '雨过天青盖碗', steps: [], wanted: outcome, found: outcome, faults: [], took_ms: 2_300, ...more };
}

export function rehearsal(state: Standing, cases: CaseReport[] = CASES.map((name) => report(name, 'passed')), message: string | null = null): Rehearsal {
  return { state, room: '开窑夜', began_at: 1_787_404_500, cases, message };
}

import type { State, Step } from '../states';

const opened: Step = { wait: '[data-goods]' };

/** The guide over the room, opened by the key for help. */
function guide(...more: Step[]): State {
  return { steps: [opened, { press: 'F1' }, { wait: 'article h3' }, ...more] };
}

/** At one of its headings. */
const at = (id: string): Step[] => [{ click: `[data-to="${id.split('-').slice(0, 2).join('-')}"]` }, { click: `[data-to="${id}"]` }, { wait: `[data-to="${id}"][aria-current]` }];
const looked = (words: string): Step[] => [{ press: '/' }, { type: words }];

/** The user guide. */
export const guideStates: Record<string, State> = {
  guide: guide(),
  guide_payment_states: guide(...at('guide-3')),
  guide_troubles: guide(...at('guide-4-3')),
  guide_privacy: guide(...at('guide-7-1')),
  guide_keyboard: guide(...at('guide-12')),
  guide_end: guide(...at('guide-14')),
  guide_found: guide(...looked('gstreamer')),
  guide_not_found: guide(...looked('zebra'), { wait: '[data-none]' }),
  guide_size_150: { ...guide(...at('guide-3')), host: () => localStorage.setItem('size', '150') },
  guide_in_practice: { ...guide(), practice: true },
  guide_at_the_entrance: {
    host: (host) => void (host.entrance = { code: 'no_answer', message: '' }),
    steps: [{ wait: '[data-entrance="failed"]' }, { click: '[data-act="guide"]' }, { wait: 'article h3' }],
  },
  guide_from_settings: {
    steps: [opened, { click: '[data-section="settings"]' }, { click: '[data-group="about"]' }, { click: '[data-settings="about"] [data-act="guide"]' }, { wait: 'article h3' }],
  },
};

import { untrack } from 'svelte';

/** Text for the two live regions, which exist from start-up; only text is put in. */
export class Announcer {
  polite = $state('');
  assertive = $state('');

  say(text: string): void {
    this.polite = distinct(untrack(() => this.polite), text);
  }

  interrupt(text: string): void {
    this.assertive = distinct(untrack(() => this.assertive), text);
  }
}

/** A region that receives the text it already has stays silent; an invisible difference makes it speak. */
function distinct(before: string, text: string): string {
  return before === text ? `${text}\u00a0` : text;
}

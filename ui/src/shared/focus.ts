import { tick } from 'svelte';

/** Takes the focus if what had it is gone; nobody who is elsewhere on the page is taken away from there. */
export function takeLostFocus(node: HTMLElement): void {
  void tick().then(() => {
    if (document.activeElement === document.body) node.focus();
  });
}

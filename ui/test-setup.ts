import '@testing-library/jest-dom/vitest';
import { configure } from '@testing-library/svelte';

// Longest a test waits for what it looks for: a loaded machine is slow.
configure({ asyncUtilTimeout: 20_000 });

// What jsdom lacks of a browser.
window.matchMedia ??= (query: string) => ({ matches: false, media: query, addEventListener: () => {} }) as unknown as MediaQueryList;
HTMLElement.prototype.scrollIntoView ??= () => {};
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
  this.open = false;
};
globalThis.CSS ??= { escape: (text: string) => text.replace(/[^\w-]/g, '\\$&') } as unknown as typeof CSS;

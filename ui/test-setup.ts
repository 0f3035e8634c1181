import '@testing-library/jest-dom/vitest';

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

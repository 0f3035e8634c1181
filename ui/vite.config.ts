import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';
import { guidePlugin } from './vite/guide.ts';
import { readBrand, withBrand } from './vite/brand.mjs';
import { listPackages } from './vite/packages.mjs';

export default defineConfig(({ mode }) => ({
  base: './',
  plugins: [guidePlugin(), svelte(), svelteTesting(), withBrand(readBrand('../src-tauri/brand.json')), listPackages('../target/page/packages.json')],
  build: {
    // hls.js, which is loaded only where a show is on, is larger than what Vite finds usual.
    chunkSizeWarningLimit: 700,
    target: ['es2022', 'safari15.4'],
    // The window's content security policy allows no data: scripts, styles or fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    ...(mode === 'gallery'
      ? { outDir: '../target/gallery/site', emptyOutDir: true, rollupOptions: { input: 'gallery.html' } }
      : {}),
  },
  // The guide lies in `docs`, beside this folder.
  server: { port: 5173, strictPort: true, fs: { allow: ['..'] } },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['test-setup.ts'],
    expect: { requireAssertions: true },
    // A loaded machine is slow; a test that hangs still ends.
    testTimeout: 60_000,
  },
}));

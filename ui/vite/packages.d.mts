import type { Plugin } from 'vite';

/**
 * Lists the packages of which something went into the page, by their folders, in `file`: whoever ships the page ships
 * them, and says under which licences.
 */
export function listPackages(file: string): Plugin;

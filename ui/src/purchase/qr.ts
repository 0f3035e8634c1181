/** Modules per side that the sizes below are made for: a version 3 code with its quiet zone. */
const USUAL_MODULES = 37;

/** CSS pixels per module that fit a window of this height. */
function roomy(height: number): number {
  if (height >= 792) return 8;
  if (height >= 744) return 7;
  return height >= 632 ? 6 : 5;
}

/** The largest size in CSS pixels not above `limit` at which every module is a whole number of device pixels. */
export function wholeSize(limit: number, modules: number, pixelRatio: number): number {
  const perModule = Math.max(3, Math.floor((limit * pixelRatio) / modules));
  return (perModule * modules) / pixelRatio;
}

/** Side of a code in the column, in CSS pixels. `height` is what the window leaves for room and column. */
export function codeSize(height: number, modules: number, pixelRatio: number): number {
  return wholeSize(roomy(height) * USUAL_MODULES, modules, pixelRatio);
}

/** The drawing as the address of a picture. */
export function svgAddress(svg: string): string {
  return `data:image/svg+xml;utf8,${encodeURIComponent(svg)}`;
}

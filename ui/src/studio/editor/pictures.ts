import type { Crop } from '../../host/contract';

/** The shop's own limits. */
export const PICTURE_MAX_BYTES = 5 << 20;
export const PICTURE_MIN_SIDE = 400;
const TYPES = ['image/jpeg', 'image/png', 'image/webp'];

export type PictureFault = { why: 'type' | 'small' | 'broken' } | { why: 'big'; mb: string };

/** A picture that was chosen, ready to be cropped and sent. */
export interface Chosen {
  bytes: Uint8Array;
  bitmap: ImageBitmap;
}

/** Reads a picture that was dropped, pasted or chosen. */
export async function readPicture(file: File): Promise<Chosen | PictureFault> {
  if (!TYPES.includes(file.type)) return { why: 'type' };
  if (file.size > PICTURE_MAX_BYTES) return { why: 'big', mb: (file.size / (1 << 20)).toFixed(1) };
  try {
    const bitmap = await createImageBitmap(file);
    if (Math.min(bitmap.width, bitmap.height) < PICTURE_MIN_SIDE) return { why: 'small' };
    return { bytes: new Uint8Array(await file.arrayBuffer()), bitmap };
  } catch {
    return { why: 'broken' };
  }
}

/** The largest square in the middle. */
export function middleSquare({ width, height }: { width: number; height: number }): Crop {
  const side = Math.min(width, height);
  return { x: Math.floor((width - side) / 2), y: Math.floor((height - side) / 2), side };
}

/** The same middle at another size, inside the picture. */
export function zoomed(crop: Crop, side: number, { width, height }: { width: number; height: number }): Crop {
  const to = Math.round(Math.min(Math.min(width, height), Math.max(PICTURE_MIN_SIDE, side)));
  return moved({ x: crop.x, y: crop.y, side: to }, (crop.side - to) / 2, (crop.side - to) / 2, { width, height });
}

/** Moved by some pixels of the picture, and kept inside it. */
export function moved(crop: Crop, dx: number, dy: number, { width, height }: { width: number; height: number }): Crop {
  const within = (at: number, most: number) => Math.round(Math.min(most, Math.max(0, at)));
  return { x: within(crop.x + dx, width - crop.side), y: within(crop.y + dy, height - crop.side), side: crop.side };
}

/** The first picture among what was dropped or pasted; else its first file, which then is refused by its type. */
export function pictureAmong(files: FileList | undefined): File | null {
  const all = [...(files ?? [])];
  return all.find((file) => TYPES.includes(file.type)) ?? all[0] ?? null;
}

/** The shop's own limit. */
const CSV_MAX_BYTES = 1 << 20;

/** The text of a CSV file, or why it is none. Whatever is not UTF-8 is refused, never guessed at. */
export async function readCsv(file: File): Promise<string | { why: 'big' | 'not_text' }> {
  if (file.size > CSV_MAX_BYTES) return { why: 'big' };
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    return { why: 'not_text' };
  }
}

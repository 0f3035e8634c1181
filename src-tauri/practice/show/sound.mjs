// The sound of the practice room: a kettle that simmers far away, and now and then porcelain that touches.
// It is made around a circle, so the end leads into the beginning; the same numbers come out every time.

const RATE = 48000;
const TURN = 2 * Math.PI;

/** Pseudo-random numbers from -1 to 1 (mulberry32). */
function noise(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2147483648 - 1;
  };
}

/** Noise between two frequencies. It goes round twice, so that the filters end as they began. */
function hiss(seconds, seed, low, high) {
  const next = noise(seed);
  const raw = Float64Array.from({ length: seconds * RATE }, next);
  const out = new Float64Array(raw.length);
  const keep = 1 - Math.exp((-TURN * high) / RATE);
  const drop = 1 - Math.exp((-TURN * low) / RATE);
  let one = 0;
  let two = 0;
  let deep = 0;
  for (let round = 0; round < 2; round += 1) {
    for (let i = 0; i < raw.length; i += 1) {
      one += keep * (raw[i] - one);
      two += keep * (one - two);
      deep += drop * (two - deep);
      out[i] = two - deep;
    }
  }
  return out;
}

/** Adds a struck tone at `at` seconds, running on past the end into the beginning. */
function ring(channels, at, pan, tones) {
  const longest = 6 * Math.max(...tones.map(([, , fade]) => fade));
  const first = Math.round(at * RATE);
  for (let i = 0; i < longest * RATE; i += 1) {
    const time = i / RATE;
    const attack = Math.min(1, time / 0.0015);
    const value = tones.reduce((sum, [pitch, level, fade]) => sum + level * Math.exp(-time / fade) * Math.sin(TURN * pitch * time), 0);
    const place = (first + i) % channels[0].length;
    channels[0][place] += attack * value * Math.sqrt(1 - pan);
    channels[1][place] += attack * value * Math.sqrt(pan);
  }
}

const porcelain = (pitch, level) => [[pitch, level, 0.11], [pitch * 1.52, level * 0.6, 0.08], [pitch * 2.31, level * 0.4, 0.05], [pitch * 3.17, level * 0.2, 0.03]];

/** A 16-bit stereo WAV file of `seconds` that can be played round and round. */
export function sound(seconds) {
  const swell = (i, times, shift) => Math.sin(TURN * ((times * i) / (seconds * RATE) + shift));
  const channels = [11, 23].map((seed, side) => {
    const air = hiss(seconds, seed, 60, 320);
    const simmer = hiss(seconds, seed + 1, 500, 1900);
    return air.map((value, i) => 0.05 * value + (0.03 + 0.008 * swell(i, 3, side / 4) + 0.005 * swell(i, 7, 0)) * simmer[i]);
  });
  const next = noise(5);
  // Small bubbles in the kettle, to the right.
  for (let i = 0; i < seconds * 5; i += 1) {
    const at = ((i + 0.5 + 0.5 * next()) / 5) % seconds;
    ring(channels, at, 0.62 + 0.1 * next(), [[480 + 160 * next(), 0.0016 + 0.0009 * next(), 0.018]]);
  }
  for (const [at, pitch, level, pan] of [[3.9, 2350, 0.02, 0.45], [4.12, 2610, 0.009, 0.45], [16.2, 2180, 0.012, 0.5], [19.9, 2480, 0.017, 0.47]]) ring(channels, at, pan, porcelain(pitch, level));

  const frames = seconds * RATE;
  const file = Buffer.alloc(44 + frames * 4);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + frames * 4, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(2, 22);
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(RATE * 4, 28);
  file.writeUInt16LE(4, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(frames * 4, 40);
  for (let i = 0; i < frames; i += 1) channels.forEach((channel, side) => file.writeInt16LE(Math.round(32767 * channel[i]), 44 + i * 4 + side * 2));
  return file;
}

// Makes the practice room's show, the live picture of a room without a streamer: init.mp4, 0.m4s .. 11.m4s
// (fragmented MP4, `vp09.00.31.08,opus`, two seconds each, every one beginning with a key frame) and show.json.
// It is not part of the build: run it by hand after changing scene.mjs or sound.mjs, and keep what it makes.
//
//   node src-tauri/practice/show/make.mjs [folder]            makes everything, some minutes
//   node src-tauri/practice/show/make.mjs --still 12.5 FILE.png   draws one moment, to look at it
//
// Needs `npm ci` in ui (playwright-core), Chromium (CHROMIUM names another than /usr/bin/chromium) and ffmpeg.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LENGTH, scene } from './scene.mjs';
import { sound } from './sound.mjs';

const { chromium } = createRequire(new URL('../../../ui/package.json', import.meta.url))('playwright-core');
const here = fileURLToPath(new URL('.', import.meta.url));
const FRAMES_A_SECOND = 25;
const SEGMENT = 2;
const KEY_EVERY = FRAMES_A_SECOND * SEGMENT;

const ffmpeg = (...words) => execFileSync('nice', ['-n', '10', 'ffmpeg', '-v', 'error', '-y', ...words], { stdio: ['ignore', 'inherit', 'inherit'] });

/** Draws the scene at each of the moments, and gives each picture to `keep`. */
async function draw(moments, keep) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--force-color-profile=srgb'] });
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.setContent('<style>body { margin: 0 } svg { display: block; width: 100vw; height: 100vh }</style><body></body>');
  for (const [index, moment] of moments.entries()) {
    await page.evaluate((picture) => { document.body.innerHTML = picture; }, scene(moment));
    keep(await page.screenshot({ type: 'png' }), index);
    if (index % KEY_EVERY === 0) console.log(`drawn: ${index + 1} of ${moments.length}`);
  }
  await browser.close();
}

function encodePicture(work) {
  const picture = join(work, 'picture.webm');
  const words = ['-framerate', String(FRAMES_A_SECOND), '-i', join(work, '%04d.png'),
    '-vf', 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p', '-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv',
    '-c:v', 'libvpx-vp9', '-b:v', '450k', '-crf', '24', '-maxrate', '900k', '-deadline', 'good', '-row-mt', '1', '-threads', '2',
    '-g', String(KEY_EVERY), '-keyint_min', String(KEY_EVERY), '-passlogfile', join(work, 'pass')];
  ffmpeg(...words, '-cpu-used', '4', '-pass', '1', '-f', 'null', '-');
  ffmpeg(...words, '-cpu-used', '2', '-pass', '2', picture);
  return picture;
}

/** Encodes two rounds and keeps the second, which begins the way a round ends. */
function encodeSound(work) {
  const wav = join(work, 'sound.wav');
  const twice = join(work, 'twice.mka');
  const once = join(work, 'once.mka');
  writeFileSync(wav, sound(LENGTH));
  ffmpeg('-stream_loop', '1', '-i', wav, '-c:a', 'libopus', '-b:a', '64k', twice);
  // After `-i` the cut is exact to a packet; before it, it would begin at an earlier place the file can seek to.
  ffmpeg('-i', twice, '-ss', String(LENGTH), '-t', String(LENGTH), '-c', 'copy', once);
  return once;
}

/** Ticks a second, as the muxer gives them to 25 frames a second and to Opus: each round of the clip is that much later. */
const TRACKS = '[{"id":1,"timescale":16000},{"id":2,"timescale":48000}]';

/** Cuts the two streams into segments and lists them with the lengths they have. */
function pack(picture, voice, folder, work) {
  const list = join(work, 'list.m3u8');
  ffmpeg('-i', picture, '-i', voice, '-map', '0:v', '-map', '1:a', '-c', 'copy', '-map_metadata', '-1', '-fflags', '+bitexact',
    '-f', 'hls', '-hls_segment_type', 'fmp4', '-hls_time', String(SEGMENT), '-hls_list_size', '0', '-hls_playlist_type', 'vod',
    '-hls_fmp4_init_filename', 'init.mp4', '-hls_segment_filename', join(work, '%d.m4s'), list);
  const lengths = [...readFileSync(list, 'utf8').matchAll(/#EXTINF:([\d.]+),/g)].map(([, length]) => Number(length));
  const segments = lengths.map((length, index) => ({ file: `${index}.m4s`, duration_s: length }));
  mkdirSync(folder, { recursive: true });
  for (const name of ['init.mp4', ...segments.map(({ file }) => file)]) writeFileSync(join(folder, name), readFileSync(join(work, name)));
  const lines = segments.map((segment) => `    ${JSON.stringify(segment)}`);
  writeFileSync(join(folder, 'show.json'), `{\n  "init": "init.mp4",\n  "tracks": ${TRACKS},\n  "segments": [\n${lines.join(',\n')}\n  ]\n}\n`);
}

if (process.argv[2] === '--still') {
  await draw([Number(process.argv[3])], (png) => writeFileSync(process.argv[4], png));
} else {
  const work = mkdtempSync(join(tmpdir(), 'show-'));
  const moments = Array.from({ length: LENGTH * FRAMES_A_SECOND }, (_, index) => index / FRAMES_A_SECOND);
  await draw(moments, (png, index) => writeFileSync(join(work, `${String(index).padStart(4, '0')}.png`), png));
  pack(encodePicture(work), encodeSound(work), process.argv[2] ?? here, work);
  rmSync(work, { recursive: true });
}

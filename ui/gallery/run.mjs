// Draws every state of the window in both languages, both themes and two sizes, and judges them:
// accessibility (axe, contrast included), nothing cut off, nothing scrolling sideways, no words missing.
// Usage: node gallery/run.mjs [part of a name …]     (after `vite build --mode gallery`; CHROMIUM names another browser)
import { createReadStream, existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = fileURLToPath(new URL('../../target/gallery/', import.meta.url));
const site = join(out, 'site');
const shots = join(out, 'png');
const only = process.argv.slice(2);
const sizes = [
  { width: 1280, height: 800 },
  { width: 960, height: 640 },
];
/** Sizes at which only the screens with the tightest or widest layout are drawn. */
const wide = [
  { width: 1920, height: 1080 },
  { width: 2560, height: 1440 },
];
const drawnWide = ['room', 'room_practice', 'details', 'wait_practice', 'phone', 'success', 'ask_trust'];

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.png': 'image/png', '.jpg': 'image/jpeg', '.woff2': 'font/woff2', '.txt': 'text/plain' };

/** A picture that is no square. */
const sample = fileURLToPath(new URL('../../src-tauri/practice/cover.jpg', import.meta.url));

/** What the window itself allows: a page that needs more would stay blank there. */
const csp = "default-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'";

function serve() {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const file = join(site, path);
    if (!file.startsWith(site) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    const policy = file.endsWith('gallery.html') ? { 'content-security-policy': csp } : {};
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream', 'cache-control': 'max-age=3600', ...policy });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** What is wrong with the picture on screen; runs inside the page. */
function faultsOnPage() {
  const faults = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth || root.scrollHeight > root.clientHeight) faults.push('the page scrolls');
  const shown = (element) => element.checkVisibility() && element.closest('.vh, [inert]') === null;
  const name = (element) => `${element.tagName.toLowerCase()}.${element.className} "${element.textContent.trim().slice(0, 30)}"`;
  for (const element of document.body.querySelectorAll('*')) {
    if (!shown(element)) continue;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (element.scrollWidth > element.clientWidth + 1 && style.overflowX !== 'visible' && style.overflowX !== 'clip') {
      // Only a single line with an ellipsis whose full text can still be had may be cut.
      const whole = element.closest('[title]') !== null || element.querySelector('[title]') !== null;
      if (style.textOverflow !== 'ellipsis' || !whole) faults.push(`cut off sideways: ${name(element)}`);
    }
    const text = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '');
    if (text && (box.left < -1 || box.right > innerWidth + 1)) faults.push(`outside the window: ${name(element)}`);
    if (element.matches('button, input[type="checkbox"]') && element.getAttribute('tabindex') !== '-1' && (box.width < 24 || box.height < 24) && style.position !== 'absolute' && !element.matches('[data-open], input')) {
      faults.push(`target under 24 px: ${name(element)} ${Math.round(box.width)}x${Math.round(box.height)}`);
    }
  }
  for (const box of document.querySelectorAll('.code-screen, .choose:not(:has(textarea))')) {
    if (box.scrollHeight > box.clientHeight + 1) faults.push(`${box.className.split(' ')[0]} needs scrolling: ${box.scrollHeight} in ${box.clientHeight}`);
  }
  if (/undefined|\[object|NaN|=>/.test(document.body.innerText)) faults.push('words missing');
  for (const code of document.querySelectorAll('.code-screen img[data-qr]')) {
    const side = code.getBoundingClientRect().width;
    const plate = code.parentElement.getBoundingClientRect();
    if (side < 185) faults.push(`code is ${side} px`);
    if (plate.width < side) faults.push('code wider than its plate');
  }
  return faults;
}

async function run(page, step) {
  if ('click' in step) await page.click(step.click);
  else if ('press' in step) await page.keyboard.press(step.press);
  else if ('type' in step) await page.keyboard.type(step.type);
  else if ('select' in step) await page.selectOption(...step.select);
  else if ('file' in step) await page.setInputFiles(step.file, { name: 'goods.csv', mimeType: 'text/csv', buffer: Buffer.from('title\n') });
  else if ('picture' in step) await page.setInputFiles(step.picture, sample);
  else await page.waitForSelector(step.wait);
}

/** Waits until fonts and pictures are there and everything that moves has arrived; runs inside the page. */
async function settle() {
  await document.fonts.ready;
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  // Two frames: one for what the last change set off, one for what that drew.
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  for (const animation of document.getAnimations()) {
    if (animation.effect.getComputedTiming().endTime === Infinity) animation.cancel();
    else animation.finish();
  }
}

/**
 * Opens one state in one language and draws it in all sizes and both themes; what is wrong comes back per picture.
 * Axe judges each theme at the first size: what it finds (names, roles, contrast) does not hang on the size. Whether
 * everything fits does, and is judged in every picture.
 */
async function draw(page, { state, lang }) {
  const drawn = [];
  let problems = [];
  const onError = (error) => problems.push(`script: ${error.message}`);
  const onConsole = (message) => message.type() === 'error' && problems.push(`console: ${message.text()}`);
  page.on('pageerror', onError);
  page.on('console', onConsole);
  try {
    await page.setViewportSize(sizes[0]);
    await page.mouse.move(0, 0);
    const steps = await page.evaluate(([name, language]) => window.gallery.open(name, language), [state, lang]);
    for (const step of steps) await run(page, step);
    for (const size of drawnWide.includes(state) ? [...sizes, ...wide] : sizes) {
      await page.setViewportSize(size);
      for (const theme of ['light', 'dark']) {
        await page.evaluate((name) => void (document.documentElement.dataset.theme = name), theme);
        await page.evaluate(settle);
        problems.push(...(await page.evaluate(faultsOnPage)));
        if (size === sizes[0]) problems.push(...(await page.evaluate(violationsOnPage)));
        const file = `${state}-${theme}-${lang}-${size.width}x${size.height}.png`;
        await writeFile(join(shots, file), await picture(page));
        drawn.push({ file, problems });
        problems = [];
      }
    }
  } catch (error) {
    drawn.push({ file: `${state}-${lang}`, problems: [...problems, String(error.message ?? error).split('\n')[0]] });
    // Whatever went wrong must not reach into the next state.
    await page.reload();
  } finally {
    page.off('pageerror', onError);
    page.off('console', onConsole);
  }
  return drawn;
}

const sessions = new WeakMap();

/** The window as it stands, as PNG: quick to make rather than small. */
async function picture(page) {
  if (!sessions.has(page)) sessions.set(page, await page.context().newCDPSession(page));
  const { data } = await sessions.get(page).send('Page.captureScreenshot', { format: 'png', optimizeForSpeed: true });
  return Buffer.from(data, 'base64');
}

/** What axe finds; runs inside the page. */
async function violationsOnPage() {
  const { violations } = await window.axe.run(
    { exclude: ['[inert]'] },
    {
      iframes: false,
      resultTypes: ['violations'],
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    },
  );
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 140)).slice(0, 3).join(' | ')}`);
}

function listing(pictures) {
  const figures = pictures
    .map(({ file, problems }) => `<figure><a href="png/${file}"><img loading="lazy" src="png/${file}" alt=""></a><figcaption>${file}${problems.length ? ` <b>${problems.length} problems</b>` : ''}</figcaption></figure>`)
    .join('\n');
  return `<!doctype html><meta charset="utf-8"><title>Liveshop states</title><style>body{font:13px sans-serif;margin:16px;display:grid;grid-template-columns:repeat(auto-fill,minmax(360px,1fr));gap:16px}figure{margin:0}img{width:100%;border:1px solid #ccc}b{color:#b00}</style>\n${figures}\n`;
}

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
await rm(shots, { recursive: true, force: true });
await mkdir(shots, { recursive: true });
await copyFile(join(here, 'phone.html'), join(site, 'phone.html'));
const server = await serve();
const base = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--hide-scrollbars'],
});

const probe = await browser.newPage();
await probe.goto(`${base}/gallery.html`);
const all = await probe.evaluate(() => window.gallery.names);
const names = all.filter((name) => only.length === 0 || only.some((asked) => (all.includes(asked) ? name === asked : name.includes(asked))));
await probe.close();

const work = names.flatMap((state) => ['zh', 'en'].map((lang) => ({ state, lang })));
const results = new Map();
async function worker(mine) {
  const context = await browser.newContext({ reducedMotion: 'reduce', timezoneId: 'Asia/Shanghai' });
  await context.addInitScript(axe);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${base}/gallery.html`);
  for (const job of mine) {
    const drawn = await draw(page, job);
    results.set(job, drawn);
    for (const { file, problems } of drawn) for (const problem of problems) console.log(`FAIL ${file}: ${problem}`);
    if (results.size % 10 === 0) console.log(`${results.size} of ${work.length} states drawn`);
  }
  await context.close();
}
const workers = 2;
await Promise.all(Array.from({ length: workers }, (_, n) => worker(work.filter((_one, at) => at % workers === n))));
await browser.close();
server.close();

const pictures = work.flatMap((job) => results.get(job));
await writeFile(join(out, 'index.html'), listing(pictures));
const failed = pictures.filter(({ problems }) => problems.length > 0);
console.log(`${pictures.length} pictures of ${names.length} states in two languages, ${failed.length} with problems. See ${join(out, 'index.html')}`);
process.exitCode = failed.length === 0 && pictures.length > 0 ? 0 : 1;

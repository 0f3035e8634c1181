// A running sandbox, a phone, and a shop for its notices: what each Node.js script here needs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

process.env.TZ = "Asia/Shanghai"; // alipay-sdk stamps requests in the process's local time
process.env.NO_PROXY = process.env.no_proxy = "127.0.0.1"; // no proxy reaches this machine's own loopback

const WAIT_MS = 60_000; // the sandbox makes its keys first, on a busy machine too
const program = process.env.SANDBOX_PROGRAM ?? fileURLToPath(new URL("../../../target/debug/sandbox", import.meta.url));

function within(what, promise) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${what}: not within ${WAIT_MS / 1000} s`)), WAIT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function json(method, url, body) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method, headers, body: JSON.stringify(body), signal: AbortSignal.timeout(WAIT_MS) });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Starts a sandbox in a folder of its own. `close` ends it and removes the folder. */
export async function practice() {
  const data = await mkdtemp(join(tmpdir(), "practice-"));
  const schedule = ["--notice-schedule", "20ms,20ms,20ms"];
  const child = spawn(program, ["--listen", "127.0.0.1:0", "--data", data, ...schedule], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const ended = new Promise((done) => {
    child.once("error", (error) => done(`cannot be started: ${error.message}`));
    child.once("exit", (code, signal) => done(`ended with ${code ?? signal}`));
  });
  const close = async () => {
    child.kill();
    await within("the sandbox ends", ended);
    await rm(data, { recursive: true, force: true });
  };
  try {
    const first = once(createInterface(child.stdout), "line");
    const line = await within("the sandbox is ready", Promise.race([first, ended]));
    if (!Array.isArray(line)) throw new Error(`${program} ${line}`);
    return await opened(JSON.parse(line[0]), close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function opened({ listen, credentials }, close) {
  const keys = JSON.parse(await readFile(credentials, "utf8"));
  const shop = await openShop();
  return {
    base: listen,
    alipay: keys.alipay,
    wechat: keys.wechat,
    notifyUrl: shop.url,
    notice: shop.notice,
    refuseNext: shop.refuseNext,
    text: (path) => readFile(path, "utf8"),
    phone: (act, code) => json("POST", `${listen}/phone/${act}`, { code }),
    /** Switches faults on, as `{alipay: {fault: {count: 1}}}`. */
    faults: (model) => json("PUT", `${listen}/faults`, model),
    fired: async (channel, fault) => (await json("GET", `${listen}/faults`))[channel][fault].fired,
    async close() {
      await shop.close();
      await close();
    },
  };
}

/** A shop that takes every notice, or refuses the next when it is told to. */
async function openShop() {
  const came = [];
  const waiting = [];
  let refusals = 0;
  const server = createServer((request, response) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      response.statusCode = refusals > 0 ? 401 : 200;
      refusals = Math.max(0, refusals - 1);
      response.end("success");
      const notice = { headers: request.headers, body: Buffer.concat(pieces).toString() };
      const taker = waiting.shift();
      if (taker) taker(notice);
      else came.push(notice);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/notice`,
    notice: () => (came.length ? came.shift() : within("a notice comes", new Promise((taker) => waiting.push(taker)))),
    refuseNext: () => {
      refusals += 1;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

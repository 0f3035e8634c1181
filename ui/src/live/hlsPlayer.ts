import type Hls from 'hls.js';
import type { ErrorData, HlsConfig } from 'hls.js';
import type { OpenPlayer, Player, PlayerEvent } from './player';

const NATIVE_TYPE = 'application/vnd.apple.mpegurl';
/** How often it is looked at how far behind the picture is. */
const LOOK_MS = 1000;
/** A decoder that stumbles is set up anew at most this often. */
const RECOVER_MS = 10_000;

const config: Partial<HlsConfig> = {
  // The window's policy allows no scripts but its own files.
  enableWorker: false,
  lowLatencyMode: true,
  // Nobody winds a live show back: what was seen need not be kept.
  backBufferLength: 30,
  maxBufferLength: 20,
  maxMaxBufferLength: 60,
};

const codecErrors = ['manifestIncompatibleCodecsError', 'bufferAddCodecError', 'bufferIncompatibleCodecsError'];
const contentErrors = ['manifestParsingError', 'levelParsingError', 'levelEmptyError'];

/**
 * Plays HLS by hls.js, which is loaded when the first show is; where the page has no media source extensions, by the
 * platform itself. The full build, because servers put sound into a rendition of its own, which the light one leaves out.
 */
export const openHlsPlayer: OpenPlayer = (video, source, tell) => {
  let hls: Hls | null = null;
  let closed = false;
  const report = (event: PlayerEvent) => {
    if (!closed) tell(event);
  };

  const stops = listenTo(video, report, () => hls === null);
  const behind = () => edgeOf(video, hls) - video.currentTime;
  const looking = setInterval(() => {
    const seconds = behind();
    report({ is: 'behind', seconds: Number.isFinite(seconds) ? Math.max(0, seconds) : 0 });
  }, LOOK_MS);

  import('hls.js')
    .then(({ default: Player }) => {
      if (closed) return;
      if (Player.isSupported()) hls = attached(Player, video, source, report);
      else if (video.canPlayType(NATIVE_TYPE) !== '') video.src = source;
      else report({ is: 'no_codec' });
    })
    .catch(() => report({ is: 'broken' }));

  return {
    play: () => begin(video, report),
    pause: () => video.pause(),
    sound(muted, volume) {
      video.muted = muted;
      video.volume = volume;
    },
    toLive() {
      const edge = edgeOf(video, hls);
      if (Number.isFinite(edge)) video.currentTime = edge;
      begin(video, report);
    },
    choose(height) {
      if (hls !== null) hls.nextLevel = height === null ? -1 : hls.levels.findLastIndex((level) => level.height === height);
    },
    close() {
      closed = true;
      clearInterval(looking);
      stops();
      hls?.destroy();
      video.removeAttribute('src');
      video.load();
    },
  } satisfies Player;
};

/** A platform may refuse to begin by itself; then the viewer has to. */
function begin(video: HTMLVideoElement, report: (event: PlayerEvent) => void): void {
  video.play().catch((reason: unknown) => {
    if (reason instanceof DOMException && reason.name === 'NotAllowedError') report({ is: 'paused' });
  });
}

function attached(Player: typeof Hls, video: HTMLVideoElement, source: string, report: (event: PlayerEvent) => void): Hls {
  const hls = new Player(config);
  let recovered = -Infinity;
  hls.on(Player.Events.MANIFEST_PARSED, () => {
    const heights = [...new Set(hls.levels.map((level) => level.height))].filter((height) => height > 0);
    report({ is: 'heights', heights: heights.sort((a, b) => b - a) });
    begin(video, report);
  });
  hls.on(Player.Events.ERROR, (_event, data: ErrorData) => {
    if (!data.fatal) return;
    if (codecErrors.includes(data.details)) report({ is: 'no_codec' });
    else if (contentErrors.includes(data.details)) report({ is: 'broken' });
    else if (data.type === Player.ErrorTypes.NETWORK_ERROR) report({ is: 'dropped' });
    else if (data.type === Player.ErrorTypes.MEDIA_ERROR && performance.now() - recovered > RECOVER_MS) {
      recovered = performance.now();
      hls.recoverMediaError();
    } else report({ is: 'broken' });
  });
  hls.loadSource(source);
  hls.attachMedia(video);
  return hls;
}

/** Where the newest picture is that can be shown, on the video's own time line. */
function edgeOf(video: HTMLVideoElement, hls: Hls | null): number {
  if (hls !== null) return hls.liveSyncPosition ?? Number.NaN;
  return video.seekable.length === 0 ? Number.NaN : video.seekable.end(video.seekable.length - 1);
}

/** Passes on what the element says; returns a function that stops it. */
function listenTo(video: HTMLVideoElement, report: (event: PlayerEvent) => void, native: () => boolean): () => void {
  const stop = new AbortController();
  const on = (type: string, listener: () => void) => video.addEventListener(type, listener, { signal: stop.signal });
  on('playing', () => report({ is: 'playing' }));
  on('waiting', () => report({ is: 'waiting' }));
  on('pause', () => {
    if (!video.ended) report({ is: 'paused' });
  });
  // The playlist says it is over while the room is still live: the host may have started the stream anew.
  on('ended', () => report({ is: 'dropped' }));
  on('loadedmetadata', () => {
    if (native()) begin(video, report);
  });
  on('error', () => {
    // hls.js hears of errors by itself, and may mend them.
    if (!native() || video.error === null) return;
    const { MEDIA_ERR_NETWORK, MEDIA_ERR_SRC_NOT_SUPPORTED } = MediaError;
    if (video.error.code === MEDIA_ERR_NETWORK) report({ is: 'dropped' });
    else report({ is: video.error.code === MEDIA_ERR_SRC_NOT_SUPPORTED ? 'no_codec' : 'broken' });
  });
  return () => stop.abort();
}

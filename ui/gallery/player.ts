import type { OpenPlayer, PlayerEvent } from '../src/live/player';
import { samplePicture } from './sample';

/** A player that tells what a state wants told; its only frame is the cover picture. */
export function drawnPlayer(events: PlayerEvent[]): OpenPlayer {
  let left = [...events];
  const nothing = () => {};
  return (video, _source, tell) => {
    video.poster = samplePicture('cover.jpg');
    queueMicrotask(() => {
      const now = left;
      left = [];
      now.forEach(tell);
    });
    return { play: () => tell({ is: 'playing' }), pause: () => tell({ is: 'paused' }), sound: nothing, toLive: nothing, choose: nothing, close: nothing };
  };
}

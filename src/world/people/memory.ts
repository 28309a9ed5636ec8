/**
 * What a user remembers: the last videos watched, by original (a near-duplicate of a watched video is known too), and the
 * creators followed. Both are rings in shared memory; a new entry replaces the oldest.
 */
import { followLength, memoryLength } from "../state.js";
import type { WorldState } from "../state.js";

/** Whether the user has watched the video, or another copy of it, lately (among the last `memoryLength` watched). */
export function watchedLately(state: WorldState, user: number, video: number): boolean {
  const { memory } = state.now;
  const sought = state.videos.original[video]! + 1;
  const from = user * memoryLength;
  for (let i = from; i < from + memoryLength; i++) {
    if (memory[i] === sought) return true;
    if (memory[i] === 0) return false; // the ring fills from its first place
  }
  return false;
}

/** Puts a watched video in the user's memory, over the oldest. */
export function remember(state: WorldState, user: number, video: number): void {
  const { memory, memoryNext } = state.now;
  const place = memoryNext[user]!;
  memory[user * memoryLength + place] = state.videos.original[video]! + 1;
  memoryNext[user] = (place + 1) % memoryLength;
}

/** Whether the user follows the creator. */
export function follows(state: WorldState, user: number, creator: number): boolean {
  const { followed } = state.now;
  const from = user * followLength;
  for (let i = from; i < from + followLength; i++) if (followed[i] === creator + 1) return true;
  return false;
}

/** Whether the user follows anybody: the ring fills from its first place. */
export function followsAny(state: WorldState, user: number): boolean {
  return state.now.followed[user * followLength] !== 0;
}

/** Lets the user follow a creator, instead of the one followed longest. */
export function follow(state: WorldState, user: number, creator: number): void {
  const { followed, followedNext } = state.now;
  const place = followedNext[user]!;
  followed[user * followLength + place] = creator + 1;
  followedNext[user] = (place + 1) % followLength;
}

/**
 * Candidates that were ranked ahead: retrieve and rank run at midnight for every user, and a request only looks up. What may be shown is
 * decided at the request: what was seen since leaves, and re-ranking applies blocks, rules, caps and exploration as ever.
 */
import type { CandidateBatch, Catalogue, Day, RequestBatch } from "../../types.js";
import type { Stages } from "../funnel.js";
import { firstRequests } from "../requests.js";
import { topPositions } from "../retrieve/top.js";

/** A user's candidates, best first; -1 pads. */
export interface RankedAhead {
  readonly video: Int32Array; // [top]
  readonly score: Float32Array; // [top]
  readonly source: Uint8Array; // [top]
}

const chunk = 64; // users at a time
const noonMs = 43_200_000;

/** Ranks ahead for users `from` … of a day, a few at a time: everybody who has an account, as if asked at noon on the usual device. */
export async function* rankAhead(
  { users }: Catalogue,
  { retrieve, rank }: Pick<Stages, "retrieve" | "rank">,
  { day, top, from = 0 }: { readonly day: Day; readonly top: number; readonly from?: number },
): AsyncGenerator<{ readonly next: number; readonly ranked: ReadonlyMap<number, RankedAhead> }> {
  for (let first = from; first < users.count; first += chunk) {
    const next = Math.min(users.count, first + chunk);
    const user = Int32Array.from({ length: next - first }, (_, i) => first + i).filter(
      (id) => users.joinDay[id]! <= day,
    );
    const ranked = new Map<number, RankedAhead>();
    if (user.length > 0) {
      const device = Uint8Array.from(user, (id) => users.device[id]!);
      const requests = firstRequests(day, user, device, noonMs);
      const candidates = await retrieve(requests);
      const scores = await rank(requests, candidates);
      user.forEach((id, row) => ranked.set(id, bestOf(candidates, scores, row, top)));
    }
    yield { next, ranked };
  }
}

function bestOf({ video, source, width }: CandidateBatch, scores: Float32Array, row: number, top: number): RankedAhead {
  const order = new Int32Array(top);
  const found = topPositions(scores, video, row * width, (row + 1) * width, top, order);
  const places = order.subarray(0, found);
  const best = { video: new Int32Array(top).fill(-1), score: new Float32Array(top), source: new Uint8Array(top) };
  best.video.set(places.map((at) => video[at]!));
  best.score.set(Float32Array.from(places, (at) => scores[at]!));
  best.source.set(Uint8Array.from(places, (at) => source[at]!));
  return best;
}

/** What requests are answered from: candidates without what was seen, while `atLeast` others are left; of a stranger `popular` ones. */
export function lookUp(
  requests: RequestBatch,
  ahead: (user: number) => RankedAhead | undefined,
  options: {
    readonly top: number;
    readonly atLeast: number;
    readonly hasSeen: (user: number, video: number) => boolean;
    readonly popular: (user: number) => CandidateBatch;
  },
): { readonly candidates: CandidateBatch; readonly scores: Float32Array } {
  const { count, user } = requests;
  const { top: width, atLeast, hasSeen, popular } = options;
  const candidates = { count, width, video: new Int32Array(count * width), source: new Uint8Array(count * width) };
  const scores = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    const id = user[row]!;
    const own = ahead(id);
    const offer = own ?? popular(id);
    const unseen = (video: number): boolean => video >= 0 && !hasSeen(id, video);
    const keep = offer.video.reduce((sum, video) => sum + Number(unseen(video)), 0) >= atLeast;
    for (let place = 0; place < width; place++) {
      const [at, video] = [row * width + place, offer.video[place] ?? -1];
      candidates.video[at] = keep && !unseen(video) ? -1 : video;
      candidates.source[at] = offer.source[place] ?? 0;
      scores[at] = candidates.video[at] === -1 ? -Infinity : own ? own.score[place]! : -place;
    }
  }
  return { candidates, scores };
}

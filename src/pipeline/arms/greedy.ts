/**
 * Recommenders that answer without a model file: used to evaluate a world that is played many times. They see only the
 * catalogue and the log, have learned up to the log's end, and hold back what a user has clicked.
 */
import { languages } from "../../types.js";
import type { OpenBuiltIn } from "./arm.js";
import type { Knowledge } from "./knowledge.js";
import { pageByPage } from "./page-by-page.js";

/** Best first by watch rate × the user's lift of the topic × the lift of the language; ties to the smaller id. */
export const open: OpenBuiltIn<"watch-rate" | "topic-affinity" | "low-rank-tastes"> = async (
  { kind },
  { world, name, past },
) => {
  const knowledge = await past.knowledge();
  const { watchRate, languageLift, clicked } = knowledge;
  const { catalogue, config } = world;
  const { topic, language } = catalogue.videos;
  const seen = clicked.map((videos) => new Set(videos));
  const lifts = liftsOf(kind, knowledge);
  const score = (user: number, v: number): number => {
    if (lifts === undefined) return watchRate[v]!;
    const ofTopic = watchRate[v]! * lifts[user * config.topics + topic[v]!]!;
    return ofTopic * languageLift[catalogue.users.language[user]! * languages.length + language[v]!]!;
  };
  const policy = pageByPage(
    name,
    world,
    lifts === undefined ? "popular" : "affinity",
    (user, live, page) => {
      const scores = new Float64Array(page.length).fill(-Infinity);
      let filled = 0;
      for (let v = 0; v < live; v++) {
        const x = score(user, v);
        if (filled === page.length && x <= scores[filled - 1]!) continue;
        if (seen[user]!.has(v)) continue;
        let k = filled < page.length ? filled++ : filled - 1;
        for (; k > 0 && scores[k - 1]! < x; k--) {
          scores[k] = scores[k - 1]!;
          page[k] = page[k - 1]!;
        }
        scores[k] = x;
        page[k] = v;
      }
    },
    (events) => {
      for (let i = 0; i < events.count; i++) if (events.click[i] === 1) seen[events.user[i]!]!.add(events.video[i]!);
    },
  );
  return { policy };
};

function liftsOf(
  kind: "watch-rate" | "topic-affinity" | "low-rank-tastes",
  { affinity, lowRank }: Knowledge,
): Float64Array | undefined {
  if (kind === "watch-rate") return undefined;
  return kind === "topic-affinity" ? affinity : lowRank;
}

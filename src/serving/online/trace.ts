/** How a page was made, for whoever asks: candidates by score, what moved, times, and the features of what was shown. */
import type { FeatureMatrix } from "../../types.js";
import { candidateSources } from "../../types.js";
import type { Staleness } from "../../data/index.js";
import { mostTraced, type FeatureAnswer, type Trace } from "./contract.js";
import type { Trace as Told } from "../trace.js";
import type { Climbed } from "./ladder.js";

/** The trace of a page. */
export function traceOf(made: Climbed, staleness: readonly Staleness[], told: Told): Trace {
  const { candidates, scores, predictions, rows, slates, stages } = made;
  const sources = new Map<number, number>();
  const order: number[] = [];
  candidates.video.forEach((video, at) => {
    if (video < 0) return;
    order.push(at);
    sources.set(candidates.source[at]!, (sources.get(candidates.source[at]!) ?? 0) + 1);
  });
  order.sort((a, b) => scores[b]! - scores[a]! || candidates.video[a]! - candidates.video[b]!);
  const shown = [...slates.video].filter((video) => video >= 0);
  const position = new Map(shown.map((video, at) => [video, at]));
  return {
    stages: [...stages],
    sources: [...sources].map(([source, count]) => ({ source: candidateSources[source]!, candidates: count })),
    candidates: order.slice(0, mostTraced).map((row) => ({
      video: candidates.video[row]!,
      source: candidateSources[candidates.source[row]!]!,
      retrieved: row,
      score: Number.isFinite(scores[row]) ? scores[row]! : null,
      clickProbability: predictions?.clickProbability[row] ?? null,
      watchMs: predictions?.watchMs[row] ?? null,
      position: position.get(candidates.video[row]!) ?? null,
    })),
    removed: told.removed.slice(0, mostTraced).map(({ video, stage, reason }) => ({ video, stage, reason })),
    moved: told.moved.map(({ video, from, to, reason }) => ({ video, from, to, reason })),
    features: rows
      ? featuresOf(
          rows,
          shown.map((video) => candidates.video.indexOf(video)),
        )
      : [],
    stale: staleness
      .filter(({ stale }) => stale)
      .map(({ feature, ageMs, freshnessMs }) => ({ feature, ageMs, freshnessMs })),
  };
}

/** Values of some rows by feature. */
export function featuresOf(
  { schema, categories, numbers }: FeatureMatrix,
  rows: readonly number[],
): FeatureAnswer["features"] {
  const columns = (names: readonly { readonly name: string }[], values: ArrayLike<number>): FeatureAnswer["features"] =>
    names.map(({ name }, c) => ({ name, values: rows.map((row) => values[row * names.length + c] ?? 0) }));
  return [...columns(schema.categories, categories), ...columns(schema.numbers, numbers)];
}

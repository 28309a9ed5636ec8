/** The diagram of a design as SVG: the way of a page above, what feeds it below. */
import type { Design } from "../../brief/index.js";
import { escapeHtml, formatNumber } from "../../lab/index.js";

interface Box {
  readonly name: string;
  readonly notes: readonly string[];
}

/** Draws a design. */
export function diagram({ judged, needs, parts }: Design): string {
  const { serving, ranker, candidates, store } = judged.plan;
  const line = (name: string): string => {
    const found = judged.lines.find((one) => one.name === name);
    return found === undefined ? "" : `${formatNumber(found.value)} ${found.unit}`;
  };
  const compact = (value: number): string => value.toLocaleString("en-US", { notation: "compact" });
  const choice = (part: string): string => parts.find((one) => one.part === part)!.choice;
  const ranked = ranker !== "none";
  const retrieve: Box = ranked
    ? {
        name: "retrieve",
        notes: [
          `${compact(serving === "edge" ? Math.min(1e5, needs.videos) : needs.videos)} videos`,
          line("search, p99 of the slowest shard") || line("exact search"),
        ],
      }
    : { name: "lists", notes: ["popular by segment", "fresh uploads"] };
  const rank: readonly Box[] = ranked
    ? [{ name: "rank", notes: [ranker, `${candidates} candidates`, line("ranking a page")] }]
    : [];
  const rerank: Box = { name: "re-rank", notes: ["diversity, rules", "exploration"] };
  const users: Box = {
    name: "user features",
    notes: [serving === "edge" ? "on the device" : needs.historyDays === 0 ? "this visit only" : store],
  };
  const ways: Readonly<Record<typeof serving, readonly Box[]>> = {
    online: [
      { name: "request", notes: [`${compact(needs.requestsPerSecond)} per second`, "at peak"] },
      users,
      retrieve,
      ...rank,
      rerank,
      { name: "page", notes: [`p99 ${formatNumber(judged.latencyMs)} ms`] },
    ],
    batch: [
      { name: "nightly job", notes: [line("cores of the nightly batch")] },
      retrieve,
      ...rank,
      rerank,
      { name: "lists by user", notes: ["two versions", "swapped at once"] },
      { name: "page", notes: [`p99 ${formatNumber(judged.latencyMs)} ms`, "a look-up"] },
    ],
    edge: [
      { name: "app, no network", notes: ["a device"] },
      users,
      retrieve,
      ...rank,
      rerank,
      { name: "page", notes: [`p99 ${formatNumber(judged.latencyMs)} ms`] },
    ],
  };
  const feeds: readonly Box[] = [
    { name: serving === "edge" ? "agreed counters" : "event log", notes: [line("log kept")] },
    { name: "training", notes: choice("retraining").split(", ") },
    {
      name: serving === "edge" ? "bundle" : "registry",
      notes: [line("bundle on the device") || "champion, challenger"],
    },
    { name: "monitoring", notes: wrap(choice("monitoring")) },
    { name: "experiments", notes: wrap(choice("experiments")) },
  ];
  const [top, bottom] = [ways[serving], feeds];
  const flow = serving === "edge" ? "only what users agree to" : "impressions with propensities";
  return `<svg viewBox="0 0 960 236" role="img" aria-label="Diagram: ${escapeHtml(top.map(({ name }) => name).join(" → "))}">
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0 8 4 0 8z"/></marker></defs>
${row(top, 12, true)}
${row(bottom, 138, false)}
<path d="M${960 - 40} 90 v22 H40 v22" marker-end="url(#tip)" stroke-dasharray="4 3"/>
<text class="soft" x="480" y="108" text-anchor="middle">${flow}</text>
</svg>`;
}

function row(boxes: readonly Box[], y: number, main: boolean): string {
  const gap = 20;
  const width = (940 - gap * (boxes.length - 1)) / boxes.length;
  return boxes
    .map(({ name, notes }, i) => {
      const x = 10 + i * (width + gap);
      const arrow = i === 0 ? "" : `<path d="M${x - gap} ${y + 38} h${gap - 1}" marker-end="url(#tip)"/>`;
      const lines = notes.filter((note) => note !== "").slice(0, 3);
      const said = lines
        .map((note, l) => `<text class="soft" x="${x + 8}" y="${y + 42 + 15 * l}">${escapeHtml(note)}</text>`)
        .join("");
      const box = `<rect x="${x}" y="${y}" width="${width}" height="${main ? 78 : 88}" rx="6" class="${main ? "main" : ""}"/>`;
      return `${arrow}${box}<text x="${x + 8}" y="${y + 22}">${escapeHtml(name)}</text>${said}`;
    })
    .join("\n");
}

/** A sentence in lines of about 28 characters. */
function wrap(text: string): readonly string[] {
  return text.split(" ").reduce<string[]>((lines, word) => {
    const last = lines.at(-1) ?? "";
    return last.length + word.length < 28 && lines.length > 0
      ? [...lines.slice(0, -1), `${last} ${word}`]
      : [...lines, word];
  }, []);
}

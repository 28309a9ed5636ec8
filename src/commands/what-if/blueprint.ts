/** The one-page blueprint of a design: diagram, numbers beside the old ones, choices and why, trade-offs, risks, what to measure first. */
import { flips, judgePlan, unitCosts, worthOf, type Design } from "../../brief/index.js";
import { escapeHtml, formatNumber, formatPercent } from "../../lab/index.js";
import { diagram } from "./diagram.js";

/** What a blueprint says. */
export interface Blueprint {
  readonly title: string;
  readonly asked: string; // what changed, as typed
  readonly before: Design;
  readonly after: Design;
  readonly conflicts: readonly string[];
}

/** Rows of the table of numbers: the old design, the old design under the new needs, the new one. */
export function numberRows({
  before,
  after,
}: Pick<Blueprint, "before" | "after">): readonly Readonly<Record<string, string>>[] {
  const old = judgePlan(before.judged.plan, after.needs);
  const row = (
    number: string,
    of: (judged: typeof old) => string,
    limit: string,
  ): Readonly<Record<string, string>> => ({
    number,
    before: of(before.judged),
    "before, under the new needs": of(old),
    now: of(after.judged),
    limit,
  });
  const line = (judged: typeof old, name: string): number => judged.lines.find((one) => one.name === name)?.value ?? 0;
  return [
    row("page, p99 (ms)", (one) => formatNumber(one.latencyMs), formatNumber(after.needs.latencyMs)),
    row("money ($ per month)", (one) => whole(one.dollars), whole(after.needs.monthlyDollars)),
    row("watch minutes, relative", (one) => one.watch.toFixed(2), "–"),
    row("cores", (one) => whole(one.cores), "–"),
    row("memory (GB)", (one) => whole(line(one, "memory")), "–"),
    row("shards of the index", (one) => (line(one, "shards of the index") || 0).toFixed(0), "–"),
    row("breaks", (one) => one.breaks.join("; ") || "nothing", "–"),
  ];
}

const whole = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 0 });

/** What is given up, what may go wrong, and what to find out before anything is built. */
export function notes({
  before,
  after,
}: Pick<Blueprint, "before" | "after">): Readonly<Record<"trade-offs" | "risks" | "measure first", readonly string[]>> {
  const { plan, watch, latencyMs, shards, lines, dollars } = after.judged;
  const given = watch / before.judged.watch - 1;
  const { serving, candidates, store, ranker } = plan;
  const share = (name: string, of: number): string =>
    formatPercent((lines.find((one) => one.name === name)?.value ?? 0) / of, 0);
  const some = (...pairs: readonly (readonly [when: boolean, text: string])[]): readonly string[] =>
    pairs.flatMap(([when, text]) => (when ? [text] : []));
  return {
    "trade-offs": some(
      [
        Math.abs(given) >= 0.005,
        `${formatPercent(Math.abs(given), 0)} ${given < 0 ? "fewer" : "more"} watch minutes than before, as the arms of the world have it.`,
      ],
      [
        serving === "batch",
        `A list made at night does not know today's visit: ${formatPercent(1 - worthOf("batch, once a day"), 0)} of the watch minutes. ` +
          "It costs a tenth of ranking each page.",
      ],
      [serving === "edge", "The device holds 100,000 videos, not all, and a new upload arrives with the next bundle."],
      [
        candidates > 0 && candidates < 400,
        `${candidates} candidates reach the ranker, not 400: fewer milliseconds and machines, fewer good videos.`,
      ],
      [
        after.needs.historyDays === 0 && serving !== "edge",
        "Without an identity, return cannot be measured: experiments see pages, not people.",
      ],
      [
        ranker === "none",
        "Everybody of a segment sees the same list: no ranker is paid for that has nothing to tell users apart by.",
      ],
      [
        serving === "online" && store === "in process",
        "Features live in the ranking process: no round trip, but users are routed and each replica holds a copy.",
      ],
      [shards > 1, `A page waits for the slowest of ${shards} shards.`],
    ),
    risks: some(
      [
        serving === "online",
        `At ${formatNumber(latencyMs)} ms there are ${formatNumber(after.needs.latencyMs - latencyMs)} ms of reserve: ` +
          "set a deadline per stage, and fall back to fewer candidates, then to popular lists.",
      ],
      [
        serving === "batch",
        "A nightly job that fails leaves yesterday's lists: keep two versions, swap at once, alarm on their age.",
      ],
      [
        serving === "edge",
        "No request reaches us: a fault in a bundle is seen days later, by users. Roll out in stages, keep the bundle before.",
      ],
      [shards >= 10, "Hedging without cancelling doubles the load near saturation: cap hedges at 5 % of requests."],
      [after.needs.newcomers >= 0.3, "Drift alarms fire on the mix of users, not their taste: read them by stratum."],
      [!after.fits, `The design does not fit: ${after.judged.breaks.join("; ")}.`],
      [
        true,
        `Costs are of one machine and at most 60,000 vectors; ${whole(after.needs.videos)} are extrapolated by logarithm.`,
      ],
    ),
    "measure first": some(
      [
        ranker !== "none",
        `The ranker's milliseconds per 1,000 candidates at your width: ranking is ${share("ranking a page", latencyMs)} ` +
          "of the p99 before it queues, and from a formula.",
      ],
      [
        serving !== "edge" && ranker !== "none",
        `The spread of search times (assumed: sigma ${unitCosts.tailSigma.value}); it sets the slowest shard.`,
      ],
      [
        serving === "edge",
        `Exact search on the cheapest phone that you support: assumed ${unitCosts.flatMs.value} ms per 100,000 videos.`,
      ],
      [
        true,
        `What may be busy at peak (assumed: ${formatPercent(unitCosts.utilisation.value, 0)}): ${whole(dollars)} $ follow from it.`,
      ],
      [
        ranker !== "none",
        "Watch minutes by number of candidates: of 8,000 videos 25 were as good as 400; what is lost with more videos is assumed.",
      ],
      [serving === "batch", "How many users come on a day for whom a list was made: the others see popular videos."],
    ),
  };
}

/** The page: one file, no script, no network; printed it is one sheet of A4. */
export function blueprintHtml(blueprint: Blueprint): string {
  const { title, asked, before, after, conflicts } = blueprint;
  const text = escapeHtml;
  const changedParts = new Map(flips(before, after).map((flip) => [flip.part, flip.before]));
  const numbers = numberRows(blueprint);
  const cells = (row: Readonly<Record<string, string>>, tag = "td"): string =>
    Object.values(row)
      .map((cell, i) => `<${i === 0 ? "th scope=row" : tag}>${text(cell)}</${i === 0 ? "th" : tag}>`)
      .join("");
  const list = ([heading, items]: readonly [string, readonly string[]]): string =>
    `<section><h2>${text(heading[0]!.toUpperCase() + heading.slice(1))}</h2>
<ul>${items.map((item) => `<li>${text(item)}</li>`).join("")}</ul></section>`;
  const verdicts = conflicts.length > 0 ? conflicts : [after.fits ? "The design meets all limits." : "No plan fits."];
  const { needs } = after;
  const facts = [
    `${whole(needs.videos)} videos`,
    `${whole(needs.requestsPerSecond)} requests/s at peak`,
    `p99 ≤ ${whole(needs.latencyMs)} ms`,
    `≤ ${whole(needs.monthlyDollars)} $ per month`,
    needs.device === "offline" ? "no network" : "in the data centre",
    needs.historyDays === 0 ? "no history kept" : `${needs.historyDays} days of history`,
    `${formatPercent(needs.newcomers, 0)} newcomers`,
  ].join(" · ");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${text(title)}</title><style>${style}</style></head><body><main>
<header><h1>${text(title)}</h1><p>${text(asked)}</p><p>${text(facts)}</p>
${verdicts.map((verdict) => `<p class="${after.fits ? "fits" : "fault"}">${text(verdict)}</p>`).join("\n")}</header>
<div class="scroll">${diagram(after)}</div>
<div class="scroll"><table class="numbers"><thead><tr>${Object.keys(numbers[0]!)
    .map((name) => `<th scope=col>${text(name)}</th>`)
    .join("")}</tr></thead>
<tbody>${numbers.map((row) => `<tr>${cells(row)}</tr>`).join("\n")}</tbody></table></div>
<h2>Choices</h2><div class="scroll"><table class="choices">
<thead><tr><th scope=col>part</th><th scope=col>choice</th><th scope=col>because</th></tr></thead>
<tbody>${after.parts
    .map(({ part, choice, because }) => {
      const old = changedParts.get(part);
      const was = old === undefined ? "" : `<br><s>${text(old)}</s>`;
      const row = `<th scope=row>${text(part)}</th><td>${text(choice)}${was}</td><td>${text(because)}</td>`;
      return `<tr${old === undefined ? "" : ' class="new"'}>${row}</tr>`;
    })
    .join("\n")}</tbody></table></div>
<div class="notes">${Object.entries(notes(blueprint)).map(list).join("\n")}</div>
<details><summary>Every number and its formula</summary><div class="scroll"><table>
<thead><tr><th>number</th><th>value</th><th>formula</th><th>basis</th></tr></thead>
<tbody>${after.judged.lines
    .map(
      (line) =>
        `<tr>${cells({ ...{ name: line.name, value: amount(line) }, formula: line.formula, basis: line.basis })}</tr>`,
    )
    .join("\n")}</tbody></table>
<table><thead><tr><th>input</th><th>value</th><th>how it was made</th><th>basis</th></tr></thead><tbody>${Object.entries(
    unitCosts,
  )
    .map(([name, cost]) => `<tr>${cells({ name, value: amount(cost), how: cost.how, basis: cost.basis })}</tr>`)
    .join("\n")}</tbody></table></div></details>
</main></body></html>
`;
}

const amount = ({ value, unit }: { readonly value: number; readonly unit: string }): string =>
  `${formatNumber(value)} ${unit}`;

const style = `
:root{--ink:#23292f;--soft:#5b6570;--line:#d5dade;--paper:#fff;--card:#f4f6f8;--new:#e8f3ec;--accent:#0072b2;--fault:#b04000}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#a3adb7;--line:#3a424a;--paper:#15191d;--card:#1e2429;
--new:#1d3328;--accent:#5fb4e8;--fault:#ff9a5c}
}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
main{max-width:70rem;margin:0 auto;padding:1rem}h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1rem;margin:1rem 0 .3rem}
header p{margin:.15rem 0}
.fits{color:var(--accent);font-weight:600}.fault{color:var(--fault);font-weight:600}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.87rem;font-variant-numeric:tabular-nums}
th,td{padding:.22rem .5rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
thead th{color:var(--soft);border-bottom-width:2px}tbody th{font-weight:600;white-space:nowrap}.numbers,.choices{min-width:36rem}
.numbers td:nth-child(4){font-weight:600}
tr.new{background:var(--new)}s{color:var(--soft);font-size:.92em}
.notes{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:0 1.5rem}
ul{margin:.2rem 0;padding-left:1.1rem;font-size:.9rem}li{margin:.15rem 0}
summary{cursor:pointer;margin:1rem 0 .5rem;color:var(--accent)}svg{display:block;min-width:40rem;width:100%;height:auto;margin:.5rem 0}
svg rect{fill:var(--card);stroke:var(--line)}svg .main{stroke:var(--accent);stroke-width:1.6}
svg text{fill:var(--ink);font-size:13px}svg .soft{fill:var(--soft);font-size:11px}svg path{stroke:var(--soft);fill:none}
svg marker path{fill:var(--soft)}
@media (max-width:560px){.choices,.choices tbody,.choices tr,.choices td,.choices th{display:block;min-width:0}
.choices thead{display:none}.choices tr{border-bottom:1px solid var(--line);padding:.3rem 0}
.choices td,.choices th{border:0;padding:.08rem .4rem}.choices td:nth-child(3){color:var(--soft)}}
@page{size:A4;margin:9mm}@media print{html{font-size:10.5px}.notes{grid-template-columns:repeat(3,1fr)}
body{font-size:7.8pt;line-height:1.22}main{padding:0}h1{font-size:14pt}
h2{margin:.4rem 0 .1rem}th,td{padding:.06rem .3rem}details{display:none}.scroll{overflow:visible}svg{max-height:50mm}ul{margin:0}}
`;

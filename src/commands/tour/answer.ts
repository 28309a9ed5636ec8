/** The answer of the tour: which offline metric would have picked the winner, what ranking for clicks costs, and what each arm is. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { figures, sideOf, table, type ReportSection } from "../../lab/index.js";
import { pairsIn } from "../../studies/offline-online.js";
import type { TourRecord } from "./record.js";

/** What rose, fell or is undecided, of the three metrics that a click ranker trades. */
function changesOf({ metrics }: TourRecord["judged"]["comparisons"][number]["comparison"]): string {
  const words = { above: "rises", undecided: "is undecided", below: "falls" };
  return (["ctr", "watchMinutes", "day7Return"] as const)
    .map(
      (name) =>
        `${{ ctr: "CTR", watchMinutes: "watch time", day7Return: "day-7 return" }[name]} ${words[sideOf(metrics[name].difference)]}`,
    )
    .join(", ");
}

function liftsOf(
  comparison: TourRecord["judged"]["comparisons"][number]["comparison"],
): Parameters<typeof figures.lifts>[0]["metrics"] {
  const labels = {
    ctr: "CTR",
    watchMinutes: "Watch time",
    day1Return: "Day-1 return",
    day7Return: "Day-7 return",
    visits: "Visits",
    conversions: "Conversions",
    revenue: "Revenue",
  } as const;
  return Object.entries(labels).map(([name, label]) => ({
    label,
    better: "higher",
    lift: comparison.metrics[name as keyof typeof labels].lift,
  }));
}

/** What each arm is, where it is first read of. */
const armsInWords: Readonly<Record<string, string>> = {
  random: "uniformly random pages",
  logging: "the policy that collected the log: popular and favourite topics, a fifth of the pages random",
  popularity: "most watch time per impression, for everybody alike",
  "popularity-robust": "the same with at most ten clicks of a user per day, which click farms do not fool",
  "learned-ctr": "two towers, then a deep & cross network that ranks by the chance of a click",
  learned: "the same models, ranked by expected watch time",
  "learned-fallback": "the same, with what is popular in their segment for new accounts",
  oracle: "knows the truth: the page of most expected watch time, greedily",
};

/** Where to go on: executed notebooks below a folder beside the report, or their names where there are none. */
function nextSteps(notebooks: string | undefined): string {
  const to = (name: string, what: string): string => {
    const called = `${name.split("-")[0]} ${what}`;
    return notebooks === undefined ? called : `[${called}](${notebooks}/${name}.html)`;
  };
  return `Where to go on, in the notebooks: ${[
    to("05d-offline-against-online", "which metric to trust"),
    to("02-framing", "what ranking for clicks costs"),
    to("07a-drift", "when the world changes"),
    to("00-one-day-on-the-platform", "from the beginning"),
  ].join(", ")}.`;
}

/** The atlas's last report as seen from a run beside it, where there is one. */
export function atlasBeside(runDir: string): string | undefined {
  const path = "../../atlas/latest/report.html";
  return existsSync(join(runDir, path)) ? path : undefined;
}

/** The section that a report opens with. */
export function answer(record: TourRecord, notebooks?: string, atlas?: string): ReportSection {
  const { offlineOnline: rows, agreement, judged } = record;
  const watch = agreement.filter(({ online }) => online === "watch minutes");
  const isRight = ({ offlineWinner, onlineWinner, undecided }: (typeof watch)[number]): boolean =>
    [onlineWinner, ...undecided].includes(offlineWinner);
  const names = (some: typeof watch): string => some.map(({ offline }) => offline).join(", ");
  const [right, wrong] = [watch.filter(isRight), watch.filter((row) => !isRight(row))];
  const picks = wrong
    .map(({ offline, offlineWinner }) =>
      offlineWinner.includes(" = ")
        ? `${offline} cannot tell ${offlineWinner.replaceAll(" = ", " from ")}`
        : `${offline} picks ${offlineWinner}`,
    )
    .join(", ");
  const ctrArm = judged.comparisons.find(({ treatment }) => treatment === "learned-ctr");
  return {
    id: "answer",
    heading: "Which offline metric would have picked the winner?",
    prose: [
      `By watch time ${right.length === 0 ? "none of them would" : `${names(right)} would`}` +
        `${wrong.length === 0 ? "" : `; ${picks}`}.`,
      ...(ctrArm ? [`The same models ranked for clicks instead of watch time: ${changesOf(ctrArm.comparison)}.`] : []),
      `${atlas === undefined ? "`npx stagecraft atlas`" : `[The atlas](${atlas})`} asks the same of some forty policies.`,
      nextSteps(notebooks),
    ],
    figures: [
      {
        name: "offline-online",
        figure: figures.offlineOnline({
          online: { label: "Watch time", unit: "minutes per assigned user-day" },
          points: rows.map((row) => ({
            policy: row.policy,
            online: row.watchMinutes,
            offline: { AUC: row.auc, "NDCG@10 (watch)": row.ndcgWatch, "recall@100": row.recall },
          })),
          pairs: pairsIn(record.judged, "watchMinutes"),
          kendall: Object.fromEntries(watch.map(({ offline, kendall }) => [offline, kendall])),
        }),
        caption: "A metric that agrees rises from left to right.",
      },
      ...(ctrArm
        ? [
            {
              name: "ctr-trap",
              figure: figures.lifts({
                control: ctrArm.control,
                treatment: ctrArm.treatment,
                metrics: liftsOf(ctrArm.comparison),
              }),
              caption: "What ranking for clicks gains, and what it costs.",
            },
          ]
        : []),
    ],
    tables: [
      table(
        judged.arms.map(({ name }) => ({ arm: name, "what it is": armsInWords[name] ?? "" })),
        { name: "arm-definitions", caption: "The arms of the tour" },
      ),
    ],
  };
}

/** The tour's report: the results of each step with intervals, one section per step. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  formatInterval,
  formatNumber,
  formatPercent,
  formatSeconds,
  latestRun,
  scaleNotes,
  sideOf,
  table,
  withRun,
  writeReport,
  type Report,
  type ReportSection,
  type StepTiming,
} from "../../lab/index.js";
import type { Scale } from "../../types.js";
import type { TourRecord } from "./record.js";
import { two } from "./parts.js";
import { answer, atlasBeside } from "./answer.js";
import { data, models, requirements } from "./built.js";
import { agreementSection, offlineSection, onlineSection } from "./judged.js";
import { cold, driftSection, serving } from "./kept.js";
import type { Answer } from "../run.js";

/** Writes the report of the last tour in `results` again (after a change of figures or words), as a run of its own. */
export async function rewriteReport(results: string): Promise<Answer> {
  const last = await latestRun("tour", results);
  if (last === undefined) throw new Error(`no tour in ${join(results, "tour")}; run: stagecraft tour`);
  const record = JSON.parse(await readFile(join(last, "record.json"), "utf8")) as TourRecord;
  return withRun("report", { tour: basename(last) }, { root: results }, async (run) => {
    const notebooks = existsSync(join(last, "notebooks")) ? `../../tour/${basename(last)}/notebooks` : undefined;
    await writeReport(run.dir, tourReport(record, [], notebooks, atlasBeside(run.finalDir)));
    const path = join(run.finalDir, "report.html");
    return { text: `Open ${path}`, json: { report: path, tour: last } };
  });
}

/** The report of a tour; `notebooks`: the folder of executed ones, `atlas`: the atlas's report, as seen from the report. */
export function tourReport(
  record: TourRecord,
  timings: readonly StepTiming[],
  notebooks?: string,
  atlas?: string,
): Report {
  const { facts, judged, online } = record;
  const minutes = Object.fromEntries(
    judged.arms.map(({ name, metrics }) => [name, metrics.metrics.watchMinutes.estimate]),
  );
  const share = judged.gaps.find(({ policy }) => policy === "learned")?.share;
  const gain = judged.comparisons.find(({ control, treatment }) => control === "popularity" && treatment === "learned")
    ?.comparison.metrics.watchMinutes.difference;
  const note = scaleNotes[record.scale as Scale];
  return {
    title: `Stagecraft tour: ${record.scale}, seed ${record.seed}`,
    lede:
      `The learned funnel gives ${two(minutes["learned"])} watch minutes per assigned user-day, popularity ` +
      `${two(minutes["popularity"])}, random ${two(minutes["random"])} and an oracle that knows the truth ${two(minutes["oracle"])}.` +
      (share ? ` It closes ${formatPercent(share.estimate, 0)} of the random-to-oracle gap.` : "") +
      (gain
        ? ` Against popularity that is ${formatInterval(gain)} minutes, ` +
          `an interval ${{ above: "above 0", below: "below 0", undecided: "that includes 0: undecided" }[sideOf(gain)]}.`
        : "") +
      (note ? ` ${note[0]!.toUpperCase()}${note.slice(1)}.` : ""),
    facts: [
      [
        "Log",
        `${formatNumber(facts.impressions)} impressions of ${formatNumber(record.users)} ` +
          `users and ${formatNumber(record.videos)} videos on ${record.days} days`,
      ],
      ["Click rate", formatPercent(facts.clicks / facts.impressions)],
      [
        "Online",
        `${formatNumber(online.users)} assigned users × ${online.days} days in each arm, the same users in twin worlds`,
      ],
      ["TensorFlow backend", record.backend],
      ...(timings.length > 0
        ? [["Time", formatSeconds(timings.reduce((sum, { seconds }) => sum + seconds, 0))] as const]
        : []),
    ],
    sections: [
      answer(record, notebooks, atlas),
      requirements(record),
      data(record),
      models(record),
      offlineSection(record),
      onlineSection(record),
      agreementSection(record),
      serving(record),
      driftSection(record),
      cold(record),
      ...(timings.length > 0 ? [times(timings)] : []),
    ],
    metrics: record.summary,
  };
}

function times(timings: readonly StepTiming[]): ReportSection {
  return {
    id: "times",
    heading: "Duration of each step",
    prose: [],
    tables: [table(timings.map(({ step, seconds, cpuSeconds }) => ({ step, seconds, "CPU seconds": cpuSeconds })))],
  };
}

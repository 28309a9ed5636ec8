/** `stagecraft ab audit`: the A/B test judged by the world; hypotheses beside their results, figures, a page. */
import { Option } from "commander";
import { figures, formatNumber, type Report, table, tableText, type Table, withRun } from "../lab/index.js";
import { designNames } from "../studies/ab-audit/designs.js";
import { auditAb, auditPlan, type Audit } from "../studies/ab-audit/study.js";
import { nullTests } from "../studies/ab-audit/user-world.js";
import { keep, keepPage, tablesOf } from "./keep.js";
import { configOf, integer, orUsageError, recomputeOf, resultsDir, type PlatformOptions } from "./options.js";
import { platformVerb } from "./verb.js";

/** The verb below `ab`. */
export const abAudit = platformVerb<PlatformOptions & { readonly seeds?: string; readonly replications?: string }>({
  name: "audit",
  description:
    "is the A/B test right? false positives, peeking, coverage, users saved, interleaving, interference, against the world's truth",
  out: "results",
  options: [
    new Option("--seeds <integer>", "worlds (default: 20); two fifths of them for interference"),
    new Option("--replications <integer>", "A/A tests over all worlds (default: 1000)"),
  ],
  run(setting, control, { seeds, replications, ...typed }) {
    const sizes = Object.fromEntries(
      Object.entries({ seeds, replications }).flatMap(([name, text]) =>
        text === undefined ? [] : [[name, integer(`--${name}`, text)] as const],
      ),
    );
    orUsageError(() => auditPlan(sizes));
    const options = { ...sizes, remake: recomputeOf(typed) };
    return withRun(
      "ab",
      { ...configOf(setting), ...sizes, study: "audit" },
      { root: resultsDir(typed) },
      async (run) => {
        const audit = await run.step("worlds", () => auditAb(setting, options, control));
        const report = auditReport(audit);
        const record = { run: run.finalDir, scale: setting.scale, seed: setting.seed, ...audit };
        await keep(run, tablesOf(report), record);
        await keepPage(run, report, control.signal);
        const text = `${tableText(judgedTable(audit))}\n${tableText(designTable(audit))}\nOpen ${run.finalDir}/report.html`;
        return { text, json: record };
      },
    );
  },
});

/** Hypotheses beside their results. */
export function judgedTable({ judged }: Pick<Audit, "judged">): Table {
  const bound = (value: number): string => (Number.isFinite(value) ? formatNumber(value) : "any");
  const rows = judged.map(({ sentence, measured, allowed: [from, to], verdict }) => ({
    ...{ hypothesis: sentence, verdict, measured, expected: `${bound(from)} to ${bound(to)}` },
  }));
  return table(rows, { name: "hypotheses", caption: "Written before the run; intervals are 95 %" });
}

/** Estimates and biases by design, means over worlds, as shares of the control's value. */
function designTable({ settings, measures }: Audit): Table {
  const rows = settings.flatMap(({ name, worlds }) =>
    designNames.map((design, d) => ({
      setting: name,
      design,
      truth: measures[`${name}: truth`]!.estimate,
      estimate: worlds.reduce((sum, { designs }) => sum + designs[d]!.estimate.estimate, 0) / worlds.length,
      bias: measures[`${name}: ${design}`]!,
      "standard error of one": Math.sqrt(
        worlds.reduce((sum, { designs }) => sum + designs[d]!.estimate.standardError ** 2, 0) / worlds.length,
      ),
    })),
  );
  return table(rows, { name: "designs", caption: "Effects as shares of the control's value; intervals by world" });
}

function auditReport(audit: Audit): Report {
  const { judged, measures, users, settings, replications } = audit;
  const count = (verdict: string): number => judged.filter((one) => one.verdict === verdict).length;
  const rates = nullTests.map((test) => {
    const { estimate, low, high } = measures[`false positives: ${test}`]!;
    const covered = replications - Math.round(estimate * replications);
    return { name: test, covered, worlds: replications, low: 1 - high, high: 1 - low, sound: low <= 0.05 };
  });
  const panels = settings.map(({ name, worlds }) => ({
    name,
    rows: designNames.map((design, d) => ({
      design,
      bias: measures[`${name}: ${design}`]!,
      worlds: worlds.map(({ designs }) => designs[d]!.bias),
    })),
  }));
  const saved = ["CUPED", "twins", "interleaving"].map((by) => ({
    ...{ label: by, better: "higher" as const, lift: measures[`saved by ${by}`]! },
  }));
  const bait = Object.entries(measures)
    // satisfaction may be below 0, so it has a difference and no lift: it stands in the JSON
    .filter(([name]) => name.startsWith("clickbait: ") && !/preference|satisfaction$/.test(name))
    .map(([name, lift]) => ({ label: name.slice(11), better: "higher" as const, lift }));
  return {
    title: "Is the A/B test right?",
    lede: `Of ${judged.length} hypotheses ${count("held")} held, ${count("did not hold")} did not, ${count("undecided")} are undecided.`,
    facts: [
      ["worlds", String(users.length)],
      ["A/A tests", replications.toLocaleString("en")],
      ["worlds of interference", String(settings[0]!.worlds.length * settings.length)],
    ],
    sections: [
      { id: "hypotheses", heading: "Hypotheses", prose: [], tables: [judgedTable(audit)] },
      {
        id: "errors",
        heading: "False positives",
        prose: [
          "Both arms have the same policy: each difference found is an error. One user's arm is a hash with a salt of each test.",
        ],
        figures: [
          {
            name: "false-positives",
            caption: "A/A tests that find no difference, of all; dashed: 95 %, with Wilson intervals",
            figure: figures.coverageDots({
              ...{ parameters: rates, from: 0.936, to: 0.964 },
              title: "Looking every day finds differences that are not there",
              subtitle:
                "share of A/A tests that find none, with Wilson intervals; green band: 95 % within chance, dashed: 95 %",
            }),
          },
        ],
      },
      {
        id: "users-saved",
        heading: "Users saved",
        prose: [
          "Share of an A/B test's users that is not needed for the same interval (interleaving: for the same power).",
        ],
        figures: [
          {
            name: "saved",
            caption: "Users saved, by method",
            figure: figures.lifts({
              control: "an A/B test",
              treatment: "",
              metrics: saved,
              title: "Users saved against an A/B test",
              unit: "share of users saved",
            }),
          },
        ],
      },
      {
        id: "bait",
        heading: "The ranker that wins interleaving",
        prose: [
          `Interleaving prefers clickbait in ${formatNumber(100 * measures["clickbait: preference"]!.estimate)} % of pages with a click. ` +
            "In twin worlds, where one user has one ranker for two weeks:",
        ],
        figures: [
          {
            name: "clickbait",
            caption: "A ranker by clicks against the same one by watch time",
            figure: figures.lifts({ control: "by watch time", treatment: "Ranked by clicks", metrics: bait }),
          },
        ],
      },
      {
        id: "interference",
        heading: "Interference",
        prose: [
          "The truth is a twin: everybody treated, less nobody. Markets are the 64 shards, each with its part of every budget.",
        ],
        tables: [designTable(audit)],
        figures: [
          {
            name: "design-bias",
            caption: "Bias of four designs in three settings",
            figure: figures.designBias({ panels, title: "What each design is wrong by" }),
          },
        ],
      },
    ],
  };
}

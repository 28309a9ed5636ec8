/** `stagecraft cold-start`: which cold-start strategy should one ship? One table, one figure, an answer for people and one for videos. */
import { Option } from "commander";
import { figures, table, tableText, type Figure, type Report, type Table } from "../lab/index.js";
import { coldBins, coldControl, coldMeasures, coldPlan, studyColdStart, type ColdStudy } from "../studies/index.js";
import { tablesOf } from "./keep.js";
import { integer, listOf, orUsageError, type PlatformOptions } from "./options.js";
import { platformVerb } from "./verb.js";

interface ColdTyped extends PlatformOptions {
  readonly seeds?: string;
  readonly only?: string;
}

export const coldStart = platformVerb<ColdTyped>({
  name: "cold-start",
  description: "which strategy for newcomers and new videos? Regret by what is known of them, retention, and who pays",
  options: [
    new Option("--seeds <integer>", "worlds: --seed and the seeds after it (default: 5)"),
    new Option("--only <names>", "names of strategies between commas, beside the control (default: all)"),
  ],
  async run(setting, control, { seeds, only }) {
    const options = {
      ...(seeds !== undefined && { seeds: integer("--seeds", seeds, 1) }),
      ...(only !== undefined && { only: listOf("--only", only) }),
    };
    const plan = orUsageError(() => coldPlan(setting, options));
    const study = await studyColdStart(setting, plan, control);
    const { answers, hypotheses, rows, cells, measured } = study;
    const findings = answers.map(
      ({ for: who, ship, because }) => `For ${who === "users" ? "newcomers" : "new videos"}: ${ship} (${because}).`,
    );
    const report: Report = {
      title: `Which cold-start strategy should one ship? (${setting.scale})`,
      lede: findings.join(" "),
      facts: [
        ["Scale", setting.scale],
        ["Worlds", plan.worlds.map(({ seed }) => seed).join(", ")],
        [
          "Newcomers per world",
          String(Math.round(cells.reduce((sum, cell) => sum + cell.newcomers, 0) / cells.length)),
        ],
      ],
      sections: [
        {
          id: "strategies",
          heading: "Strategies",
          prose: [`Each strategy less the control (${coldControl}) in the same worlds; intervals are over worlds.`],
          figures: [
            { name: "differences", figure: coldFigure(study), caption: "What each strategy gives, and who pays." },
            {
              name: "regret",
              figure: coldRegretFigure(study),
              caption: "Newcomers' pages against the oracle's best ones.",
            },
          ],
          tables: [coldTable(study)],
        },
        { id: "hypotheses", heading: "Hypotheses", prose: [], tables: [hypothesisTable(study)] },
      ],
      metrics: { rows, answers, hypotheses },
    };
    const text = [
      tableText(coldTable(study, mainMeasures)),
      ...findings,
      ...hypotheses.map(({ sentence, verdict }) => `${verdict.toUpperCase()}: ${sentence}`),
      `${measured} of ${cells.length} cells measured now, the others loaded`,
    ];
    const json = { scale: setting.scale, answers, hypotheses, rows };
    return { text: text.join("\n\n"), json, tables: tablesOf(report), report };
  },
});

const mainMeasures = [
  "newcomers: regret",
  "newcomers: minutes",
  "newcomers: return",
  "uploads: found",
  "established: minutes",
  "creators: Gini",
];

/** What strategies do, side by side: differences to the control. */
export function coldFigure({ rows, answers }: Pick<ColdStudy, "rows" | "answers">): Figure {
  const others = rows.filter(({ strategy }) => strategy !== coldControl);
  const [users, videos] = answers.map(({ ship }) => ship);
  return figures.forest({
    title: `Newcomers: ship ${users}; new videos: ship ${videos}`,
    subtitle: `less ${coldControl}, 95 % intervals over worlds; green is better, orange worse, grey undecided`,
    rows: others.map(({ strategy }) => strategy),
    panels: mainMeasures.map((name) => ({
      label: name,
      better: coldMeasures.find((one) => one.name === name)!.better,
      values: others.map(({ differences }) => differences[name]),
    })),
  });
}

/** Share of the best page's watch time that newcomers lose, by their interactions so far. */
export function coldRegretFigure({ rows }: Pick<ColdStudy, "rows">): Figure {
  const shown = rows.filter((row) => row.for === "users" || row.strategy === coldControl);
  return figures.learningCurve({
    title: "What newcomers lose against the best pages, by interactions so far",
    metric: "share of the best page's watch time",
    unit: "interactions",
    series: shown.map(({ strategy, means }) => {
      const known = coldBins.filter((from) => means[`regret at ${from}`] !== undefined);
      return { name: strategy, x: known, y: known.map((from) => means[`regret at ${from}`]!) };
    }),
  });
}

function coldTable({ rows }: ColdStudy, measures = coldMeasures.map(({ name }) => name)): Table {
  const cells = rows.map(({ strategy, means, differences }) => ({
    strategy,
    ...Object.fromEntries(measures.map((name) => [name, strategy === coldControl ? means[name] : differences[name]])),
  }));
  return table(cells, {
    name: "strategies",
    caption: `${coldControl}: means over worlds. The others: differences to it (minutes and seconds: relative), 95 % intervals`,
  });
}

function hypothesisTable({ hypotheses }: ColdStudy): Table {
  const rows = hypotheses.map(({ sentence, measure, measured, verdict }) => ({
    expected: sentence,
    "decided by": measure,
    measured,
    verdict,
  }));
  return table(rows, { name: "hypotheses", caption: "Written before the first run" });
}

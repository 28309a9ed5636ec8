/** `stagecraft atlas`: does the offline metric pick the right model? One interactive figure, one table, one page of findings. */
import { Option } from "commander";
import { tableText, type Report } from "../lab/index.js";
import { atlasPlan, choiceChanges, studyAtlas, type AtlasOptions } from "../studies/index.js";
import type { Setting } from "../pipeline/setting.js";
import type { RunControl } from "../types.js";
import type { ChoiceModel } from "../world/index.js";
import {
  atlasFigure,
  atlasFindings,
  atlasTable,
  choiceFindings,
  choiceTable,
  hypothesisTable,
  judgedGoals,
  policyTable,
} from "./atlas-report.js";
import { tablesOf } from "./keep.js";
import { asUsageError, collect, integer, listOf, type PlatformOptions } from "./options.js";
import type { Answer } from "./run.js";
import { platformVerb } from "./verb.js";

interface AtlasTyped extends PlatformOptions {
  readonly seeds?: string;
  readonly choiceModels?: string;
  readonly policy?: readonly string[];
  readonly model?: readonly string[];
  readonly only?: string;
}

export const atlas = platformVerb<AtlasTyped>({
  name: "atlas",
  description:
    "does the offline metric pick the right model? Offline metrics and off-policy estimates of some forty policies against what they do",
  options: [
    new Option("--seeds <integer>", "worlds: --seed and the seeds after it (default: 3; at tiny 1)"),
    new Option(
      "--choice-models <names>",
      "how users choose, between commas: position, cascade, multinomial (default: the world's)",
    ),
    new Option(
      "--policy <file>",
      "a policy of your own among them: a file, or http://… of a service (may be repeated)",
    ).argParser(collect),
    new Option("--model <file>", "a model of your own, in the funnel (may be repeated)").argParser(collect),
    new Option(
      "--only <names>",
      "names of built-in policies between commas, or all (default: all; above the lesson's scale 26 of them)",
    ),
  ],
  async run(setting, control, { seeds, choiceModels, policy = [], model = [], only }) {
    return atlasVerb(setting, control, {
      seeds: seeds === undefined ? (setting.scale === "tiny" ? 1 : 3) : integer("--seeds", seeds, 1),
      ...(choiceModels !== undefined && { choiceModels: listOf("--choice-models", choiceModels) as ChoiceModel[] }),
      ...(only !== undefined && { only: listOf("--only", only) }),
      policies: policy,
      play: new Date().toISOString(),
      models: model,
    });
  },
});

async function atlasVerb(setting: Setting, control: RunControl, options: AtlasOptions): Promise<Answer> {
  const plan = await atlasPlan(setting, options).catch((error: unknown) => {
    throw asUsageError(error);
  });
  const found = await studyAtlas(setting, plan, control);
  const { cells, hypotheses, decided, estimable, metrics, measured, skipped } = found;
  const choices = choiceChanges(cells, "watchMinutes");
  const changed = choiceFindings(choices);
  const findings = [...atlasFindings(found), ...changed];
  const report: Report = {
    title: `The atlas: does the offline metric pick the right model? (${setting.scale})`,
    lede: findings[0]!,
    facts: [
      ["Scale", setting.scale],
      ["Worlds", plan.worlds.map(({ seed, world }) => `${seed} ${world.choiceModel}`).join(", ")],
      ["Policies", String(plan.policies.length)],
    ],
    sections: [
      {
        id: "figure",
        heading: "Offline against online",
        prose: [],
        figures: [
          { name: "atlas", figure: atlasFigure(found), caption: "Choose the offline metric and the online goal." },
        ],
      },
      { id: "findings", heading: "Findings", prose: findings, tables: [hypothesisTable(found)] },
      { id: "metrics", heading: "Metrics", prose: skipped, tables: judgedGoals.map((goal) => atlasTable(found, goal)) },
      ...(choices.length > 0
        ? [{ id: "choice-models", heading: "Choice models", prose: changed, tables: [choiceTable(choices)] }]
        : []),
      { id: "policies", heading: "Policies", prose: [], tables: [policyTable(found)] },
    ],
    metrics: { decided, estimable, hypotheses },
  };
  const text = [
    tableText(atlasTable(found, "watchMinutes", 12)),
    ...findings,
    ...hypotheses.map(({ expected, outcome, because }) => `${outcome.toUpperCase()}: ${expected} (${because})`),
    `${measured} of ${cells.length} cells measured now, the others loaded`,
  ];
  return {
    text: text.join("\n\n"),
    json: { scale: setting.scale, findings, hypotheses, decided, estimable, metrics },
    tables: tablesOf(report),
    report,
  };
}

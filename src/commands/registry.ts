/** `stagecraft registry`: which version of a model serves, where it comes from, and the one command that takes it back. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { Option } from "commander";
import { type Figure, figures, type Report, type Table, table, tableText } from "../lab/index.js";
import { registryState, rollBack, versionsOf } from "../monitoring/index.js";
import { type Drill, drillPlan, releaseDrill } from "../studies/release/drill.js";
import { thresholds } from "../studies/release/gates.js";
import { judgedTable } from "./ab-audit.js";
import {
  addOptions,
  asUsageError,
  configOf,
  jsonOption,
  type PlatformOptions,
  platformOptions,
  resultsDir,
  settingOf,
} from "./options.js";
import type { Answer } from "./run.js";
import type { Verb } from "./verb.js";

export const registry: Verb = (program, answer) => {
  const command = program.command("registry").description("versions of a model: list them, or roll the champion back");
  const list = command.command("list <folder>").description("versions with their aliases, lineage and metrics");
  addOptions(list, [jsonOption()]);
  list.action(async (folder: string, typed: { readonly json?: boolean }) => {
    await answer("registry", typed, () => Promise.resolve(listed(folder)));
  });
  const back = command.command("roll-back <folder>").description("makes the champion before this one champion again");
  addOptions(back, [new Option("--reason <text>", "why, for the history").makeOptionMandatory(), jsonOption()]);
  back.action(async (folder: string, typed: { readonly reason: string; readonly json?: boolean }) => {
    await answer("registry", typed, async () => {
      const champion = await rollBack(folder, typed.reason).catch((error: unknown) => {
        throw error instanceof RangeError ? asUsageError(error) : error;
      });
      return { text: `champion: version ${champion}`, json: { champion } };
    });
  });
  const drill = command
    .command("drill")
    .description("eight bad and eight good models through the gates: who is caught where");
  addOptions(drill, platformOptions("tiny", "results"));
  drill.action(async (typed: PlatformOptions) => {
    const setting = settingOf(typed, "results");
    await answer("registry", typed, async (control) => {
      const folder = await mkdtemp(join(await made(resultsDir(typed)), ".drill-"));
      try {
        const found = await releaseDrill(setting, folder, {}, control);
        const tables = { drill: drillTable(found), hypotheses: judgedTable(found) };
        const text = Object.values(tables).map(tableText).join("\n\n");
        return { json: { ...configOf(setting), thresholds, ...found }, tables, report: drillReport(found), text };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  });
};

/** One row for each model, in the order in which they were pushed. */
function drillTable({ rows }: Drill): Table {
  return table(
    rows.map(({ model, good, caughtAt, users, minutesLost, truth, gates, promoted }) => ({
      ...{ model, kind: good ? "good" : "bad", "caught at": caughtAt ?? "" },
      ...{ "users who saw it": users, "watch minutes lost": minutesLost, truth, promoted: promoted ? "yes" : "no" },
      because: (gates.find(({ verdict }) => verdict !== "passed") ?? gates.at(-1)!).says,
    })),
    {
      name: "drill",
      caption: "Models in the order pushed; lost and truth: the canary's users against a twin world with the champion",
    },
  );
}

/** 1 where a gate passed a model, 0 where it refused; blank: not reached. */
function drillFigure({ rows }: Drill): Figure {
  const columns = ["offline", "parity", "calibration", "latency", "canary"];
  return figures.heat({
    title: "Which gate catches which model?",
    rows: rows.map(({ model, good }) => `${model} (${good ? "good" : "bad"})`),
    columns,
    values: rows.map(({ gates, caughtAt }) =>
      columns.map((gate) => (gate === caughtAt ? 0 : gates.some((one) => one.gate === gate) ? 1 : NaN)),
    ),
    unit: "passed",
    most: 1,
  });
}

function drillReport(found: Drill): Report {
  const { rows } = found;
  const of = (good: boolean): string => {
    const all = rows.filter((row) => row.good === good);
    return `${all.filter(({ promoted }) => promoted).length} of ${all.length}`;
  };
  const shown = rows.filter(({ good, users }) => !good && users > 0);
  const lost = shown.reduce((sum, { minutesLost }) => sum + minutesLost, 0);
  const { logLoss, ndcg, recall, calibration, p99Ms, perVisit, visits } = thresholds;
  return {
    title: "Release drill",
    lede:
      `${of(false)} bad and ${of(true)} good models were promoted; ${shown.length} bad ones reached users, ` +
      `who watched ${Math.round(lost)} minutes less.`,
    facts: [
      ["bad promoted", of(false)],
      ["good promoted", of(true)],
    ],
    sections: [
      { id: "hypotheses", heading: "Hypotheses", prose: [], tables: [judgedTable(found)] },
      {
        id: "drill",
        heading: "Models",
        prose: [
          `Offline: log loss worse by at most ${logLoss}, NDCG@10 by at most ${ndcg}, recall@100 of its index ` +
            `by at most ${recall}. Shadow: at most 1 in 1,000 scores differs from the trainer's, ` +
            `clicks observed over predicted 1 ± ${calibration}, p99 ${p99Ms} ms of CPU. ` +
            `Canary: at most ${100 * perVisit} % fewer watch minutes per visit and ${100 * visits} % ` +
            `fewer visits than a fresh baseline of as many users, looked at after ${drillPlan.looks.join(" and ")} days, each look with ` +
            `its share of the 5 %. Ends of intervals count, and a gate that cannot decide refuses.`,
        ],
        tables: [drillTable(found)],
        figures: [{ name: "gates", caption: "Blank: the gate was not reached", figure: drillFigure(found) }],
      },
    ],
  };
}

async function made(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  return dir;
}

function listed(folder: string): Answer {
  const [versions, state] = [versionsOf(folder), registryState(folder)];
  const rows = versions.map(({ version, parent, artifact, window, metrics }) => ({
    version,
    aliases: Object.entries(state.aliases)
      .filter(([, of]) => of === version)
      .map(([alias]) => alias)
      .join(", "),
    parent: parent ?? null,
    artifact,
    days: window.join("–"),
    ...metrics,
  }));
  return {
    json: { versions, ...state },
    text: rows.length === 0 ? `no version in ${folder}` : tableText(table(rows, { caption: `Versions in ${folder}` })),
  };
}

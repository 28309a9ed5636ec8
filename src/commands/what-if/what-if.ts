/** `stagecraft what-if`: a design under other constraints beside the one before: table, figure, JSON, and a blueprint of one page. */
import { Option } from "commander";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as brief from "../../brief/index.js";
import { figures, table, tableText, withRun, type Figure, type Table } from "../../lab/index.js";
import { measureWorth, twoShards, worthHypotheses } from "../../studies/index.js";
import type { RunControl } from "../../types.js";
import { keep, keepPictures } from "../keep.js";
import { addOptions, jsonOption, orUsageError, resultsDir } from "../options.js";
import type { Answer } from "../run.js";
import type { Verb } from "../verb.js";
import { blueprintHtml, notes, numberRows, type Blueprint } from "./blueprint.js";

type Typed = Readonly<Record<string, string | undefined>> & { readonly json?: boolean };
const measures = ["tails", "shards", "worth"] as const;

/** The verb. */
export const whatIf: Verb = (program, answer) => {
  const command = program
    .command("what-if")
    .description(
      "a design derived again under other constraints, beside the one before; blueprint.html is one page for a design review",
    );
  addOptions(command, [
    ...brief.changes.map(({ option, form }) => new Option(`--${option} <${option}>`, form)),
    new Option("--measure <what>", "measure again what designs rest on: published tails, two shards, arms").choices(
      measures,
    ),
    new Option("--out <folder>", "folder of results (default: results/)"),
    jsonOption(),
  ]);
  command.action(async (typed: Typed) => {
    const asked = brief.changes.flatMap(({ option }) =>
      typed[option] === undefined ? [] : [[option, typed[option]] as const],
    );
    const needs = orUsageError(() =>
      asked.reduce((so, [option, text]) => brief.changed(so, option, text), brief.midSize),
    );
    await answer("what-if", typed, (control) => {
      control.signal?.throwIfAborted();
      return typed["measure"] === undefined
        ? whatIfVerb(needs, asked, typed)
        : measure(typed["measure"], typed, control);
    });
  });
};

/** Old and new design against the new limits. */
export function whatIfFigure({ before, after }: Pick<Blueprint, "before" | "after">): Figure {
  const { needs } = after;
  const old = brief.judgePlan(before.judged.plan, needs);
  const items = (["before", "now"] as const).flatMap((name) => {
    const judged = name === "now" ? after.judged : old;
    return [
      { name: `${name}: p99`, need: judged.latencyMs, limit: needs.latencyMs, unit: "ms" },
      { name: `${name}: money`, need: judged.dollars, limit: needs.monthlyDollars, unit: "$ per month" },
    ];
  });
  const title =
    old.breaks.length > 0 ? "The design before breaks the new limits" : "The design before stays within the new limits";
  return figures.capacityBars({ items, title: after.fits ? `${title}; the new one fits` : `${title}; no design fits` });
}

async function whatIfVerb(
  needs: brief.Needs,
  asked: readonly (readonly [string, string])[],
  typed: Typed,
): Promise<Answer> {
  const before = brief.design();
  const after = brief.design(needs);
  const typedAs = asked.map(([option, text]) => `--${option} ${text}`).join(" ");
  const conflicts = brief.contradictions(brief.midSize, needs).map(({ changes, breaks }) => {
    const names = changes.map(({ option }) => `--${option}`).join(" and ");
    const fault = changes.length === 1 ? "cannot be met by any plan" : "contradict each other";
    return `${names} ${fault}: the nearest has ${breaks.join("; ")}.`;
  });
  const blueprint: Blueprint = {
    title: `Blueprint: ${needs.name}`,
    asked: asked.length === 0 ? "Nothing was changed: the design as it stands." : `What if: ${typedAs}?`,
    before,
    after,
    conflicts,
  };
  const numbers = table(numberRows(blueprint), { caption: `What if: ${typedAs || "nothing changes"}` });
  const changedParts = brief.flips(before, after);
  const parts = table(
    after.parts.map(({ part, choice, because }) => ({
      part,
      before: before.parts.find((one) => one.part === part)!.choice,
      now: choice,
      because,
    })),
  );
  return withRun(
    "what-if",
    { ...Object.fromEntries(asked) },
    { root: resultsDir(typed["out"] === undefined ? {} : { out: typed["out"] }) },
    async (run) => {
      const record = {
        run: run.finalDir,
        asked: Object.fromEntries(asked),
        before,
        beforeUnderNewNeeds: brief.judgePlan(before.judged.plan, needs),
        after,
        flips: changedParts,
        conflicts,
        retrieval: brief.simulatedRetrieval(after),
        notes: notes(blueprint),
        prices: brief.prices,
      };
      await keep(run, { numbers, parts, lines: table(after.judged.lines) }, record);
      await writeFile(join(run.dir, "blueprint.html"), blueprintHtml(blueprint));
      const drawn = [{ name: "limits", figure: whatIfFigure(blueprint) }];
      await keepPictures(run, run.dir, drawn);
      const text = [
        tableText(numbers),
        changedParts.length === 0
          ? "No choice changes."
          : tableText(table(changedParts, { caption: "Choices that change" })),
        ...conflicts,
        `${run.finalDir}/blueprint.html`,
      ];
      return { json: record, text: text.join("\n\n") };
    },
  );
}

/** Measures what designs rest on. */
async function measure(what: string, typed: Typed, control: RunControl): Promise<Answer> {
  const shown = async (rows: readonly object[], caption: string, json: object): Promise<Answer> => {
    const found: Table = table(rows as readonly Readonly<Record<string, unknown>>[], { caption });
    return withRun(
      "what-if",
      { measure: what },
      { root: resultsDir(typed["out"] === undefined ? {} : { out: typed["out"] }) },
      async (run) => {
        await keep(run, { [what]: found }, json);
        return { json: { run: run.finalDir, ...json }, text: `${tableText(found)}\n\n${run.finalDir}` };
      },
    );
  };
  if (what === "tails") {
    const cases = brief.publishedTails();
    return shown(
      cases.map((one) => ({ ...one, met: one.simulated >= one.low && one.simulated <= one.high })),
      "Published tails, simulated",
      { cases },
    );
  }
  if (what === "shards") {
    const { rows, shards } = await twoShards(undefined, control);
    const caption =
      "Two shards predicted from one at two smaller sizes; latency and CPU depend on how busy this machine is";
    const off = rows.map((one) => ({ ...one, off: one.predicted / one.measured - 1 }));
    return shown(off, caption, { rows: off, shards: shards.map(({ tookMs: _, ...shard }) => shard) });
  }
  const found = await measureWorth({ seeds: [42], scale: "lesson" }, control);
  const rows = found.map(({ arm, lifts, bySeed }) => {
    const expected = worthHypotheses[arm] ?? "none";
    const { estimate } = lifts.watchMinutes;
    const side = Math.abs(estimate) < 0.03 ? "equal" : estimate > 0 ? "above" : "below";
    const lift = Object.fromEntries(Object.entries(bySeed).map(([name, values]) => [name, values[0]]));
    return {
      arm,
      ...lift,
      expected,
      hypothesis: expected === "none" ? "–" : expected === side ? "held" : "did not hold",
    };
  });
  return shown(rows, "Arms against the learned funnel with 200 candidates, relative", { rows });
}

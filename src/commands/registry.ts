/** `stagecraft registry`: which version of a model serves, where it comes from, and the one command that takes it back. */
import { Option } from "commander";
import { table, tableText } from "../lab/index.js";
import { registryState, rollBack, versionsOf } from "../monitoring/index.js";
import { addOptions, asUsageError, jsonOption } from "./options.js";
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
};

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

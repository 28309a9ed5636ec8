/** How a verb joins the command line: its options, and what is done with them. */
import type { Command, Option } from "commander";
import type { Setting } from "../pipeline/setting.js";
import { defaultScale, type RunControl, type Scale } from "../types.js";
import { addOptions, jsonOption, platformOptions, settingOf, type OutFolder, type PlatformOptions } from "./options.js";
import type { Answer, answer } from "./run.js";

/** Adds a verb to the program; `run` runs what it does. */
export type Verb = (program: Command, run: typeof answer) => void;

/** A verb on the simulated platform. */
export interface PlatformVerb<Typed extends PlatformOptions> {
  readonly name: string;
  readonly description: string;
  readonly options?: readonly Option[]; // beside those of the platform
  readonly scale?: Scale; // where none is typed: lesson
  readonly out?: OutFolder; // what --out is: artifacts
  run(setting: Setting, control: RunControl, typed: Typed): Promise<Answer>;
}

/** A verb with the options of the platform. */
export function platformVerb<Typed extends PlatformOptions>(verb: PlatformVerb<Typed>): Verb {
  const { name, description, options = [], scale = defaultScale, out = "artifacts" } = verb;
  return (program, answer) => {
    const command = program.command(name).description(description);
    addOptions(command, [...platformOptions(scale, out), ...options]);
    command.action(async (typed: Typed) => {
      const setting = settingOf(typed, out);
      await answer(name, typed, (control) => verb.run(setting, control, typed));
    });
  };
}

/** A verb on a path of your own. `read` checks what was typed before anything is done. */
export interface PathVerb<Typed, Read> {
  readonly name: string;
  readonly description: string;
  readonly path: string; // what it is
  readonly options: readonly Option[];
  read(typed: Typed): Read;
  run(path: string, read: Read, control: RunControl): Promise<Answer>;
}

/** A verb with a path and its own options. */
export function pathVerb<Typed, Read>(verb: PathVerb<Typed, Read>): Verb {
  return (program, answer) => {
    const command = program.command(verb.name).description(verb.description).argument("<path>", verb.path);
    addOptions(command, [...verb.options, jsonOption()]);
    command.action(async (path: string, typed: Typed & { readonly json?: boolean }) => {
      const read = verb.read(typed);
      await answer(verb.name, typed, (control) => verb.run(path, read, control));
    });
  };
}

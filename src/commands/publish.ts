/** `stagecraft publish`: the log as a dataset for others. */
import { Option } from "commander";
import type { Setting } from "../pipeline/setting.js";
import { simulateLog } from "../pipeline/simulate.js";
import { checkPublishOptions, publishDataset, type PublishOptions } from "../publish/publish.js";
import type { RunControl } from "../types.js";
import { orUsageError, recomputeOf, type PlatformOptions } from "./options.js";
import { madeOrLoaded, type Answer } from "./run.js";
import { platformVerb } from "./verb.js";

export const publish = platformVerb<PlatformOptions & PublishOptions>({
  name: "publish",
  description: "the log as a dataset for others: partitions, dictionary, card, Croissant, checksums",
  out: "dataset",
  options: [
    new Option("--name <name>", "of the dataset and its folder (default: stagecraft-<scale>-<seed>)"),
    new Option("--date <YYYY-MM-DD>", "date of publication"),
    new Option("--url <url>", "the dataset's address"),
    new Option("--truth", "add what only the world knows, for evaluation"),
  ],
  run(setting, control, typed) {
    const { name, date, url, truth, out } = typed;
    const options = { name, date, url, truth, out, remake: recomputeOf(typed) };
    orUsageError(() => checkPublishOptions(options));
    return publishVerb(setting, control, options);
  },
});

/** Simulates or loads the log, and publishes it. */
async function publishVerb(setting: Setting, control: RunControl, options: PublishOptions): Promise<Answer> {
  const published = await publishDataset(await simulateLog(setting, control), options, control);
  const { name, dir, made, files, bytes } = published;
  return {
    json: { ...published },
    text:
      `${madeOrLoaded(made)} ${name}, ${files} files, ${(bytes / 1e6).toFixed(1)} ` +
      `MB of Parquet; sha256sum -c SHA256SUMS checks them\n${dir}`,
  };
}

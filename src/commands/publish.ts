/** `stagecraft publish` as a function. */
import type { RunControl } from "../types.js";
import type { Setting } from "../pipeline/setting.js";
import { simulateLog } from "../pipeline/simulate.js";
import type { Answer } from "./verbs.js";
import { publishDataset, type PublishOptions } from "../publish/publish.js";

/** Makes or loads the log, and publishes it. */
export async function publishVerb(
  setting: Setting,
  control: RunControl,
  options: PublishOptions = {},
): Promise<Answer> {
  const published = await publishDataset(await simulateLog(setting, control), options, control);
  const { name, dir, made, files, bytes } = published;
  return {
    json: { ...published },
    text: `${made ? "made:" : "loaded:"} ${name}, ${files} files, ${(bytes / 1e6).toFixed(1)} MB of Parquet; sha256sum -c SHA256SUMS checks them\n${dir}`,
  };
}

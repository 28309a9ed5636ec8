/** What `--data` takes on the verbs `train`, `evaluate` and `compare`. */
import { modelsNamed } from "../../../models/index.js";
import type { ModelSelection } from "./choices.js";
import { protocols, type Protocol } from "./protocol.js";

/** The words of the command line. */
export interface DataCliOptions {
  readonly models?: string; // names between commas
  readonly model?: readonly string[]; // files of one's own
  readonly split?: string;
  readonly k?: string;
}

/** What the verbs on one's own data are told. */
export interface DataOptions {
  /** Folder of an import, or of a data set in a known layout. */
  readonly path: string;
  /** Folder of made things. */
  readonly root: string;
  readonly seed: number;
  /** Absent: by time where rows stand on at least three days, else by ratio. */
  readonly protocol?: Protocol;
  readonly models?: ModelSelection;
  /** Places of the lists that are judged (10). */
  readonly k?: number;
}

/** @throws RangeError naming the word and what is allowed */
export function dataOptions(words: DataCliOptions, base: Pick<DataOptions, "path" | "root" | "seed">): DataOptions {
  const { models, model, split, k } = words;
  if (split !== undefined && !(protocols as readonly string[]).includes(split))
    throw new RangeError(`invalid --split: ${split}; allowed: ${protocols.join(", ")}`);
  if (k !== undefined && !/^[1-9]\d{0,5}$/.test(k))
    throw new RangeError(`invalid --k: ${k}; allowed: a whole number from 1 to 999999`);
  const names = models?.split(",").map((name) => name.trim());
  if (names !== undefined) modelsNamed(names);
  return {
    ...base,
    ...(split !== undefined && { protocol: split as Protocol }),
    ...(k !== undefined && { k: Number(k) }),
    ...((names !== undefined || model !== undefined) && {
      models: { ...(names && { names }), ...(model && { files: model }) },
    }),
  };
}

/** Opens data of one's own and splits them. */
import type { RunControl } from "../../../types.js";
import { openOwnData, type OwnData } from "./own-data.js";
import { ownParts, type OwnParts } from "./parts.js";
import type { Protocol } from "./protocol.js";
import type { DataOptions } from "./options.js";

/** @throws Error on data that cannot be read or split */
export async function openSplit(
  { path, root, seed, protocol }: DataOptions,
  control: RunControl = {},
): Promise<OwnParts> {
  const own = await openOwnData(path, root, control);
  return ownParts(own, protocol ?? usualProtocol(own), seed);
}

/** By time, as a platform would; where rows stand on fewer than three days there is no time to split by. */
export function usualProtocol({ data: { interactions } }: OwnData): Protocol {
  return new Set(interactions.day).size >= 3 ? "time" : "ratio";
}

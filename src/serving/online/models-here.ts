/** Models in this thread: for notebooks and tests. A service puts them in threads of their own. */
import { openRanker, openTowers } from "../rank/served-models.js";
import type { ModelOpener } from "./generation.js";

/** Opens models here. */
export function openModelsHere(): ModelOpener {
  return { openTowers, openRanker, close: async () => undefined };
}

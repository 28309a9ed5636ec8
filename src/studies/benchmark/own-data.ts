/** your own data as the offline verbs see them: the folder of an import, or a raw data set that is imported first. */
import { existsSync } from "node:fs";
import { loadArtifact } from "../../artifacts/index.js";
import { importData, isImported, readImported, type ImportedData } from "../../data/index.js";
import type { RunControl } from "../../types.js";

/** An import, opened. */
export interface OwnData {
  /** The import's folder. */
  readonly dir: string;
  /** A hash of the files and their mapping: what everything made from them is named after. */
  readonly id: string;
  /** Folder of artifacts. */
  readonly root: string;
  readonly layout: string;
  readonly data: ImportedData;
  /** Rows of `data.interactions` in which a user took an item, ascending: what retrievers learn from and are asked for. */
  readonly taken: Int32Array;
  /** What was recognised and assumed, in sentences. */
  readonly said: readonly string[];
}

/**
 * Opens what `import` wrote, or imports a folder in a known layout first (or loads what the same files gave before).
 * @throws Error when the path is neither, or the import is damaged; the signal's reason on abort
 */
export async function openOwnData(path: string, root: string, control: RunControl = {}): Promise<OwnData> {
  if (!existsSync(path)) throw new Error(`no data at ${path}: it does not exist`);
  const first = isImported(path) ? undefined : await importData({ path, root, control });
  const artifact = first?.artifact ?? (await loadArtifact(path));
  const { layout, said } = artifact.manifest.extra as { readonly layout: string; readonly said: readonly string[] };
  const data = await readImported(artifact.dir);
  const taken = takenOf(data);
  const when = artifact.made ? "imported first" : "imported before";
  const imported = first === undefined ? [] : [`${path} was ${when}: ${artifact.dir}`];
  return {
    dir: artifact.dir,
    id: artifact.id,
    root,
    layout,
    data,
    taken: taken.rows,
    said: [...imported, ...said, taken.said],
  };
}

/** Who rates an item has taken it, whatever the rating; without ratings, who clicks. */
function takenOf({ interactions: { count, rating, click } }: ImportedData): {
  readonly rows: Int32Array;
  readonly said: string;
} {
  const all = Int32Array.from({ length: count }, (_, row) => row);
  if (!rating.every(Number.isNaN))
    return { rows: all, said: "retrievers learn from every rated item, rankers from clicks" };
  return {
    rows: all.filter((row) => click[row] === 1),
    said: "retrievers learn from clicked items, rankers from clicks",
  };
}

/** A folder whose names mean something else to a database or a shell, beside folders that its patterns would find. */
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const odd = ["day=3", "[a]*?", 'it\'s "so" $HOME'];
const found = ["day=3", "axy", 'it\'s "so" $HOME']; // by the pattern

/** Makes the folder in `dir`. `spoil` puts a copy of it, all Parquet in it destroyed, where the patterns look. */
export function oddFolder(dir: string): { readonly path: string; spoil(): void } {
  const [path, twin] = [join(dir, ...odd), join(dir, ...found)];
  mkdirSync(path, { recursive: true });
  return {
    path,
    spoil() {
      rmSync(twin, { recursive: true, force: true }); // its links to the last run would be followed
      cpSync(path, twin, { recursive: true, verbatimSymlinks: true });
      for (const name of readdirSync(twin, { recursive: true, encoding: "utf8" }))
        if (name.endsWith(".parquet") || name.endsWith(".csv")) writeFileSync(join(twin, name), "PAR1 no more");
    },
  };
}

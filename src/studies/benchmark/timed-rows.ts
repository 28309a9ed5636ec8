/**
 * Rows for a split by time: each interaction with every feature of the point-in-time join (as of its day's midnight, and its visit so
 * far), and the fields of its user and item. Imported pages are artificial, so the slot on the page is left out, and so are constant
 * columns.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeHash, loadArtifact, makeOrLoad, writeFileAtomic } from "../../artifacts/index.js";
import { columnOf, type DayCuts } from "../../data/index.js";
import type { Day, FeatureSchema, RunControl } from "../../types.js";
import { prepareDays, type DatedLog, type Prepared } from "../../pipeline/prepare.js";
import { trainingSet } from "../../pipeline/train.js";
import type { OwnData } from "./own-data.js";
import { fieldColumns, rowsOfColumns, type OwnRows, type RowColumn } from "./own-rows.js";

/** Rows in order of day. */
export interface TimedRows extends OwnRows {
  readonly day: Int32Array; // [count]
}

/** Most rows and days that are joined, test days apart: about 600 MB, and a snapshot a day. Earlier days only fill the aggregates. */
const most = { rows: 2_000_000, days: 500 };

/** Makes or loads the rows of the last days up to the end. @throws the signal's reason on abort */
export async function timedRows(own: OwnData, cuts: DayCuts, control: RunControl = {}): Promise<TimedRows> {
  const days = daysToJoin(own.data.interactions.day, cuts);
  const code = codeHash(import.meta.url);
  const spec = { root: own.root, kind: "data-rows", config: { days }, inputs: [own.id], code };
  const artifact = await makeOrLoad(spec, async (dir) => {
    const { features, label, user, day } = await joinRows(own, cuts, days, control);
    const { count, schema, categories, numbers } = features;
    for (const [name, column] of Object.entries({ categories, numbers, label, user, day })) {
      const { buffer, byteOffset, byteLength } = column;
      await writeFileAtomic(join(dir, `${name}.bin`), new Uint8Array(buffer, byteOffset, byteLength));
    }
    return { count, schema };
  });
  const { count, schema } = artifact.manifest.extra as { readonly count: number; readonly schema: FeatureSchema };
  const bytes = async (name: string): Promise<ArrayBuffer> =>
    Uint8Array.from(await readFile(join(artifact.dir, `${name}.bin`))).buffer;
  return {
    features: {
      schema,
      count,
      categories: new Int32Array(await bytes("categories")),
      numbers: new Float32Array(await bytes("numbers")),
    },
    label: new Uint8Array(await bytes("label")),
    user: new Int32Array(await bytes("user")),
    day: new Int32Array(await bytes("day")),
  };
}

/** Days with rows from the end backwards, as long as they are not too many; validation and test days always, and one before. Ascending. */
export function daysToJoin(day: Int32Array, cuts: DayCuts): readonly Day[] {
  const counts = new Map<Day, number>();
  for (const on of day) counts.set(on, (counts.get(on) ?? 0) + 1);
  const latest = [...counts.keys()].sort((a, b) => b - a);
  const needed = latest.findIndex((on) => on < cuts.validation) + 1;
  let rows = 0;
  return latest
    .filter((on, i) => {
      if (on < cuts.test) rows += counts.get(on) as number;
      return i < needed || (i < most.days && rows <= most.rows);
    })
    .reverse();
}

async function joinRows(own: OwnData, cuts: DayCuts, days: readonly Day[], control: RunControl): Promise<TimedRows> {
  const prepared = await preparedOwn(own, cuts, control);
  const { features, count, user, video, click, day } = await trainingSet(prepared, days, control);
  const columns: readonly RowColumn[] = [
    ...features.schema.categories
      .filter(({ name }) => name !== "position")
      .map(({ name, cardinality }) => ({ name, cardinality, values: columnOf(features, name) })),
    ...features.schema.numbers.map(({ name }) => ({ name, values: columnOf(features, name) })),
    ...fieldColumns(own.data.userFields).map((column) => ({ ...column, of: user })),
    ...fieldColumns(own.data.videoFields).map((column) => ({ ...column, of: video })),
  ];
  return { features: rowsOfColumns(count, columns.filter(varies)), label: click, user, day: Int32Array.from(day) };
}

/** Whether a column says more than one thing; of a field, among its owners. */
function varies({ values }: RowColumn): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return true;
  return false;
}

/** Makes or loads the daily aggregates of an import: what point-in-time features are counted from. The days are split at the cuts. */
export async function preparedOwn(
  { dir, root, data: { catalogue, interactions } }: OwnData,
  cuts: DayCuts,
  control?: RunControl,
): Promise<Prepared<DatedLog>> {
  const days = [...new Set(interactions.day)].sort((a, b) => a - b);
  const split = {
    train: days.filter((day) => day < cuts.validation),
    validation: days.filter((day) => day >= cuts.validation && day < cuts.test),
    test: days.filter((day) => day >= cuts.test),
  };
  return prepareDays({ artifact: await loadArtifact(dir), dir, days, catalogue }, root, split, control);
}

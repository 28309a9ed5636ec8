/**
 * Rows of features from imported data: what click-through models are compared on. User id, item id and every field of users and items as a
 * category; a field of several words per cell ("Action|Comedy") as one 0/1 number per word. The value of a field never changes, so
 * these rows contain no outcome.
 *
 * For a split by time, each interaction has every feature of the point-in-time join (as of its day's midnight, and its visit so far) and
 * the fields. Imported pages are artificial, so the slot on the page is left out, and so are constant columns.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeHash, loadArtifact, makeOrLoad, writeFileAtomic } from "../../artifacts/index.js";
import { takeRows, wordsOf, type ImportedData, type ImportedField, columnOf, type DayCuts } from "../../data/index.js";
import { prepareDays, type DatedLog, type Prepared } from "../../pipeline/prepare.js";
import { trainingSet } from "../../pipeline/train.js";
import type { OwnData } from "./own-data.js";
import type { FeatureMatrix, Day, FeatureSchema, RunControl } from "../../types.js";

/**
 * A column of rows: `values[row]`, or `values[of[row]]` where it belongs to the row's user or item. With a cardinality it is a category.
 */
export interface RowColumn {
  readonly name: string;
  readonly cardinality?: number;
  readonly values: ArrayLike<number>;
  readonly of?: ArrayLike<number>; // [count]
}

/** Rows with a 0/1 label and whose they are. */
export interface OwnRows {
  readonly features: FeatureMatrix;
  readonly label: Uint8Array; // [count]
  readonly user: Int32Array; // [count]
}

/** A field with more distinct words than this share of its owners is a name or a title: it adds nothing to the id. */
const titleShare = 0.9;
/** A field of lists is split into values if it has at most this many. */
const mostCategories = 100;

/** Every field of users or of items, by their id. */
export function fieldColumns(fields: readonly ImportedField[]): readonly RowColumn[] {
  const telling = fields.filter(({ words, code }) => words.length <= titleShare * code.length);
  return telling.flatMap((field): RowColumn[] => {
    const words = listed(field);
    if (words === undefined) return [{ name: field.name, cardinality: field.words.length, values: field.code }];
    return words.map(([word, has]) => ({ name: `${field.name}: ${word}`, values: has }));
  });
}

/** All users or all items by id: their id and fields. */
export function ownerRows(name: string, count: number, fields: readonly ImportedField[]): FeatureMatrix {
  return rowsOfColumns(count, [
    { name, cardinality: count, values: Int32Array.from({ length: count }, (_, id) => id) },
    ...fieldColumns(fields),
  ]);
}

/** One row an interaction, in the order of `which` (default: all of them in theirs): ids and fields; the label is its click. */
export function fieldRows(
  data: ImportedData,
  which: Int32Array = Int32Array.from(data.interactions.user.keys()),
): OwnRows {
  const { interactions } = data;
  const user = which.map((row) => interactions.user[row]!);
  const item = which.map((row) => interactions.video[row]!);
  return {
    features: pairRows(data, user, item),
    label: Uint8Array.from(which, (row) => interactions.click[row]!),
    user,
  };
}

/** Ids and fields of pairs of a user and an item. */
export function pairRows(
  { catalogue, userFields, videoFields }: Pick<ImportedData, "catalogue" | "userFields" | "videoFields">,
  user: Int32Array,
  item: Int32Array,
): FeatureMatrix {
  return rowsOfColumns(user.length, [
    { name: "user_id", cardinality: catalogue.users.count, values: user },
    { name: "item_id", cardinality: catalogue.videos.count, values: item },
    ...fieldColumns(userFields).map((column) => ({ ...column, of: user })),
    ...fieldColumns(videoFields).map((column) => ({ ...column, of: item })),
  ]);
}

/** Rows of the given columns: categories and numbers each in the order given. A name that stands already gets a number ("age (2)"). */
export function rowsOfColumns(count: number, given: readonly RowColumn[]): FeatureMatrix {
  const columns = withOwnNames(given);
  const categories = columns.flatMap(({ name, cardinality }) =>
    cardinality === undefined ? [] : [{ name, cardinality }],
  );
  const numbers = columns.flatMap(({ name, cardinality }) => (cardinality === undefined ? [{ name }] : []));
  const rows: FeatureMatrix = {
    schema: { categories, numbers },
    count,
    categories: new Int32Array(count * categories.length),
    numbers: new Float32Array(count * numbers.length),
  };
  let [category, number] = [0, 0];
  for (const column of columns) {
    if (column.cardinality === undefined) place(column, rows.numbers, numbers.length, number++);
    else place(column, rows.categories, categories.length, category++);
  }
  return rows;
}

/** Some rows of all. */
export function takeOwnRows({ features, label, user }: OwnRows, which: Int32Array): OwnRows {
  return {
    features: takeRows(features, which),
    label: Uint8Array.from(which, (row) => label[row]!),
    user: which.map((row) => user[row]!),
  };
}

/** Values of a field whose cells list several, with the owners of each; undefined for one value per cell. */
function listed({ words, code }: ImportedField): readonly (readonly [string, Uint8Array])[] | undefined {
  const sets = words.map((cell) => new Set(wordsOf(cell)));
  if (!sets.some((set) => set.size > 1)) return undefined;
  const known = [...new Set(sets.flatMap((set) => [...set]))].sort();
  if (known.length > mostCategories) return undefined;
  return known.map((word) => [word, Uint8Array.from(code, (cell) => (sets[cell]?.has(word) ? 1 : 0))]);
}

function withOwnNames(columns: readonly RowColumn[]): readonly RowColumn[] {
  const times = new Map<string, number>();
  return columns.map((column) => {
    const time = (times.get(column.name) ?? 0) + 1;
    times.set(column.name, time);
    return time === 1 ? column : { ...column, name: `${column.name} (${time})` };
  });
}

function place({ values, of }: RowColumn, into: Int32Array | Float32Array, width: number, at: number): void {
  for (let cell = at, row = 0; cell < into.length; cell += width, row++)
    into[cell] = values[of === undefined ? row : of[row]!]!;
}

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

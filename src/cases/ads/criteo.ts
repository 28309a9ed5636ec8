/**
 * A file of one's own in Criteo's format: lines of label, 13 integers, 26 hashed categories (8 hexadecimal digits), separated by tabs,
 * empty where missing. It is read as a stream; FTRL learns each line after having predicted it (progressive validation).
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { calibration, logLoss, normalisedEntropy } from "../../evaluation/index.js";
import { emptyMatrix } from "../../data/index.js";
import { ftrl, makeFtrl, updateFtrl, type Ftrl, type LabelledRows } from "../../models/index.js";
import type { FeatureSchema, RunControl } from "../../types.js";

const numbers = 13;
const categories = 26;
const buckets = 2 ** 17; // of a category before FTRL hashes it together with its name

/** Its columns. Integers are read as ln(1 + x) (−ln(1 − x) below 0), and missing ones as 0. */
export const criteoSchema: FeatureSchema = {
  categories: Array.from({ length: categories }, (_, c) => ({ name: `C${c + 1}`, cardinality: buckets })),
  numbers: Array.from({ length: numbers }, (_, n) => ({ name: `I${n + 1}` })),
};

/** Metrics of one part of the file, on lines not yet learned from. */
export interface CriteoPart {
  readonly lines: number; // up to and with this part
  readonly clickRate: number;
  readonly logLoss: number;
  readonly normalisedEntropy: number; // below 1: better than the click rate alone; NaN where a part has one class
  readonly ratio: number;
}

/**
 * Batches of a file, as they are read; memory does not grow with it.
 * @throws RangeError with the line, what is there and what is allowed
 */
export async function* readCriteo(path: string, batch = 10_000): AsyncGenerator<LabelledRows> {
  const file = createReadStream(path);
  const lines = createInterface({
    input: path.endsWith(".gz") ? file.pipe(createGunzip()) : file,
    crlfDelay: Infinity,
  });
  let [rows, label, at, line] = [emptyMatrix(criteoSchema, batch), new Uint8Array(batch), 0, 0];
  for await (const text of lines) {
    line++;
    if (text === "") continue;
    label[at] = readLine(text, line, rows.categories, rows.numbers, at);
    if (++at < batch) continue;
    yield { features: rows, label };
    [rows, label, at] = [emptyMatrix(criteoSchema, batch), new Uint8Array(batch), 0];
  }
  if (line === 0) throw new RangeError(`${path} is empty; allowed: lines of label, 13 integers and 26 categories`);
  if (at > 0) yield { features: { ...rows, count: at }, label: label.subarray(0, at) };
}

/** FTRL over a file, with the metrics of each part. */
export async function learnCriteo(
  path: string,
  control: RunControl = {},
  batch = 10_000,
): Promise<readonly CriteoPart[]> {
  const parts: CriteoPart[] = [];
  let model: Ftrl | undefined;
  let lines = 0;
  for await (const rows of readCriteo(path, batch)) {
    control.signal?.throwIfAborted();
    lines += rows.features.count;
    model ??= makeFtrl(rows.features, { alpha: 0.1, l1: 0.5 });
    const said = ftrl.score(model, rows.features);
    const clicks = Array.from(rows.label).reduce((sum, one) => sum + one, 0);
    const both = clicks > 0 && clicks < rows.features.count;
    parts.push({
      ...{ lines, clickRate: clicks / rows.features.count, logLoss: logLoss(rows.label, said) },
      normalisedEntropy: both ? normalisedEntropy(rows.label, said) : NaN,
      ratio: calibration(rows.label, said).ratio,
    });
    updateFtrl(model, rows);
    control.onProgress?.("lines", lines, lines);
  }
  return parts;
}

function readLine(text: string, line: number, ids: Int32Array, reals: Float32Array, row: number): number {
  const fields = text.split("\t");
  const fault = (what: string, allowed: string): RangeError =>
    new RangeError(`line ${line}: ${what}; allowed: ${allowed}`);
  if (fields.length !== 1 + numbers + categories)
    throw fault(`${fields.length} fields`, "40, separated by tabs: label, 13 integers, 26 categories");
  if (fields[0] !== "0" && fields[0] !== "1") throw fault(`label is ${fields[0]}`, "0, 1");
  for (let n = 0; n < numbers; n++) {
    const field = fields[1 + n]!;
    if (!/^(-?\d{1,15})?$/.test(field)) throw fault(`I${n + 1} is ${field}`, "a whole number, or nothing");
    const value = Number(field);
    reals[row * numbers + n] = Math.sign(value) * Math.log1p(Math.abs(value));
  }
  for (let c = 0; c < categories; c++) {
    const field = fields[1 + numbers + c]!;
    if (!/^([0-9a-f]{8})?$/i.test(field)) throw fault(`C${c + 1} is ${field}`, "8 hexadecimal digits, or nothing");
    ids[row * categories + c] = field === "" ? 0 : 1 + (parseInt(field, 16) % (buckets - 1));
  }
  return Number(fields[0]);
}

/**
 * The one door to LightGBM's C library (Ke et al., 2017), through koffi. Takes typed arrays; gives handles that must be freed.
 * Set-up puts the library of the PyPI wheel into the cache folder; where it is not, `gbdtFault` says why and what to do.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** A dataset or booster of the library. */
export type Handle = unknown;

type Call = (...args: unknown[]) => number;

interface Functions {
  readonly error: () => string;
  readonly datasetCreate: Call;
  readonly setField: Call;
  readonly datasetFree: Call;
  readonly boosterCreate: Call;
  readonly addValid: Call;
  readonly update: Call;
  readonly evaluate: Call;
  readonly saveToString: Call;
  readonly loadFromString: Call;
  readonly predict: Call;
  readonly boosterFree: Call;
}

const declarations: Readonly<Record<Exclude<keyof Functions, "error">, string>> = {
  datasetCreate:
    "int LGBM_DatasetCreateFromMat(const void* data, int type, int32_t rows, int32_t " +
    "columns, int rowMajor, const char* parameters, void* reference, _Out_ void** out)",
  setField: "int LGBM_DatasetSetField(void* dataset, const char* name, const void* data, int count, int type)",
  datasetFree: "int LGBM_DatasetFree(void* dataset)",
  boosterCreate: "int LGBM_BoosterCreate(void* train, const char* parameters, _Out_ void** out)",
  addValid: "int LGBM_BoosterAddValidData(void* booster, void* valid)",
  update: "int LGBM_BoosterUpdateOneIter(void* booster, _Out_ int* finished)",
  evaluate: "int LGBM_BoosterGetEval(void* booster, int data, _Out_ int* count, _Out_ double* results)",
  saveToString:
    "int LGBM_BoosterSaveModelToString(void* booster, int start, int trees, " +
    "int importance, int64_t room, _Out_ int64_t* length, _Out_ uint8_t* text)",
  loadFromString: "int LGBM_BoosterLoadModelFromString(const char* text, _Out_ int* trees, _Out_ void** out)",
  predict:
    "int LGBM_BoosterPredictForMat(void* booster, const void* data, int type, int32_t rows, int32_t columns, int " +
    "rowMajor, int predictType, int start, int trees, const char* parameters, _Out_ int64_t* length, double* out)",
  boosterFree: "int LGBM_BoosterFree(void* booster)",
};

/** Version of the wheel whose library set-up keeps in the cache folder. */
export const gbdtVersion = "4.6.0";
const float32 = 0;
const rowMajor = 1;

let loaded: Functions | undefined;

/** Where the library is looked for: STAGECRAFT_LIGHTGBM, else the cache folder of set-up. */
export function gbdtPath(): string {
  const asked = process.env.STAGECRAFT_LIGHTGBM;
  if (asked !== undefined && asked !== "") return resolve(asked);
  return join(
    process.env.STAGECRAFT_CACHE || join(homedir(), ".cache", "stagecraft"),
    `lightgbm-${gbdtVersion}`,
    "lib_lightgbm.so",
  );
}

/** Why gradient-boosted trees are not available here, with what to do; undefined where they are. */
export function gbdtFault(): string | undefined {
  try {
    library();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function library(): Functions {
  if (loaded !== undefined) return loaded;
  const path = gbdtPath();
  if (!existsSync(path))
    throw new Error(
      `no LightGBM library at ${path}: run npm run setup (it takes it from ` +
        `PyPI; Linux x64 only), or name a lib_lightgbm in STAGECRAFT_LIGHTGBM`,
    );
  // Threads that wait by spinning took forty times as long on a busy machine; read once, when the library is loaded.
  process.env.OMP_WAIT_POLICY ??= "PASSIVE";
  try {
    const koffi = createRequire(import.meta.url)("koffi") as {
      load(path: string): { func(declaration: string): Call & (() => string) };
    };
    const from = koffi.load(path);
    const calls = Object.fromEntries(
      Object.entries(declarations).map(([name, declaration]) => [name, from.func(declaration)]),
    );
    loaded = { ...(calls as unknown as Omit<Functions, "error">), error: from.func("const char* LGBM_GetLastError()") };
    return loaded;
  } catch (cause) {
    throw new Error(
      `LightGBM's library at ${path} cannot be loaded (${(cause as Error).message}): ` +
        `it needs the system's libgomp1; or run npm run setup -- --retry-native`,
      { cause },
    );
  }
}

function must(what: string, code: number): void {
  if (code !== 0) throw new Error(`LightGBM: ${what} failed: ${library().error()}`);
}

/** Rows of features for training. `reference` is the training dataset of a validation dataset: they share bins. */
export function makeDataset(
  values: Float32Array,
  rows: number,
  columns: number,
  labels: Float32Array,
  weights: Float32Array | undefined,
  parameters: string,
  reference?: Handle,
): Handle {
  if (values.length < rows * columns || labels.length !== rows)
    throw new Error(
      `values hold ${values.length} and labels ${labels.length}; expected ${rows} × ${columns} and ${rows}`,
    );
  const { datasetCreate, setField } = library();
  const out: Handle[] = [null];
  must("making a dataset", datasetCreate(values, float32, rows, columns, rowMajor, parameters, reference ?? null, out));
  must("setting labels", setField(out[0], "label", labels, rows, float32));
  if (weights !== undefined) must("setting weights", setField(out[0], "weight", weights, rows, float32));
  return out[0];
}

/** Frees a dataset. */
export function freeDataset(dataset: Handle): void {
  must("freeing a dataset", library().datasetFree(dataset));
}

/** A booster without trees. */
export function makeBooster(train: Handle, validation: Handle | undefined, parameters: string): Handle {
  const { boosterCreate, addValid } = library();
  const out: Handle[] = [null];
  must("making a booster", boosterCreate(train, parameters, out));
  if (validation !== undefined) must("adding validation rows", addValid(out[0], validation));
  return out[0];
}

/** Grows one tree; true when no tree can be grown any more. Blocks for the time of one tree. */
export function growTree(booster: Handle): boolean {
  const finished = [0];
  must("growing a tree", library().update(booster, finished));
  return finished[0] === 1;
}

/** The first metric on the training rows (0) or the validation rows (1). */
export function metricOf(booster: Handle, data: 0 | 1): number {
  const results = new Float64Array(8);
  must("evaluating", library().evaluate(booster, data, [0], results));
  return results[0]!;
}

/** The first `trees` trees in LightGBM's own text format. */
export function textOf(booster: Handle, trees: number): string {
  const { saveToString } = library();
  const length = [0];
  for (let room = 1 << 20; ; room = Number(length[0])) {
    const bytes = new Uint8Array(room);
    must("writing the model", saveToString(booster, 0, trees, 0, room, length, bytes));
    if (Number(length[0]) <= room) return Buffer.from(bytes.buffer, 0, Number(length[0]) - 1).toString("utf8");
  }
}

/** A booster from its text. */
export function boosterOf(text: string): Handle {
  const out: Handle[] = [null];
  must("reading the model", library().loadFromString(text, [0], out));
  return out[0];
}

/** Probabilities of rows. */
export function predictBooster(
  booster: Handle,
  values: Float32Array,
  rows: number,
  columns: number,
  threads: number,
): Float64Array {
  const out = new Float64Array(rows);
  if (rows > 0)
    must(
      "predicting",
      library().predict(
        booster,
        values,
        float32,
        rows,
        columns,
        rowMajor,
        0,
        0,
        -1,
        `num_threads=${threads} verbosity=-1`,
        [0],
        out,
      ),
    );
  return out;
}

/** Frees a booster. */
export function freeBooster(booster: Handle): void {
  must("freeing a booster", library().boosterFree(booster));
}

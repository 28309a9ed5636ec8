/** What is asked of an import, checked, and the files that it is about. */
import { openDatabase } from "../../log/index.js";
import type { RowChoices } from "./interactions.js";
import type { ColumnMapping, Layout, LayoutName, TextForm } from "./layout.js";
import { layoutOf } from "./layouts.js";
import { encodingNamed } from "./text-file.js";
import { checkTimeForm } from "./time.js";
import { readText } from "./text-table.js";
import type { TimeForm } from "./time.js";

/** What to import, and how. `layout` absent: recognised from the files; `mapping` is needed for a single file. */
export interface PlanOptions extends TextForm {
  readonly path: string;
  readonly layout?: LayoutName;
  readonly mapping?: ColumnMapping;
  /** Ratings from here on count as a click (4). */
  readonly positiveFrom?: number;
  readonly time?: TimeForm;
  /** Users and items of fewer rows leave. */
  readonly kCore?: number;
}

/** An import as it will be done. `form`: what was said of how the text is written. */
export interface ImportPlan {
  readonly layout: Layout;
  readonly positiveFrom: number;
  readonly form: TextForm;
  readonly choices: RowChoices;
}

/** @throws Error on a path without a known layout or mapping, RangeError on options that are none */
export async function planOf(options: PlanOptions): Promise<ImportPlan> {
  const { path, positiveFrom = 4, time, kCore } = options;
  if (!Number.isFinite(positiveFrom)) throw new Error(`positiveFrom is ${positiveFrom}; allowed: a finite number`);
  if (time !== undefined) checkTimeForm(time);
  const found = layoutOf(path, options.layout, options.mapping);
  const form = {
    ...(options.separator !== undefined && { separator: separatorNamed(options.separator) }),
    ...(options.header !== undefined && { header: options.header }),
    ...(options.encoding !== undefined && { encoding: encodingNamed(options.encoding) }),
  };
  const layout = { ...found, interactions: { ...found.interactions, ...form } };
  if (layout.mapping.user === "") throw new Error(await withoutMapping(path, layout));
  return { layout, positiveFrom, form, choices: { ...time, ...(kCore !== undefined && { kCore }) } };
}

/** What is typed for a separator: itself, or its name. */
function separatorNamed(text: string): string {
  const named: Readonly<Record<string, string>> = {
    tab: "\t",
    "\\t": "\t",
    comma: ",",
    semicolon: ";",
    pipe: "|",
    space: " ",
  };
  const separator = Object.hasOwn(named, text) ? named[text]! : text;
  if (separator === "" || /["\r\n]/.test(separator))
    throw new RangeError(
      `invalid separator: ${JSON.stringify(text)}; allowed: , ; | tab space, or a few other letters`,
    );
  return separator;
}

/** What to say where columns are not mapped: which there are, and which are probably meant. */
async function withoutMapping(path: string, layout: Layout): Promise<string> {
  const database = await openDatabase();
  try {
    const { columns } = await readText(database, "file_rows", layout.interactions);
    const likely = (pattern: RegExp, otherwise: string): string => columns.find((c) => pattern.test(c)) ?? otherwise;
    const user = likely(/user|uid|who|customer|account|listener|author|member|kunde/i, "<column>");
    const item = likely(
      /item|iid|video|movie|track|song|product|artist|article|venue|book|game|sku|artikel/i,
      "<column>",
    );
    return (
      `${path} is a single file: say which columns hold what, at least user and item (import --map ` +
      `user=${user} --map item=${item}); columns: ${columns.join(", ")}`
    );
  } finally {
    database.close();
  }
}

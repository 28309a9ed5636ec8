/** `show` displays a figure, a table or a frame: rich output in a notebook, aligned text in a terminal. */
import { display } from "./display.js";
import { inNotebook } from "./display.js";
import { isFigure, plainFigure, titleOf, type Figure } from "./figure.js";
import { isFrame, type Frame } from "./frame.js";
import { table, tableHtml, tableText, type Table, type TableOptions } from "./table.js";

/** The kinds of values that can be shown. An array of records is shown as a table. */
export type Showable = Figure | Table | Frame | readonly object[];

/** Options of `show`. */
export interface ShowOptions extends TableOptions {
  readonly alt?: string; // of a figure; default: its title
  readonly id?: string; // replaces the output with this id
  readonly rows?: number; // of a table, default 50; a note counts the others
  readonly write?: (text: string) => void; // of a terminal, default stdout
}

/** Shows one value. Throws if it is of another kind. */
export function show(what: Showable, options: ShowOptions = {}): void {
  const write = options.write ?? ((text: string): void => void process.stdout.write(text));
  if (isFigure(what)) {
    const alt = options.alt ?? titleOf(what);
    if (inNotebook()) display(figureBundle(what, alt), options.id);
    else write(`[figure: ${alt}]\n`);
    return;
  }
  const whole = toTable(what, options);
  const rows = options.rows ?? 50;
  const shown: Table = { ...whole, rows: whole.rows.slice(0, rows) };
  const rest = whole.rows.length > rows ? `… and ${whole.rows.length - rows} more rows` : "";
  const text = tableText(shown) + (rest && `\n${rest}`);
  if (inNotebook())
    display({ "text/html": tableHtml(shown) + (rest && `<p>${rest}</p>`), "text/plain": text }, options.id);
  else write(`${text}\n`);
}

/** A figure in the MIME types a notebook keeps: Plotly's JSON and an alternative text. */
export function figureBundle(figure: Figure, alt: string): Readonly<Record<string, unknown>> {
  const { data, layout, frames } = plainFigure(figure);
  return {
    "application/vnd.plotly.v1+json": {
      data,
      layout,
      // not `responsive`: JupyterLab resizes figures itself, and their height would be 100 % of nothing after a change of theme
      config: { displaylogo: false },
      ...(frames ? { frames } : {}),
    },
    "text/plain": `[figure: ${alt}]`,
  };
}

function toTable(what: Table | Frame | readonly object[], options: TableOptions): Table {
  if (Array.isArray(what)) return table(what as readonly object[], options);
  if (isFrame(what)) {
    const rows = what.values as readonly (readonly unknown[])[];
    return table(
      rows.map((row) => Object.fromEntries(what.columns.map((name, c) => [name, row[c]]))),
      options,
    );
  }
  if ((what as Partial<Table>)?.kind === "table") return what as Table;
  throw new TypeError(
    `cannot show ${what === null ? "null" : typeof what}; allowed: a figure { data, layout }, a table, an array of records, a frame`,
  );
}

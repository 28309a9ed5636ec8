/** Tables for notebooks, reports and terminals: records in, HTML or aligned text out. */
import { escapeHtml, formatBytes, formatInterval, formatNumber, formatPercent, printable } from "./text.js";

/** How a column's values are written. A function gets the raw value. */
export type Format = "auto" | "integer" | "percent" | "milliseconds" | "bytes" | "text" | ((value: unknown) => string);

/** One column of a table. */
export interface TableColumn {
  readonly key: string;
  readonly label: string;
  readonly format: Format;
  readonly align: "left" | "right";
}

/** Rows of cells already formatted as text. */
export interface Table {
  readonly kind: "table";
  readonly name?: string; // of its file
  readonly caption?: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly string[])[];
  /** What the rows were made of. */
  readonly records: readonly Readonly<Record<string, unknown>>[];
}

/** What to show of each record, and how. */
export interface TableOptions {
  readonly name?: string;
  readonly caption?: string;
  /** Keys in order, as `"key"` or in full; default: all keys of the first record. */
  readonly columns?: readonly (string | { readonly key: string; readonly label?: string; readonly format?: Format })[];
}

/**
 * Makes a table of records. Numbers are right-aligned; an interval ({ estimate, low, high }) is one cell. Throws on a column no record
 * has.
 */
export function table(records: readonly object[], options: TableOptions = {}): Table {
  const rows = records as readonly Readonly<Record<string, unknown>>[];
  const keys = new Set(rows.flatMap((row) => Object.keys(row)));
  const wanted = options.columns ?? [...keys];
  const columns = wanted.map((column): TableColumn => {
    const { key, label, format } =
      typeof column === "string" ? { key: column, label: undefined, format: undefined } : column;
    if (rows.length > 0 && !keys.has(key))
      throw new RangeError(`unknown column: ${key}; known: ${[...keys].join(", ")}`);
    const numeric =
      rows.some((row) => isNumeric(row[key])) && rows.every((row) => row[key] == null || isNumeric(row[key]));
    return { key, label: label ?? key, format: format ?? "auto", align: numeric ? "right" : "left" };
  });
  return {
    kind: "table",
    ...(options.name !== undefined && { name: options.name }),
    caption: options.caption,
    columns,
    rows: rows.map((row) => columns.map((column) => cell(row[column.key], column.format))),
    records: rows,
  };
}

/** Letters from which a cell's text may take several lines. */
const longText = 60;

/** A table as HTML, everything escaped; the wrapper scrolls sideways on a narrow screen. */
export function tableHtml({ caption, columns, rows }: Table): string {
  const head = columns
    .map((column) => `<th scope="col" style="text-align:${column.align}">${escapeHtml(column.label)}</th>`)
    .join("");
  const cellOf = (text: string, c: number): string => {
    const kind = text.length > longText ? ' class="long"' : "";
    return `<td${kind} style="text-align:${columns[c]?.align ?? "left"}">${escapeHtml(text)}</td>`;
  };
  const body = rows.map((row) => `<tr>${row.map(cellOf).join("")}</tr>`).join("\n");
  const title = caption === undefined ? "" : `<caption>${escapeHtml(caption)}</caption>`;
  return `<div class="table" style="overflow-x:auto"><table>${title}<thead><tr>${head}</tr></thead>\n<tbody>${body}</tbody></table></div>`;
}

/** A table as aligned text for a terminal. */
export function tableText({ caption, columns, rows: cells }: Table): string {
  const oneLine = (text: string): string => printable(text).replace(/[\n\t]/g, " ");
  const labels = columns.map((column) => oneLine(column.label));
  const rows = cells.map((row) => row.map(oneLine));
  const widths = labels.map((label, c) => Math.max(width(label), ...rows.map((row) => width(row[c] ?? ""))));
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, c) => pad(text, widths[c] ?? 0, columns[c]?.align ?? "left"))
      .join("  ")
      .trimEnd();
  const lines = [line(labels), widths.map((size) => "─".repeat(size)).join("  "), ...rows.map(line)];
  return [...(caption === undefined ? [] : [caption]), ...lines].join("\n");
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint" || isInterval(value);
}

/** Whether a value is an estimate with its interval. */
export function isInterval(value: unknown): value is { estimate: number; low: number; high: number } {
  const interval = value as { estimate?: unknown; low?: unknown; high?: unknown } | null;
  return (
    typeof value === "object" &&
    interval !== null &&
    typeof interval.estimate === "number" &&
    typeof interval.low === "number" &&
    typeof interval.high === "number"
  );
}

function cell(value: unknown, format: Format): string {
  if (typeof format === "function") return format(value);
  if (value == null) return "";
  const write = writerOf(format);
  if (isInterval(value)) return format === "auto" ? formatInterval(value) : formatInterval(value, write);
  if (typeof value === "number") return write(value);
  if (typeof value === "bigint") return value.toLocaleString("en-US");
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  return JSON.stringify(value) ?? String(value);
}

function writerOf(format: Exclude<Format, (value: unknown) => string>): (value: number) => string {
  switch (format) {
    case "auto":
      return formatNumber;
    case "integer":
      return (value) => (Number.isFinite(value) ? Math.round(value).toLocaleString("en-US") : "–");
    case "percent":
      return (value) => formatPercent(value);
    case "milliseconds":
      return (value) => (Number.isFinite(value) ? `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ms` : "–");
    case "bytes":
      return (value) => (Number.isFinite(value) ? formatBytes(value) : "–");
    case "text":
      return String;
    default:
      throw new RangeError(
        `unknown format: ${String(format)}; known: auto, integer, percent, milliseconds, bytes, text, or a function`,
      );
  }
}

function pad(text: string, size: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, size - width(text)));
  return align === "right" ? space + text : text + space;
}

function width(text: string): number {
  return [...text].length;
}

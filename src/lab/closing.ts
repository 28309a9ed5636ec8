/** How a notebook ends: its questions answered in words, and its numbers as a table that also holds them as JSON. */
import { display, inNotebook } from "./display.js";
import { table, tableHtml, tableText } from "./table.js";
import { formatNumber } from "./text.js";

/**
 * The answers to a notebook's questions, in words with this run's numbers, as a numbered list.
 * @example lab.answers(`Popularity wins by ${gain} minutes.`, sentence);
 */
export function answers(...sentences: readonly string[]): void {
  const text = sentences.map((sentence, i) => `${i + 1}. ${sentence}`).join("\n");
  say({ "text/markdown": text, "text/plain": text });
}

/** The MIME type under which an executed notebook holds its record. */
export const recordType = "application/vnd.stagecraft.record+json";

/**
 * The numbers of a run, to compare with another: a table for the reader; the record itself is in the output under `recordType`.
 * @example lab.record({ notebook: "05a-offline-metrics", scale: p.scale, seed: p.seed, auc });
 */
export function record(numbers: Readonly<Record<string, unknown>>): void {
  const shown = table(entriesOf(numbers).map(([name, value]) => ({ name, value })));
  say({
    "text/html": tableHtml(shown),
    "text/plain": tableText(shown),
    [recordType]: JSON.parse(JSON.stringify(numbers)),
  });
}

function say(bundle: Readonly<Record<string, unknown>> & { readonly "text/plain": string }): void {
  if (inNotebook()) display(bundle);
  else console.log(bundle["text/plain"]);
}

/** One row per leaf, named by its path; a list of plain values is one leaf. */
function entriesOf(value: unknown, name = ""): [string, string][] {
  if (typeof value !== "object" || value === null) return [[name, textOf(value)]];
  if (Array.isArray(value) && value.every((one) => typeof one !== "object"))
    return [[name, value.map(textOf).join(", ")]];
  return Object.entries(value).flatMap(([key, inner]) => entriesOf(inner, name === "" ? key : `${name} · ${key}`));
}

const textOf = (value: unknown): string => (typeof value === "number" ? formatNumber(value) : String(value));

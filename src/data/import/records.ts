/**
 * Records of separated text (RFC 4180, and what people's programs write instead of it). A field in quotes may hold separators, doubled
 * quotes and line ends. Quotes that do not close where a field could end are text of the field (`"weird al" yankovic`). A quote that is
 * never closed spoils its own line only: the lines below it are read again by themselves.
 */

/** What a line came to. `line` counts from 1. */
export type TextRecord =
  | { readonly line: number; readonly fields: readonly string[] }
  | { readonly line: number; readonly text: string; readonly fault: string };

/** `quoted` false: a quote is a letter like others. */
export interface RecordForm {
  readonly separator: string;
  readonly quoted: boolean;
}

/** The longest field in quotes that may span lines: what is longer was never closed. */
const mostText = 65_536;

/** Lines come in by `push` as they are read; records come out as soon as they are whole. The first record says how many fields all have. */
export class RecordReader {
  #rest = "";
  #lines: string[] = [];
  #line = 1;
  #width = 0;

  constructor(private readonly form: RecordForm) {}

  /** `last`: nothing comes after this text. */
  *push(text: string, last = false): Generator<TextRecord> {
    const whole = this.#rest + text;
    // A line may end in \n, \r\n or \r; a \r at the very end may be half of \r\n.
    const end = last ? whole.length : Math.max(whole.lastIndexOf("\n"), whole.lastIndexOf("\r", whole.length - 2)) + 1;
    this.#rest = whole.slice(end);
    if (end > 0) {
      const lines = whole.slice(0, end).split(/\r\n|\n|\r/);
      if (lines.at(-1) === "") lines.pop();
      for (const line of lines) this.#lines.push(line);
    }
    let at = 0;
    for (; at < this.#lines.length; at++) {
      const line = this.#lines[at]!;
      if (line === "") continue;
      const found = this.#recordAt(at, last);
      if (found === undefined) break;
      if (found.fields.some((field) => field.trim() !== "")) yield this.#checked(found, at);
      at += found.lines - 1;
    }
    this.#line += at;
    this.#lines = this.#lines.slice(at);
  }

  #checked({ fields, fault }: Found, at: number): TextRecord {
    const [line, text] = [this.#line + at, this.#lines[at]!];
    if (fault !== undefined) return { line, text, fault };
    this.#width ||= fields.length;
    while (fields.length > this.#width && fields.at(-1) === "") fields.pop();
    if (fields.length !== this.#width)
      return { line, text, fault: `${fields.length} fields; the first line has ${this.#width}` };
    if (text.includes("\0")) return { line, text, fault: "a character of code 0" };
    return { line, fields };
  }

  /** The record that starts in a line; undefined when more lines are needed to tell. */
  #recordAt(at: number, last: boolean): Found | undefined {
    const { separator, quoted } = this.form;
    const first = this.#lines[at]!;
    if (!quoted || !first.includes('"')) return { fields: first.split(separator), lines: 1 };
    const fields: string[] = [];
    let [text, lines, from] = [first, 1, 0];
    for (;;) {
      const open = quoteAt(text, from);
      if (open < 0) {
        const end = text.indexOf(separator, from);
        fields.push(text.slice(from, end < 0 ? undefined : end));
        if (end < 0) break;
        from = end + separator.length;
        continue;
      }
      let close = closingQuote(text, open + 1, separator);
      while (close === "open") {
        if (text.length > mostText) return this.#byItself(first);
        if (at + lines >= this.#lines.length) {
          if (!last) return undefined;
          return this.#byItself(first);
        }
        const before = text.length;
        text += `\n${this.#lines[at + lines++]!}`;
        close = closingQuote(text, before, separator);
      }
      if (close === "stray") return this.#byItself(first);
      fields.push(text.slice(open + 1, close).replaceAll('""', '"'));
      const next = text.indexOf(separator, close);
      if (next < 0) break;
      from = next + separator.length;
    }
    if (lines > 1 && (fields.length !== (this.#width || fields.length) || this.#swallows(at, lines)))
      return this.#byItself(first);
    return { fields, lines };
  }

  /** Whether most lines inside would be records by themselves: then the quote was left open, and another line's closed it. */
  #swallows(at: number, lines: number): boolean {
    const inside = this.#lines.slice(at + 1, at + lines - 1);
    const whole = inside.filter((line) => line.split(this.form.separator).length === this.#width).length;
    return this.#width > 2 && whole * 2 > inside.length;
  }

  /** A line whose quotes make no sense across lines. */
  #byItself(line: string): Found {
    const { separator } = this.form;
    const fields: string[] = [];
    let [from, odd, proper] = [0, false, false];
    for (;;) {
      const open = quoteAt(line, from);
      const close = open < 0 ? "stray" : closingQuote(line, open + 1, separator);
      const end = line.indexOf(separator, typeof close === "number" ? close : from);
      const field = line.slice(from, end < 0 ? undefined : end);
      if (typeof close === "number") {
        proper = true;
        fields.push(line.slice(open + 1, close).replaceAll('""', '"'));
      } else {
        fields.push(field);
        odd ||= field.split('"').length % 2 === 0 && (open >= 0 || proper);
      }
      if (end < 0) break;
      from = end + separator.length;
    }
    // In tables between tabs a quote is often a letter of a name; between commas it is a mark.
    return { fields, lines: 1, ...(odd && separator !== "\t" ? { fault: "a quote is not closed" } : {}) };
  }
}

interface Found {
  readonly fields: string[];
  readonly lines: number;
  readonly fault?: string;
}

/** Where a field's opening quote stands, spaces before it left out; -1 when it has none. */
function quoteAt(text: string, from: number): number {
  let at = from;
  while (text[at] === " ") at++;
  return text[at] === '"' ? at : -1;
}

/** Where a field in quotes ends; "open" when it continues after this text, "stray" when a quote is where none may be. */
function closingQuote(text: string, from: number, separator: string): number | "open" | "stray" {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at)) {
    if (text[at + 1] === '"') {
      at += 2;
      continue;
    }
    let end = at + 1;
    while (text[end] === " ") end++;
    return end >= text.length || text.startsWith(separator, end) ? at : "stray";
  }
  return "open";
}

/** The separator under which the first lines have most fields, the same number in (nearly) each. */
export function separatorOf(lines: readonly string[]): string {
  const scored = [",", ";", "\t", "|"].map((separator) => {
    const reader = new RecordReader({ separator, quoted: true });
    const records = [...reader.push(lines.join("\n"), true)];
    const fields = records[0] !== undefined && "fields" in records[0] ? records[0].fields.length : 1;
    const fit = records.filter((record) => "fields" in record).length / Math.max(1, records.length);
    return { separator, score: fit >= 0.8 ? fields : 1 };
  });
  return scored.reduce((best, next) => (next.score > best.score ? next : best)).separator;
}

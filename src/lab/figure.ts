/** A Plotly figure as plain data: the input of `show`, the report and the PNG renderer. */

/** One Plotly trace. */
export type Trace = Readonly<Record<string, unknown>>;

/** Plotly figure. `layout.title.text` says what the figure shows; `layout.height` is set. */
export interface Figure {
  readonly data: readonly Trace[];
  readonly layout: Readonly<Record<string, unknown>>;
  readonly frames?: readonly Readonly<Record<string, unknown>>[];
}

/** Whether a value looks like a figure. */
export function isFigure(value: unknown): value is Figure {
  const candidate = value as Partial<Figure> | null;
  return (
    typeof value === "object" &&
    candidate !== null &&
    Array.isArray(candidate.data) &&
    typeof candidate.layout === "object" &&
    candidate.layout !== null
  );
}

/** The title without markup, for alt text and file captions; of a figure not made here, its title's text without tags. */
export function titleOf({ layout }: Figure): string {
  const meta = layout["meta"] as { readonly title?: unknown } | undefined;
  if (typeof meta?.title === "string") return meta.title;
  const title = (layout["title"] as { readonly text?: unknown } | undefined)?.text;
  return typeof title === "string"
    ? title
        .replace(/<br\s*\/?>/g, " ")
        .replace(/<[^>]*>/g, "")
        .trim()
    : "figure";
}

/** The figure as JSON numbers: typed arrays become arrays, and numbers without a value become null (a gap in the line). */
export function plainFigure(figure: Figure): Figure {
  const plain = (value: unknown): unknown => {
    if (typeof value === "number") return Number.isFinite(value) ? value : null;
    if (Array.isArray(value)) return value.map(plain);
    if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>, plain);
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(
        Object.entries(value)
          .filter(([, item]) => item !== undefined)
          .map(([key, item]) => [key, plain(item)]),
      );
    return value;
  };
  return plain(figure) as Figure;
}

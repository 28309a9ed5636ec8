/**
 * Rich output in a tslab notebook: one output in several MIME types (Plotly JSON, HTML, PNG, text), updated in place by id.
 * tslab's public `display.raw` takes one type and no id, so this uses the kernel's own writer. Elsewhere nothing happens.
 */

/** The content of one output, by MIME type; the front end shows the richest type it knows. */
export type MimeBundle = Readonly<Record<string, unknown>>;

type Writer = (message: { data: MimeBundle; metadata: object; transient: object }, update: boolean) => void;

const shown = new Set<string>();
let count = 0;

/** Whether this code runs in a tslab cell. */
export function inNotebook(): boolean {
  return tslab() !== undefined;
}

/** Sends one output. With an id, a later call with the same id replaces it in place, in any cell. */
export function display(data: MimeBundle, id?: string): void {
  const write = writer();
  if (!write) return;
  const update = id !== undefined && shown.has(id);
  if (id !== undefined) shown.add(id);
  write({ data, metadata: {}, transient: id === undefined ? {} : { display_id: id } }, update);
}

/** An id that no other output of this kernel has: outputs of an earlier kernel stay as they are. */
export function displayId(prefix: string): string {
  return `${prefix}-${process.pid}-${Date.now().toString(36)}-${count++}`;
}

function tslab(): { require(id: string): unknown } | undefined {
  return (globalThis as { __tslab__?: { require(id: string): unknown } }).__tslab__;
}

function writer(): Writer | undefined {
  const jupyter = tslab()?.require("tslab/dist/jupyter.js") as { lastWriteDisplayData?: Writer | null } | undefined;
  return jupyter?.lastWriteDisplayData ?? undefined;
}

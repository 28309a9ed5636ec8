// The parameters of a notebook: the `let name: type = value; // meaning` lines of its cell tagged `parameters`.
// Values are checked here, before a kernel is started, so that a usage error is reported at once with what is allowed.
import { readFileSync } from "node:fs";

const line = /^\s*let\s+(\w+)\s*(?::\s*([^=]+?))?\s*=\s*(.+?)\s*;?\s*(?:\/\/\s*(.*))?$/;
const sourceOf = (cell) => (Array.isArray(cell.source) ? cell.source.join("") : cell.source);

/** Usage error: exit code 2. */
export class UsageError extends Error {}

/** `[{ name, type, value, meaning }]` of a notebook file. */
export function parametersOf(file) {
  let notebook;
  try {
    notebook = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`${file} is not a notebook: ${error.message}`);
  }
  const cell = notebook.cells?.find((c) => c.metadata?.tags?.includes("parameters"));
  return (cell ? sourceOf(cell).split("\n") : [])
    .map((text) => line.exec(text))
    .filter(Boolean)
    .map(([, name, type, value, meaning]) => ({
      name,
      type: type?.trim() || typeOf(value),
      value,
      meaning: meaning ?? "",
    }));
}

const typeOf = (value) =>
  /^-?[\d_.]/.test(value)
    ? "number"
    : /^(true|false)$/.test(value)
      ? "boolean"
      : /^["'`]/.test(value)
        ? "string"
        : "unknown";

/** The value of `text` for a declared type; throws the fault, the value and what is allowed. Types it does not know are left to tslab. */
export function valueFor({ name, type }, text) {
  const wrong = (allowed) => new UsageError(`parameter ${name}: ${text}; allowed: ${allowed}`);
  if (type === "number") {
    const number = text.trim() === "" ? NaN : Number(text.replaceAll("_", ""));
    if (!Number.isFinite(number)) throw wrong("a number");
    return number;
  }
  if (type === "boolean") {
    if (text !== "true" && text !== "false") throw wrong("true, false");
    return text === "true";
  }
  const plain = /^"(.*)"$/s.test(text) ? JSON.parse(text) : text;
  if (type === "string") return plain;
  const union = type
    .split("|")
    .map((part) => part.trim())
    .filter(Boolean);
  if (union.length > 0 && union.every((part) => /^(["']).*\1$/.test(part))) {
    const allowed = union.map((part) => part.slice(1, -1));
    if (!allowed.includes(plain)) throw wrong(allowed.join(", "));
    return plain;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** For each notebook the values it knows. A name of `given` that no notebook knows is a usage error, one of `common` is not. */
export function assign(notebooks, given, common = {}) {
  const known = new Map(notebooks.map((file) => [file, parametersOf(file)]));
  const names = new Set([...known.values()].flat().map((p) => p.name));
  for (const name of Object.keys(given)) {
    if (!names.has(name))
      throw new UsageError(
        `unknown parameter: ${name}; known: ${[...names].sort().join(", ") || "none in the chosen notebooks"}`,
      );
  }
  const values = { ...common, ...given };
  return new Map(
    [...known].map(([file, parameters]) => [
      file,
      Object.fromEntries(
        parameters.filter((p) => Object.hasOwn(values, p.name)).map((p) => [p.name, valueFor(p, values[p.name])]),
      ),
    ]),
  );
}

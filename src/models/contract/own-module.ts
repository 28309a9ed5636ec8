/** Importing a custom file: JavaScript as it is, TypeScript compiled next to itself first. An edited file is imported again. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { threadId } from "node:worker_threads";

const extensions = [".mjs", ".js", ".ts", ".mts"] as const;

/**
 * What a file exports. Within a process a file is run once for each content, so that a notebook's next cell sees an edit.
 * A `.ts` file may import packages and JavaScript files, not other TypeScript files.
 * @param path of the file, or its `file:` address
 * @param what in messages, as "model"
 * @throws Error naming the path: it is not there, is none of .mjs, .js, .ts, .mts, or fails while it is run
 */
export async function importOwnModule(path: string, what: string): Promise<Readonly<Record<string, unknown>>> {
  const file = fileOf(path);
  const extension = extensions.find((known) => known === extname(file));
  if (extension === undefined)
    throw new Error(
      `no ${what} in ${path}: it ends in ${extname(file) || "nothing"}; allowed: ${extensions.join(", ")}`,
    );
  try {
    const source = await readFile(file);
    const content = createHash("sha256").update(source).digest("hex").slice(0, 16);
    if (extension.endsWith("js"))
      return (await import(`${pathToFileURL(file).href}?${content}`)) as Readonly<Record<string, unknown>>;
    return await importCompiled(file, source.toString(), content);
  } catch (cause) {
    throw new Error(
      `no ${what} in ${path}: ${await placeOf(file, cause)}${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}

/** Place of a syntax error, "file, line 3: ": Node says it of an error that nobody has caught, so another process parses the file again. */
async function placeOf(file: string, cause: unknown): Promise<string> {
  if (!(cause instanceof SyntaxError)) return "";
  const said = await promisify(execFile)(process.execPath, ["--check", file]).then(
    () => cause.stack ?? "", // what it imports
    ({ stderr }: { readonly stderr?: string }) => stderr ?? "",
  );
  const [, where, line] = /^(.+?\.[mc]?js)(?:\?\w+)?:(\d+)$/m.exec(said) ?? [];
  return where === undefined ? "" : `${fileOf(where)}, line ${line}: `;
}

/** The path of a file that may be given as a `file:` address. */
export function fileOf(path: string): string {
  return path.startsWith("file:") ? fileURLToPath(path) : resolve(path);
}

/**
 * Compiles without checking types, as the notebooks' kernel does not either; the compiled file stands beside, so that imports mean the
 * same.
 */
async function importCompiled(
  file: string,
  source: string,
  content: string,
): Promise<Readonly<Record<string, unknown>>> {
  const { default: typescript } = await import("typescript").catch((cause: unknown) => {
    throw new Error("TypeScript is not installed to compile it; allowed: .mjs, .js, or npm install", { cause });
  });
  const { outputText, diagnostics = [] } = typescript.transpileModule(source, {
    fileName: file,
    reportDiagnostics: true,
    compilerOptions: {
      module: typescript.ModuleKind.ES2022,
      target: typescript.ScriptTarget.ES2022,
      inlineSourceMap: true,
    },
  });
  const [fault] = diagnostics;
  if (fault !== undefined) {
    const line =
      fault.file === undefined || fault.start === undefined
        ? ""
        : `${file}, line ${fault.file.getLineAndCharacterOfPosition(fault.start).line + 1}: `;
    throw new Error(`${line}${typescript.flattenDiagnosticMessageText(fault.messageText, "\n")}`);
  }
  // its own: others may import the same file now
  const compiled = join(dirname(file), `.${basename(file)}.${content}.${process.pid}-${threadId}.mjs`);
  try {
    await writeFile(compiled, outputText);
    return (await import(pathToFileURL(compiled).href)) as Readonly<Record<string, unknown>>;
  } finally {
    await rm(compiled, { force: true });
  }
}

#!/usr/bin/env node
// Runs notebooks on the real kernel, with parameters, and exports them:
//   node scripts/notebooks/run.mjs --help
// Progress goes to stderr; with --json one JSON document to stdout. Exit code 0: all ran; 1: one failed; 2: usage error. An executed
// notebook gets its final name when it is complete; a failed one is kept as <name>.failed.ipynb.
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { findChromium } from "../chromium.mjs";
import { at, jupyterEnv, kernelspec, root, venvPython } from "../setup/paths.mjs";
import { endWithChildren, run } from "../setup/run.mjs";
import { assign, UsageError } from "./parameters.mjs";

const usage = "see stagecraft notebooks --help";

const help = `Usage: stagecraft notebooks [options] [names…]

run notebooks on the tslab kernel and export them; a name is a notebook's own (04b-two-towers), its number (04b), a part of a number for
all of it (04), or a path; none: all

Options:
  -p, --param <name=value>  a parameter of the notebooks' first cell (may be repeated)
  --scale <scale>           -p scale=… where a notebook has it
  --seed <integer>          -p seed=… where a notebook has it
  --workers <integer>       notebooks at a time, as --jobs (default: 1)
  --timeout <seconds>       of one cell (default: 900)
  --out <folder>            of the executed notebooks (default: results/notebooks/)
  --html                    a page of each that opens without a network
  --slides                  slides of each: one figure and one sentence at a time, speaker notes with the key S
  --pdf                     the slides as PDF, a page each; needs a Chromium
  --hide-code               pages and slides without code
  --no-solutions            pages and slides without the solutions of exercises
  --png                     a PNG beside each figure; needs a Chromium
  --json                    one JSON document on stdout
  -h, --help                this text
`;

const flags = ["--html", "--slides", "--pdf", "--hide-code", "--no-solutions", "--png", "--json", "--help"];

export function parse(args) {
  const options = {
    names: [],
    parameters: {},
    common: {},
    out: at("results", "notebooks"),
    jobs: 1,
    timeout: 900,
    html: false,
    slides: false,
    pdf: false,
    hideCode: false,
    noSolutions: false,
    png: false,
    json: false,
    help: false,
  };
  const value = (i) => {
    if (args[i + 1] === undefined) throw new UsageError(`${args[i]} needs a value; ${usage}`);
    return args[i + 1];
  };
  const positive = (i) => {
    const number = Number(value(i));
    if (!Number.isInteger(number) || number < 1)
      throw new UsageError(`${args[i]}: ${args[i + 1]}; allowed: a whole number of at least 1`);
    return number;
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "-p" || arg === "--param") {
      const [, name, text] = /^(\w+)=(.*)$/s.exec(value(i)) ?? [];
      if (!name) throw new UsageError(`${arg} ${args[i + 1]}: not name=value`);
      options.parameters[name] = text;
      i++;
    } else if (arg === "--scale" || arg === "--seed") options.common[arg.slice(2)] = value(i++);
    else if (arg === "--workers") options.jobs = positive(i++);
    else if (arg === "--out") options.out = path.resolve(value(i++));
    else if (arg === "--jobs" || arg === "--timeout") options[arg.slice(2)] = positive(i++);
    else if (arg === "-h") options.help = true;
    else if (flags.includes(arg)) options[arg.slice(2).replace(/-(\w)/, (_, letter) => letter.toUpperCase())] = true;
    else if (arg.startsWith("-")) throw new UsageError(`unknown option: ${arg}; ${usage}`);
    else options.names.push(arg);
  }
  return options;
}

/** The files that are meant; all of notebooks/ when none is named. */
export function choose(names, folder = at("notebooks")) {
  const all = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(".ipynb"))
        .sort()
    : [];
  const stem = (name) => path.basename(name, ".ipynb");
  const chosen =
    names.length === 0
      ? all.map((name) => path.join(folder, name))
      : names.flatMap((name) => {
          if (name.includes("/") || name.includes(path.sep)) {
            if (existsSync(name) && name.endsWith(".ipynb")) return [path.resolve(name)];
            throw new UsageError(`no such notebook: ${name}`);
          }
          const exact = all.filter((book) => stem(book) === stem(name));
          const hits = exact.length
            ? exact
            : all.filter(
                (book) =>
                  stem(book).startsWith(`${name}-`) ||
                  stem(book)
                    .split("-")[0]
                    .replace(/[a-z]$/, "") === name,
              );
          if (hits.length === 0)
            throw new UsageError(`unknown notebook: ${name}; known: ${all.map(stem).join(", ") || "none"}`);
          return hits.map((book) => path.join(folder, book));
        });
  if (chosen.length === 0) throw new UsageError(`no notebooks in ${path.relative(root, folder) || folder}`);
  return [...new Set(chosen)];
}

const say = (line) => console.error(line);

async function main(args) {
  const options = parse(args);
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const chromium = findChromium();
  if (options.pdf && !chromium)
    throw new UsageError("--pdf prints with a Chromium, and none is found; install one, or set CHROMIUM_PATH to it");
  const files = choose(options.names);
  const values = assign(files, options.parameters, options.common);
  for (const needed of [venvPython, kernelspec])
    if (!existsSync(needed)) throw new UsageError(`${path.relative(root, needed)} is missing; run npm run setup`);
  mkdirSync(options.out, { recursive: true });
  const plan = {
    jobs: options.jobs,
    timeout: options.timeout,
    notebooks: files.map((file) => ({
      src: file,
      dst: path.join(options.out, path.basename(file)),
      parameters: values.get(file),
    })),
  };
  for (const { dst } of plan.notebooks) rmSync(dst.replace(/\.ipynb$/, ".failed.ipynb"), { force: true });
  dropLeftovers(options.out);
  const notebooks = await execute(plan);
  const done = notebooks.filter((book) => book.ok).map((book) => book.out);
  let exported = true;
  if (done.length > 0 && options.png) exported = (await freeze(done)) && exported;
  const forms = ["html", "slides"].filter((form) => options[form] || (form === "slides" && options.pdf));
  if (done.length > 0)
    for (const form of forms) exported = (await exportAs(form, done, notebooks, options)) && exported;
  if (done.length > 0 && exported && options.pdf) exported = await printPdf(chromium, notebooks);
  const failed = notebooks.filter((book) => !book.ok).length;
  const ok = failed === 0 && exported;
  say(
    `notebooks: ${notebooks.length - failed} of ${notebooks.length} ` +
      `ran${exported ? "" : "; the export failed"}, in ${path.relative(process.cwd(), options.out) || "."}`,
  );
  if (options.json) console.log(JSON.stringify({ ok, out: options.out, notebooks }));
  return ok ? 0 : 1;
}

/** Half-executed notebooks of runs that were killed. */
function dropLeftovers(folder) {
  for (const name of readdirSync(folder)) {
    const pid = /^\..+\.(\d+)\.tmp\.ipynb$/.exec(name)?.[1];
    if (!pid) continue;
    try {
      process.kill(Number(pid), 0);
    } catch {
      rmSync(path.join(folder, name), { force: true });
    }
  }
}

/** Runs the plan; one result a notebook, whatever happened to the runner. */
async function execute(plan) {
  const python = await run(venvPython, [at("scripts", "notebooks", "run_notebooks.py")], {
    cwd: root,
    env: jupyterEnv(),
    input: JSON.stringify(plan),
    line: show,
  });
  const results = new Map(
    python.stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line))
      .map((r) => [r.src, r]),
  );
  return plan.notebooks.map(({ src, dst }) => {
    const r = results.get(src) ?? {
      ok: false,
      error: `the runner ended before it was done (${python.signal ?? `exit code ${python.code}`})`,
      seconds: 0,
    };
    if (!results.has(src))
      say(
        `FAIL ${path.basename(src)}: ${r.error}\n${python.output
          .split("\n")
          .filter((l) => !l.startsWith("{"))
          .slice(-8)
          .join("\n")}`,
      );
    const { src: _, ...rest } = r;
    return { notebook: path.basename(src, ".ipynb"), ...(r.ok ? { out: dst } : {}), ...rest };
  });
}

let n = 0;
function show(line) {
  if (!line.startsWith("{")) {
    say(line);
    return;
  }
  const r = JSON.parse(line);
  say(
    `${r.ok ? "ok  " : "FAIL"} [${++n}] ${path.basename(r.src)} ${r.seconds} s${r.cpu === undefined ? "" : ` (CPU ${r.cpu} s)`}`,
  );
  if (r.ok) return;
  say(`  ${r.cell === undefined ? "" : `cell ${r.cell}${r.exec ? ` (In [${r.exec}])` : ""}: `}${r.error}`);
  for (const text of (r.source ?? "").split("\n").filter(Boolean)) say(`    | ${text}`);
  for (const text of r.traceback ?? []) say(`    ${text}`);
}

async function freeze(files) {
  const chromium = findChromium();
  if (!chromium) {
    say("no Chromium: figures stay interactive only, without PNGs (install chromium, or set CHROMIUM_PATH)");
    return true;
  }
  const result = await run(process.execPath, [at("scripts", "notebooks", "freeze-png.mjs"), chromium, ...files], {
    cwd: root,
    line: say,
    timeoutMs: 60_000 + 30_000 * files.length,
  });
  if (result.code !== 0)
    say(
      `PNGs could not be made ` +
        `(${result.timedOut ? "out of time" : (result.signal ?? `exit code ${result.code}`)}); figures stay interactive`,
    );
  return true; // a fallback: its lack fails nothing
}

async function exportAs(form, files, notebooks, { hideCode, noSolutions }) {
  const without = [...(hideCode ? ["--hide-code"] : []), ...(noSolutions ? ["--no-solutions"] : [])];
  const exporter = at("scripts", "notebooks", "export_notebooks.py");
  const result = await run(venvPython, [exporter, `--${form}`, ...without, ...files], {
    cwd: root,
    env: jupyterEnv(),
    line: say,
  });
  if (result.code !== 0) return false;
  for (const book of notebooks)
    if (book.ok) book[form] = book.out.replace(/\.ipynb$/, form === "html" ? ".html" : ".slides.html");
  return true;
}

async function printPdf(chromium, notebooks) {
  const slides = notebooks.flatMap((book) => (book.ok ? [book.slides] : []));
  const result = await run(process.execPath, [at("scripts", "notebooks", "slides-pdf.mjs"), chromium, ...slides], {
    cwd: root,
    line: say,
    timeoutMs: 120_000 + 60_000 * slides.length,
  });
  if (result.code !== 0) return false;
  for (const book of notebooks) if (book.ok) book.pdf = book.slides.replace(/\.html$/, ".pdf");
  return true;
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) {
  endWithChildren();
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(error.message);
    process.exitCode = 2;
  }
}

#!/usr/bin/env node
// npm run lab: set-up, then JupyterLab on your own copies of notebooks/ (my-notebooks/) with the tslab kernel; src/ is rebuilt on change
// (restart the kernel to see it). A build that fails prints its errors and leaves the last good dist/ in use.
//   npm run lab -- --refresh     fresh copies of all notebooks; those you changed are kept beside as <name>.old.ipynb
//   npm run lab -- --originals   the notebooks of the checkout themselves, to develop them
// Further arguments go to JupyterLab: npm run lab -- --no-browser
import { copyFileSync, existsSync, mkdirSync, watch } from "node:fs";
import path from "node:path";
import { copyNotebooks, ownFolder } from "./notebooks/copies.mjs";
import { explain, setup, SetupError } from "./setup.mjs";
import { at, jupyterEnv, root, venvPython } from "./setup/paths.mjs";
import { endWithChildren, run } from "./setup/run.mjs";
import { build } from "./setup/build.mjs";

const say = (line) => console.error(line);

/** Builds when src/ has been still for 300 ms; changes during a build lead to one more. */
function rebuildOnChange() {
  let timer,
    busy = false,
    again = false;
  const rebuild = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      do {
        again = false;
        const { ran, seconds } = await setup({ only: [build], say: () => {} });
        if (ran.length) say(`src/ changed: dist/ is built (${seconds.toFixed(1)} s); restart the kernel to use it`);
      } while (again);
    } catch (error) {
      say(`src/ changed, but does not build; notebooks go on with the last build`);
      say(error instanceof SetupError ? error.message : error.stack);
    } finally {
      busy = false;
    }
  };
  watch(at("src"), { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(rebuild, 300);
  });
}

/** The folder to open, its copies up to date. */
function folderFor({ originals, refresh }) {
  if (originals) return at("notebooks");
  const { copied, kept } = copyNotebooks({ refresh });
  const folder = path.relative(root, ownFolder);
  if (copied.length > 0) say(`${copied.length} files copied from notebooks/ to ${folder}/, which git ignores`);
  if (kept.length > 0)
    say(`your copies of ${kept.join(", ")} are older than the originals; npm run lab -- --refresh replaces them`);
  return ownFolder;
}

/** Jupyter's environment, with the style of figures in a dark theme. */
function styledEnv() {
  const env = jupyterEnv();
  const folder = path.join(env.JUPYTER_CONFIG_DIR, "custom");
  mkdirSync(folder, { recursive: true });
  copyFileSync(at("scripts", "notebooks", "lab.css"), path.join(folder, "custom.css"));
  return env;
}

async function main(given) {
  const own = ["--refresh", "--originals"];
  const args = given.filter((arg) => !own.includes(arg));
  try {
    await setup({ say });
  } catch (error) {
    explain(error, say);
    if (!(error instanceof SetupError) || error.step !== build.name || !existsSync(at("dist", ".stamp"))) return 1;
    say("opening the lab with the last build that succeeded");
  }
  rebuildOnChange();
  // root only in containers, where JupyterLab would otherwise refuse to start
  const asRoot = process.getuid?.() === 0 ? ["--allow-root"] : [];
  // neither news nor the list of extensions is fetched: the lab needs no network
  const lab = await run(
    venvPython,
    [
      "-m",
      "jupyterlab",
      `--notebook-dir=${folderFor({ originals: given.includes("--originals"), refresh: given.includes("--refresh") })}`,
      "--MultiKernelManager.default_kernel_name=tslab",
      "--LabApp.news_url=None",
      "--LabApp.extension_manager=readonly",
      "--custom-css",
      ...asRoot,
      ...args,
    ],
    {
      cwd: root,
      env: styledEnv(),
      show: true,
    },
  );
  return lab.code ?? 1;
}

endWithChildren();
process.exit(await main(process.argv.slice(2)));

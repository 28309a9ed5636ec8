// .venv with the pinned requirements: JupyterLab, the notebook runner and exporters.
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root, venv, venvPython } from "./paths.mjs";
import { findPython } from "./prerequisites.mjs";
import { must } from "./run.mjs";
import { dropStamp, hashFiles, readStamp, sha256, writeStamp } from "./stamp.mjs";

// a venv holds absolute paths, so its own path belongs to the key: a moved checkout gets a new one
const key = () => sha256(venv, hashFiles(root, ["requirements.txt", "constraints.txt"]));

/** Whether the interpreter the venv was made with is still the one it points to (a system upgrade may have replaced it). */
function interpreterIsSame() {
  try {
    const made = /^version\s*=\s*(\d+\.\d+)/m.exec(readFileSync(path.join(venv, "pyvenv.cfg"), "utf8"))?.[1];
    const now = /(\d+\.\d+)$/.exec(path.basename(realpathSync(venvPython)))?.[1];
    return now === undefined || now === made;
  } catch {
    return false;
  }
}

export const python = {
  name: "python",
  done: () => existsSync(venvPython) && readStamp("python") === key() && interpreterIsSame(),
  async run({ log }) {
    const base = findPython();
    log(`.venv with Python ${base.version}`);
    dropStamp("python");
    rmSync(venv, { recursive: true, force: true }); // cheaper than telling what a killed pip had half done; pip keeps its downloads
    await must("python -m venv", base.path, ["-m", "venv", venv], {
      cwd: root,
      mend: "sudo apt-get install python3-venv, or set PYTHON to another Python",
    });
    log("pip install -r requirements.txt (about 100 packages)");
    await must(
      "pip install",
      venvPython,
      ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r", "requirements.txt"],
      {
        cwd: root,
        mend: "check that a Python package index can be reached (pip index versions nbclient) and the disk (df -h .); then run it again",
      },
    );
    // JupyterLab's yarn.js is CommonJS, but would be read as a module under our package.json ("type": "module")
    writeFileSync(path.join(venv, "package.json"), '{ "type": "commonjs" }\n');
    writeStamp("python", key());
  },
};

// Every place that set-up writes to. All lie inside the checkout but `cache`, the one named folder outside it.
import { mkdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "..", "..");
export const at = (...parts) => path.join(root, ...parts);

export const state = at(".stagecraft"); // stamps, the lock, Jupyter's own files
export const venv = at(".venv");
export const venvPython = path.join(venv, "bin", "python");
export const kernelspec = path.join(venv, "share", "jupyter", "kernels", "tslab", "kernel.json");
export const dist = at("dist");

/** Holds only what is large and the same for every checkout: the native TensorFlow library. */
export const cache = () =>
  path.resolve(process.env.STAGECRAFT_CACHE || path.join(os.homedir(), ".cache", "stagecraft"));

/** Keeps everything Jupyter would write in a home folder inside the checkout. */
export function jupyterEnv(env = process.env) {
  const jupyter = path.join(state, "jupyter");
  mkdirSync(jupyter, { recursive: true }); // IPython does not make parents
  return {
    ...env,
    JUPYTER_CONFIG_DIR: path.join(jupyter, "config"),
    JUPYTER_DATA_DIR: path.join(jupyter, "data"),
    JUPYTER_RUNTIME_DIR: path.join(jupyter, "runtime"),
    JUPYTERLAB_SETTINGS_DIR: path.join(jupyter, "lab", "settings"),
    JUPYTERLAB_WORKSPACES_DIR: path.join(jupyter, "lab", "workspaces"),
    IPYTHONDIR: path.join(jupyter, "ipython"),
    PYTHONNOUSERSITE: "1", // packages of the person's own Python must not shadow the pinned ones
    PYTHONUTF8: "1",
  };
}

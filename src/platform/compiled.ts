/** Where threads and processes find their code. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * URL of a compiled module next to `base`. Threads run compiled code: from a TypeScript source (tests) the file under dist/ is used.
 */
export function compiledUrl(name: string, base: string): URL {
  const url = new URL(`${name}.js`, base);
  if (existsSync(fileURLToPath(url))) return url;
  return new URL(url.href.replace(/\/src\/(?!.*\/src\/)/, "/dist/"));
}

/** Where threads and processes find their code. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * URL of a compiled module beside `base`. Threads run compiled code: from a TypeScript source (tests) the twin under dist/ is taken.
 */
export function compiledUrl(name: string, base: string): URL {
  const url = new URL(`${name}.js`, base);
  if (existsSync(fileURLToPath(url))) return url;
  return new URL(url.href.replace(/\/src\/(?!.*\/src\/)/, "/dist/"));
}

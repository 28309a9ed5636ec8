/** One HTML file that holds a bundle, the funnel, ONNX Runtime and the page: it runs from `file://` with the network off. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

/** What a page weighs, in bytes as they stand in the file. */
export interface PageSizes {
  readonly bundle: number; // gzip
  readonly runtime: number; // gzip: ONNX Runtime's code and WebAssembly
  readonly page: number; // the HTML file
}

/** The page of a bundle. `module` is the file of device.ts as it was built. */
export async function edgePage(bundle: Uint8Array): Promise<{ readonly html: string; readonly sizes: PageSizes }> {
  const [template, style, open, script] = await Promise.all(
    ["index.html", "page.css", "open.js", "page.js"].map(pageFile),
  );
  const device = (await deviceScript()).replaceAll("</script", "<\\/script");
  const parts = { "/*STYLE*/": style!, "/*DEVICE*/": device, "/*SCRIPT*/": `${open!}\n${script!}` };
  const { html, sizes } = await filledPage(template!, parts, { bundle });
  const runtime = sizes["runtime"]! + sizes["wasm"]!;
  return { html, sizes: { bundle: sizes["bundle"]!, runtime, page: Buffer.byteLength(html) } };
}

/**
 * A template with its marks replaced, and blocks of data in place of `<!--DATA-->`: ONNX Runtime's `runtime` and `wasm`, and more by their
 * names; page/open.js opens them. @returns the page, and the bytes of each block as gzip
 */
export async function filledPage(
  template: string,
  parts: Readonly<Record<string, string>>,
  blocks: Readonly<Record<string, Uint8Array>>,
): Promise<{ readonly html: string; readonly sizes: Readonly<Record<string, number>> }> {
  const runtimeDir = dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));
  const [code, wasm] = await Promise.all(
    ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"].map((file) => readFile(join(runtimeDir, file))),
  );
  const packed = Object.entries({ ...blocks, runtime: code!, wasm: wasm! }).map(
    ([id, bytes]) => [id, gzipSync(bytes, { level: 9 })] as const,
  );
  const data = packed.map(([id, bytes]) => `<script type="text/plain" id="${id}">${bytes.toString("base64")}</script>`);
  const filled: Readonly<Record<string, string>> = { ...parts, "<!--DATA-->": data.join("\n") };
  const html = template.replace(/\/\*[A-Z]+\*\/|<!--DATA-->/g, (mark) => filled[mark] ?? mark);
  return { html, sizes: Object.fromEntries(packed.map(([id, bytes]) => [id, bytes.length])) };
}

/** The funnel on a device as one script without imports; it makes a global `device`. @throws Error where it would reach Node */
async function deviceScript(): Promise<string> {
  const built = fileURLToPath(new URL("./device.js", import.meta.url));
  const input = existsSync(built) ? built : built.replace(/\.js$/, ".ts");
  const build = await rolldown({
    input,
    platform: "browser",
    logLevel: "silent",
    treeshake: { moduleSideEffects: false },
    // other packages are for Node, and the index is loaded only where search is not exact: a device reaches neither
    external: (id) => !/^[./]|^seedrandom/.test(id) || id.includes("ann-index"),
  });
  const { output } = await build.generate({ format: "esm", minify: true, codeSplitting: false });
  await build.close();
  const { code } = output[0];
  const reached = /(?:from|import|require\() ?["'`][^"'`]+/.exec(
    code.replace(/import\(["'`][^"'`]*ann-index\.js["'`]\)/, ""),
  );
  const script = code.replace(/export ?\{ ?(\w+) as openDevice ?\};?/, "globalThis.device = { openDevice: $1 };");
  if (reached || script === code) throw new Error(`the device's script reaches ${reached?.[0] ?? "no openDevice"}`);
  return script;
}

/** A build by the compiler alone has no page next to it; the files of the sources are used then. */
export function pageFile(name: string): Promise<string> {
  const built = new URL(`./page/${name}`, import.meta.url);
  return readFile(
    existsSync(built) ? built : new URL(`../../../src/serving/edge/page/${name}`, import.meta.url),
    "utf8",
  );
}

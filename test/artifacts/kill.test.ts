/**
 * Real processes, really killed: the artifact code is transpiled beside node_modules (so that its imports resolve) and
 * run by plain Node.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { artifactId, loadArtifact, makeOrLoad } from "../../src/artifacts/artifact.js";
import { temporaryFolder } from "../support/folder.js";

let code = "";
beforeAll(() => {
  code = mkdtempSync(resolve("node_modules", ".stagecraft-test-"));
  mkdirSync(join(code, "artifacts"));
  for (const name of readdirSync("src/artifacts")) {
    const { outputText } = ts.transpileModule(readFileSync(join("src/artifacts", name), "utf8"), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    writeFileSync(join(code, "artifacts", name.replace(/\.ts$/, ".js")), outputText);
  }
  writeFileSync(join(code, "package.json"), '{"type":"module"}');
});
afterAll(() => rmSync(code, { recursive: true, force: true }));

const config = { seed: 1 };

/** A process that makes the artifact: writes a file, says "half", and goes on when told (or never). */
function maker(root: string, last: string): ChildProcess {
  const script = `
    import { makeOrLoad } from ${JSON.stringify(join(code, "artifacts", "index.js"))};
    import { writeFileSync } from "node:fs";
    const { made, id } = await makeOrLoad({ root: ${JSON.stringify(root)}, kind: "dataset", config: ${JSON.stringify(config)} }, async (dir) => {
      writeFileSync(dir + "/a.txt", "hello");
      console.log("half");
      await new Promise((go) => process.stdin.once("data", go));
      ${last}
    });
    console.log(JSON.stringify({ made, id }));
    process.exit(0);`;
  const file = join(code, `maker-${readdirSync(code).length}.js`);
  writeFileSync(file, script);
  return spawn(process.execPath, [file], { stdio: ["pipe", "pipe", "inherit"] });
}

const said = (child: ChildProcess): Promise<string> =>
  new Promise((done) => child.stdout?.once("data", (data: Buffer) => done(data.toString().trim())));
const ended = (child: ChildProcess): Promise<unknown> => new Promise((done) => child.once("exit", done));

describe("makers in processes of their own", () => {
  it("leave nothing under the final name when killed, and the next run cleans up and works", async () => {
    const root = temporaryFolder();
    const child = maker(root, "");
    await said(child);
    const id = artifactId({ root, kind: "dataset", config });
    const left = readdirSync(join(root, "dataset"));
    expect(left).toHaveLength(1);
    expect(left[0]).toMatch(/^\.staged-/);
    child.kill("SIGKILL");
    await ended(child);
    const made = await makeOrLoad({ root, kind: "dataset", config }, async (dir) =>
      writeFileSync(join(dir, "a.txt"), "hello"),
    );
    expect(made.made).toBe(true);
    expect(readdirSync(join(root, "dataset"))).toEqual([id]);
  });

  it("end with one valid artifact when two make it at the same time", async () => {
    const root = temporaryFolder();
    const pair = [maker(root, ""), maker(root, "")];
    expect(await Promise.all(pair.map(said))).toEqual(["half", "half"]); // both at work, neither removed the other's folder
    const answers = pair.map(said);
    pair.forEach((child) => child.stdin?.write("go\n"));
    const results = (await Promise.all(answers)).map((line) => JSON.parse(line) as { made: boolean; id: string });
    expect(results.filter(({ made }) => made)).toHaveLength(1);
    expect(readdirSync(join(root, "dataset"))).toEqual([results[0]?.id]);
    const { manifest } = await loadArtifact(join(root, "dataset", results[0]?.id ?? ""), "all");
    expect(manifest.files.map(({ path, bytes }) => [path, bytes])).toEqual([["a.txt", 5]]);
  });
});

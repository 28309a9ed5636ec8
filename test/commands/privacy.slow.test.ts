/** Verbs that load every native library (TensorFlow, ONNX Runtime, usearch, DuckDB, LightGBM) leave nothing in a person's home and send nothing. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { gbdtPath } from "../../src/models/rankers/gbdt/library.js";
import { quietRun } from "../support/quiet-run.js";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "privacy-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const out = join(scratch, "out");
const imported = "<what import wrote>";
const csv = join(scratch, "mine.csv");
const row = (i: number): string =>
  `u${i % 40},${(i * 7) % 60},2026-01-${10 + (i % 15)} 08:00,${1 + ((i + Math.floor(i / 11)) % 5)}`;
writeFileSync(csv, `user,item,time,rating\n${Array.from({ length: 1_200 }, (_, i) => row(i)).join("\n")}\n`);
const map = ["user=user", "item=item", "time=time", "rating=rating"].flatMap((word) => ["--map", word]);
const small = ["tasteStrength=1", "users=120", "videos=400", "days=6"].flatMap((word) => ["--world", word]);

describe.skipIf(process.platform !== "linux")("a fresh home after", () => {
  it.each([
    ["train", "--scale", "tiny", ...small, "--workers", "2"],
    ["evaluate", "--scale", "tiny", ...small, "--workers", "2"],
    ["publish", "--scale", "tiny", ...small, "--truth"],
    ["import", csv, ...map, "--zone", "Asia/Tokyo"],
    ["evaluate", "--data", imported, "--models", "two-tower,gbdt,dcn"],
    ["recommend", "--data", imported, "--models", "als", "--to", join(scratch, "lists.json")],
  ])("%s", { timeout: 300_000 }, async (...words) => {
    const data = words.includes(imported) ? readdirSync(join(out, "import")).find((name) => !name.startsWith(".")) : "";
    const typed = words.map((word) => (word === imported ? join(out, "import", data!) : word));
    const { code, said, home, sockets } = await quietRun([cli, ...typed, "--out", out], {
      STAGECRAFT_LIGHTGBM: gbdtPath(),
    });
    expect({ code, home, sockets }, said).toEqual({ code: 0, home: [], sockets: [] });
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { studyCompression } from "../../src/studies/index.js";
import { smallPlatform } from "../support/small-platform.js";

const folder = mkdtempSync(join(tmpdir(), "compress-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a study of compression", () => {
  it(
    "measures every kind of variant, resumes to the same numbers, and knows its variants",
    { timeout: 600_000 },
    async () => {
      const only = ["float16", "int8 static", "pruned", "distilled", "hashed"];
      const base = smallPlatform(folder);
      const found = await studyCompression(base, { seeds: 2, only, rounds: 5 });
      const of = (name: string): (typeof found.rows)[number] => found.rows.find((row) => row.name === name)!;
      const whole = of("float32");
      expect(found.rows.map(({ name }) => name)).toEqual(["float32", ...only]);
      expect(whole.lift.estimate).toBe(0);
      expect(of("float16").bytes).toBeLessThan(0.6 * whole.bytes);
      expect(of("int8 static").bytes).toBeLessThan(0.4 * whole.bytes);
      for (const name of ["pruned", "distilled"]) expect(of(name).flops).toBeLessThan(0.5 * whole.flops);
      expect(of("hashed").flops).toBe(whole.flops);
      for (const { saturating, wasm, tfjs, form } of found.rows) {
        expect(saturating).toBe(0);
        expect(wasm).toBeLessThan(0.02);
        expect(tfjs).toBeLessThan(form === "float32" ? 1e-4 : 0.1);
      }
      const again = await studyCompression(base, { seeds: 2, only, rounds: 1 });
      expect(again.cells).toEqual(found.cells);
      await expect(studyCompression(base, { only: ["int4"] })).rejects.toThrow(/unknown variant: int4; known: float32/);
    },
  );
});

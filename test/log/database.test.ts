import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { openDatabase, type NamedColumn } from "../../src/log/database.js";

describe("a database", () => {
  it("gives back every kind of column it was given", async () => {
    const n = 5000; // three data chunks
    const f = (make: (i: number) => number) => Array.from({ length: n }, (_, i) => make(i));
    const columns: NamedColumn[] = [
      {
        name: "big",
        type: "BIGINT",
        values: Float64Array.from(f((i) => (i % 2 ? -1 : 1) * (i * 1_000_003_000_017 + i))),
      },
      { name: "bool", type: "BOOLEAN", values: Uint8Array.from(f((i) => (i % 3 === 0 ? 1 : 0))) },
      { name: "double", type: "DOUBLE", values: Float64Array.from(f((i) => i / 7)) },
      { name: "float", type: "FLOAT", values: Float32Array.from(f((i) => i / 7)) },
      { name: "int", type: "INTEGER", values: Int32Array.from(f((i) => -i * 400_000)) },
      { name: "small", type: "SMALLINT", values: Int16Array.from(f((i) => i - 2000)) },
      { name: "tiny", type: "UTINYINT", values: Uint8Array.from(f((i) => i % 256)) },
      {
        name: "text",
        type: "VARCHAR",
        values: f((i) => i).map((i) => (i % 5 === 0 ? "" : `ünï '${i}' and longer than twelve bytes`)),
      },
      { name: "code", type: { names: ["it's", "b", "c"] }, values: Uint8Array.from(f((i) => i % 3)) },
    ];
    const database = await openDatabase();
    await database.putTable("t", columns);
    expect(await database.query("FROM t")).toEqual(
      Object.fromEntries(columns.map(({ name, values }) => [name, values])),
    );
    expect((await database.query("SELECT CAST(code AS VARCHAR) AS word FROM t LIMIT 2")).word).toEqual(["it's", "b"]);
    expect(await database.query("SELECT sum(big) AS s FROM t")).toEqual({
      s: Float64Array.of((columns[0]?.values as Float64Array).reduce((a, b) => a + b, 0)),
    });
    database.close();
  });

  it("carries any safe integer through BIGINT", async () => {
    const database = await openDatabase();
    const integer = fc.oneof(
      fc.maxSafeInteger(),
      fc.integer(),
      fc.constantFrom(0, -1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, 1 - 2 ** 53),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(integer, { minLength: 1 }), async (list) => {
        const values = Float64Array.from(list, (value) => value + 0);
        await database.putTable("t", [{ name: "v", type: "BIGINT", values }]);
        expect([...((await database.query("FROM t")).v as Float64Array)]).toEqual([...values]);
        expect((await database.query("SELECT CAST(v AS VARCHAR) AS v FROM t")).v).toEqual(list.map(String));
      }),
      { numRuns: 30 },
    );
    database.close();
  });

  it("refuses NULL where no number can stand for it, and gives NaN in doubles", async () => {
    const database = await openDatabase();
    const rows = "(VALUES (1, 1.5::DOUBLE), (2, NULL), (NULL, 2.5)) t(i, d)";
    expect((await database.query(`SELECT d FROM ${rows}`)).d).toEqual(Float64Array.of(1.5, NaN, 2.5));
    await expect(database.query(`SELECT i FROM ${rows}`)).rejects.toThrow(/column i is NULL in row 2; coalesce it$/);
    database.close();
  });

  it("says one line in its errors; the cause carries all of it with the SQL, and DuckDB's error", async () => {
    const database = await openDatabase();
    const error = await database.query("SELECT nothing FROM nowhere").then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    );
    expect(error?.message).toMatch(/nowhere.*$/);
    expect((error?.cause as Error).message).toMatch(/nowhere[\s\S]*SQL: SELECT nothing FROM nowhere$/);
    expect((error?.cause as Error).cause).toBeInstanceOf(Error);
    await expect(database.query("SELECT 1.5 AS x, DATE '2020-01-01' AS day")).rejects.toThrow(
      /column x has type DECIMAL.*cast it/,
    );
    database.close();
    database.close();
    await expect(database.exec("SELECT 1")).rejects.toThrow("the database is closed");
  });

  it.each([
    [
      "the wrong kind of array",
      { name: "x", type: "INTEGER", values: new Float64Array(1) },
      "column x is a Float64Array; allowed: Int32Array",
    ],
    [
      "an unsafe integer",
      { name: "x", type: "BIGINT", values: Float64Array.of(2 ** 53) },
      "column x has 9007199254740992; allowed: integers within ±2^53",
    ],
    [
      "a code without a name",
      { name: "x", type: { names: ["a"] }, values: Uint8Array.of(1) },
      "column x has code 1; allowed: 0 to 0",
    ],
  ] as [string, NamedColumn, string][])("refuses %s", async (_, column, fault) => {
    const database = await openDatabase();
    await expect(database.putTable("t", [column])).rejects.toThrow(fault);
    expect(await database.query("SELECT count(*) AS n FROM t")).toEqual({ n: Float64Array.of(0) });
    database.close();
  });

  it("refuses columns of different lengths", async () => {
    const database = await openDatabase();
    const put = database.putTable("t", [
      { name: "a", type: "INTEGER", values: new Int32Array(2) },
      { name: "b", type: "INTEGER", values: new Int32Array(3) },
    ]);
    await expect(put).rejects.toThrow("column b of t has 3 rows; a has 2");
    database.close();
  });

  it("has DuckDB behind it, which opens inside a worker thread", async () => {
    const code = `
      const { parentPort } = require("node:worker_threads");
      const { DuckDBInstance } = require("@duckdb/node-api");
      DuckDBInstance.create(":memory:", { threads: "1" }).then((i) => i.connect())
        .then((c) => c.runAndReadAll("SELECT 40 + 2 AS x")).then((r) => parentPort.postMessage(r.getRows()[0][0]));`;
    const worker = new Worker(code, { eval: true });
    const answer = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    await worker.terminate();
    expect(answer).toBe(42);
  });
});

/** What every retriever must do, whatever it is: each one's tests run this suite on small planted tastes. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { retrieveTop, type RetrieverKind } from "../../src/models/contract.js";
import { byUser, type Interactions } from "../../src/models/interactions.js";
import { keyOf, uniform, uniformInt } from "../../src/random.js";
import { replaced } from "../support/fake-rows.js";

const users = 60;
const items = 40;

/** Users of taste t take items of topic t (four topics), now and then any; user 0 took half of topic 0 and no other item. */
export function plantedTastes(seed: number): Interactions {
  const key = keyOf(seed, "planted tastes");
  const pairs: [number, number][] = [];
  for (let user = 0; user < users; user++) {
    for (let n = 0; n < 14; n++) {
      const item = user === 0 ? 4 * (n % 5) : uniform(key, user, n) < 0.95 ? 4 * uniformInt(items / 4, key, user, n, 1) + (user % 4) : uniformInt(items, key, user, n, 2);
      pairs.push([user, item]);
    }
  }
  return { userCount: users, itemCount: items, user: Int32Array.from(pairs, ([user]) => user), item: Int32Array.from(pairs, ([, item]) => item) };
}

/** A retriever under test. */
export interface RetrieverUnderTest<Model, Config> {
  readonly kind: RetrieverKind<Model, Config>;
  /** Small settings; a second or two. */
  readonly config: Partial<Config>;
  /** Whether the seed matters. */
  readonly seeded: boolean;
  /** Whether it knows users apart. */
  readonly personal: boolean;
  /** Whether native fits may differ in the last bits. */
  readonly native?: boolean;
  /** Settings that must be refused, with the message. */
  readonly refused: readonly (readonly [Partial<Config>, string])[];
}

/** Declares the suite for one retriever. */
export function retrieverContract<Model, Config>(under: RetrieverUnderTest<Model, Config>): void {
  const { kind, config, seeded, personal, refused } = under;
  const rows = plantedTastes(1);
  const everyone = Int32Array.from({ length: users }, (_, id) => id);
  const fit = (seed: number): Promise<Model> => kind.fit(rows, { ...config, ...(seeded && { seed }) } as Partial<Config>);

  describe(`${kind.kind} keeps the contract of retrievers:`, () => {
    let model: Model;
    let dir = "";
    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), "retriever-contract-"));
      model = await fit(1);
    });
    afterAll(() => rm(dir, { recursive: true, force: true }));

    if (personal) {
      it("an item of the user's planted taste that the user did not take ranks first", () => {
        const top = retrieveTop(kind, model, everyone, 1, byUser(rows));
        const right = [...top].filter((item, user) => item % 4 === user % 4).length;
        expect(top[0]! % 4).toBe(0);
        expect(right).toBeGreaterThanOrEqual(0.85 * users);
      });
    }

    it("a batch says what single users say", () => {
      const batch = kind.score(model, everyone);
      for (const user of [0, 7, 59]) {
        kind.score(model, Int32Array.of(user)).forEach((score, item) => expect(Math.abs(score - batch[user * items + item]!)).toBeLessThan(1e-6));
      }
    });

    it("no users give no scores, and scores are finite", () => {
      expect(kind.score(model, new Int32Array(0)).length).toBe(0);
      expect(kind.score(model, everyone).every(Number.isFinite)).toBe(true);
    });

    it("lists come best first, without seen items, without repeats, ties to the smaller id", () => {
      const seen = byUser(rows);
      const top = retrieveTop(kind, model, everyone, 10, seen);
      const scores = kind.score(model, everyone);
      for (let user = 0; user < users; user++) {
        const taken = new Set(seen.ids.subarray(seen.offsets[user], seen.offsets[user + 1]));
        const expected = Array.from({ length: items }, (_, item) => item)
          .filter((item) => !taken.has(item))
          .sort((a, b) => scores[user * items + b]! - scores[user * items + a]! || a - b);
        expect([...top.subarray(user * 10, user * 10 + 10)]).toEqual(expected.slice(0, 10));
      }
    });

    it("asked for too many it gives what exists", () => {
      const seen = byUser(rows);
      const top = retrieveTop(kind, model, Int32Array.of(0), 100, seen);
      const left = items - (seen.offsets[1]! - seen.offsets[0]!);
      expect([...top].filter((item) => item >= 0).length).toBe(left);
      expect([...top.subarray(left)].every((item) => item === -1)).toBe(true);
    });

    it("a user that does not exist is named", () => {
      expect(() => kind.score(model, Int32Array.of(users))).toThrow(`user is ${users}; allowed: 0 to ${users - 1}`);
    });

    it(seeded ? "the same seed gives the same model, another seed another" : "fitted twice it is the same model", async () => {
      const [first, again] = [kind.score(model, everyone), kind.score(await fit(1), everyone)];
      if (under.native === true) again.forEach((score, i) => expect(Math.abs(score - first[i]!)).toBeLessThan(1e-5));
      else expect(again).toEqual(first);
      if (seeded) expect(kind.score(await fit(2), everyone)).not.toEqual(first);
    });

    it("saved and loaded it scores the same bits, and saved again has the same bytes", async () => {
      const id = await kind.save(model, join(dir, "a"));
      const loaded = await kind.load(join(dir, "a"));
      expect(kind.score(loaded, everyone)).toEqual(kind.score(model, everyone));
      expect(await kind.save(loaded, join(dir, "b"))).toBe(id);
      for (const file of await readdir(join(dir, "a"))) expect(await readFile(join(dir, "b", file))).toEqual(await readFile(join(dir, "a", file)));
    });

    it("damaged files are refused with what to do", async () => {
      const at = join(dir, "damaged");
      await expect(kind.load(join(dir, "nowhere"))).rejects.toThrow("no complete model at");
      await kind.save(model, at);
      const weights = join(at, (await readdir(at)).find((name) => name.endsWith(".weights"))!);
      const bytes = await readFile(weights);
      bytes[20]! ^= 1;
      await writeFile(weights, bytes);
      await expect(kind.load(at)).rejects.toThrow("damaged weights");
      await rm(weights);
      await expect(kind.load(at)).rejects.toThrow("no weights at");
    });

    it("an abort ends the fit with its reason", async () => {
      await expect(kind.fit(rows, config, { signal: AbortSignal.abort(new Error("stopped by the test")) })).rejects.toThrow("stopped by the test");
    });

    it("bad interactions are named", async () => {
      const none = new Int32Array(0);
      await expect(kind.fit({ ...rows, user: none, item: none }, config)).rejects.toThrow("no interactions to learn from");
      await expect(kind.fit({ ...rows, item: rows.item.slice(1) }, config)).rejects.toThrow(`item holds ${rows.item.length - 1} values; expected ${rows.item.length}`);
      await expect(kind.fit({ ...rows, item: replaced(rows.item, 3, items) }, config)).rejects.toThrow(`item is ${items} in interaction 3; allowed: 0 to ${items - 1}`);
      await expect(kind.fit({ ...rows, user: replaced(rows.user, 4, -1) }, config)).rejects.toThrow("user is -1 in interaction 4");
      const weight = new Float32Array(rows.user.length).fill(1);
      await expect(kind.fit({ ...rows, weight: replaced(weight, 2, NaN) }, config)).rejects.toThrow("weight is NaN in interaction 2; allowed: finite, above 0");
    });

    for (const [wrong, message] of refused) {
      it(`refuses: ${message}`, async () => {
        await expect(kind.fit(rows, { ...config, ...wrong })).rejects.toThrow(message);
      });
    }
  });
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { afterAll, describe, expect, it } from "vitest";
import { contrast } from "../../../src/cases/visual-search/contrast.js";
import { formsOf, outputsOf } from "../../../src/cases/picture-net.js";
import { convNet, dims, visionTransformer } from "../../../src/cases/visual-search/networks.js";
import { searchPage } from "../../../src/cases/visual-search/write-page.js";
import { openShop, pixels, rehearsed, type Shop, views } from "../../../src/cases/visual-search/pictures.js";
import { allItems, hits, openSearch } from "../../../src/cases/visual-search/search.js";
import { served } from "../../../src/cases/visual-search/serve.js";
import { customers, designs, pagesOf, trade } from "../../../src/cases/visual-search/trade.js";
import { chromiumFlags, findChromium } from "../../../src/lab/chromium.js";

const folder = mkdtempSync(join(tmpdir(), "visual-search-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const browser = findChromium();
const shop = openShop(3, { items: 200, sellers: 12 });
const there = shop.inStock.indexOf(1, 17); // an item in stock

describe("views", () => {
  it("without a distortion are the pictures; the same draw gives the same view, another one another", () => {
    const plain = views(shop, [7], [], 0);
    const own = shop.pictures.subarray(7 * pixels, 8 * pixels);
    expect(Math.max(...plain.map((v, i) => Math.abs(v - own[i]! / 255)))).toBeLessThan(0.002); // the border is sampled a thousandth inside
    expect(views(shop, [7, 8], ["photo"], 1)).toEqual(views(shop, [7, 8], ["photo"], 1));
    expect(views(shop, [7], ["photo"], 1)).not.toEqual(views(shop, [7], ["photo"], 2));
    expect(rehearsed).not.toContain("occlusion");
  });
});

describe("the networks", () => {
  it.each([convNet, visionTransformer])(
    "say the same in ONNX as in TensorFlow, nearly so in int8: %o",
    async (make) => {
      const net = make(1);
      const some = views(shop, [1, 2, 3], ["photo"], 4);
      const here = outputsOf(net, some);
      for (const [form, graph] of Object.entries(formsOf(net))) {
        const encoder = await served(form, graph);
        const there = await encoder.encode(some);
        await encoder.close();
        const most = Math.max(...here.map((x, i) => Math.abs(x - there[i]!)));
        expect(most).toBeLessThan(form === "int8" ? 0.03 : 1e-5);
      }
      expect(here.subarray(0, dims).reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 4);
    },
  );

  it("find more cropped prints after training by contrast, on prints that it did not see", async () => {
    const half = (odd: number) => allItems(shop).filter((item) => shop.product[item]! % 2 === odd);
    const queries = half(1);
    const recall = async (net: ReturnType<typeof convNet>): Promise<number> => {
      const encoder = { name: net.name, width: dims, encode: (some: Float32Array) => outputsOf(net, some) };
      const search = await openSearch(shop, encoder);
      const { ids } = search.find(await encoder.encode(views(shop, queries, ["crop"], -1)), 5);
      return hits(shop, queries, ids, 5).reduce((sum, hit) => sum + hit, 0) / queries.length;
    };
    const before = await recall(convNet(3));
    const after = await recall(await contrast(convNet(3), shop, half(0), { epochs: 8, batchSize: 32 }));
    expect(after).toBeGreaterThan(before + 0.05);
  });
});

describe("pages and money", () => {
  const tiny: Shop = {
    ...shop,
    count: 4,
    product: Int32Array.of(0, 0, 2, 3),
    topic: Int32Array.of(1, 1, 1, 2),
    look: Float64Array.of(0, 0, 0, 0),
    inStock: Uint8Array.of(0, 1, 1, 1),
    cents: Int32Array.of(100, 100, 200, 400),
  };
  const search = {
    find: (_: Float32Array, k: number) => {
      const ids = Int32Array.from({ length: k }, (__, i) => (i < 4 ? i : -1));
      return { ids, scores: Float32Array.from(ids, (id) => -id) };
    },
  };

  it("of what looks most alike hold sold-out items and copies; those of what sells do not", () => {
    expect([...pagesOf(tiny, search, new Float32Array(1), 1, designs.finds)]).toEqual([0, 1, 2, 3, -1]);
    expect([...pagesOf(tiny, search, new Float32Array(1), 1, designs.sells)]).toEqual([1, 2, 3, -1, -1]);
  });

  it("are worth what a customer who looks down the page is expected to buy", () => {
    const { exact, similar, leaves, returned, returnCents } = customers;
    const target = Int32Array.of(0);
    const one = trade(tiny, target, pagesOf(tiny, search, new Float32Array(1), 1, designs.finds));
    const second = (1 - leaves) * 0.85 * exact;
    const third = (1 - leaves - second) * 0.7 * similar;
    expect(one.sentAway).toBeCloseTo(leaves, 12);
    expect(one.purchases).toBeCloseTo(second + third, 12);
    expect(one.cents).toBeCloseTo(second * 100 + third * ((1 - returned) * 200 - returned * returnCents), 10);
    expect(one.recall).toBe(1);
    const other = trade(tiny, target, pagesOf(tiny, search, new Float32Array(1), 1, designs.sells));
    expect(other).toMatchObject({ sentAway: 0, recall: 1 });
    expect(other.cents).toBeGreaterThan(one.cents);
  });
});

describe("the page of the search", () => {
  it.skipIf(browser === undefined)(
    "finds an uploaded picture without a network, as Node does",
    { timeout: 60_000 },
    async () => {
      const { int8 } = formsOf(convNet(3));
      const file = join(folder, "search #1.html");
      writeFileSync(file, await searchPage(shop, int8));
      const opened = await chromium.launch({ executablePath: browser!, args: [...chromiumFlags] });
      try {
        const page = await (await opened.newContext({ offline: true })).newPage();
        const faults: string[] = [];
        page.on("pageerror", (error) => faults.push(error.message));
        await page.goto(pathToFileURL(file).href);
        await page.waitForSelector("#results figure");
        const found = await page.evaluate<{ item: number; score: number }[]>(`shop.ofItem(${there})`);
        expect(shop.product[found[0]!.item]).toBe(shop.product[there]);
        expect(found.every(({ item }) => shop.inStock[item] === 1)).toBe(true);
        const encoder = await served("int8", int8);
        const vectors = await encoder.encode(views(shop, [there, found[1]!.item], [], 0));
        await encoder.close();
        const inNode = vectors.subarray(0, dims).reduce((sum, x, d) => sum + x * vectors[dims + d]!, 0);
        expect(Math.abs(found[1]!.score - inNode)).toBeLessThan(0.03);
        // a file of one's own: the print that is drawn now
        const url = await page.evaluate<string>(
          "document.querySelector('#samples button:nth-child(4) canvas').toDataURL()",
        );
        const buffer = Buffer.from(url.split(",")[1]!, "base64");
        await page.uncheck("input[name=stock]");
        await page.setInputFiles("input[type=file]", { name: "photo.png", mimeType: "image/png", buffer });
        const print = shop.product[Math.floor((3 * shop.count) / 10)];
        await page.locator("#results figure:first-child", { hasText: `print ${print},` }).waitFor();
        expect(faults).toEqual([]);
        await page.screenshot({ path: join(folder, "page.png"), fullPage: true });
      } finally {
        await opened.close();
      }
    },
  );
});

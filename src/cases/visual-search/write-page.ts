/** Query by a picture in a page: one HTML file with the network in int8, the shop's pictures and their vectors; it needs no network. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { filledPage, pageFile } from "../../serving/edge/write-page.js";
import type { Shop } from "./pictures.js";
import { views } from "./pictures.js";
import { allItems } from "./search.js";
import { served } from "./serve.js";

/** The page. @param graph of a network, as `formsOf` gives it */
export async function searchPage(shop: Shop, graph: Uint8Array): Promise<string> {
  const encoder = await served("page", graph);
  const vectors = Int8Array.from(await encoder.encode(views(shop, allItems(shop), [], 0)), (x) => Math.round(127 * x));
  await encoder.close();
  const facts = { product: Array.from(shop.product), inStock: Array.from(shop.inStock) };
  const [template, script, open] = await Promise.all([own("index.html"), own("page.js"), pageFile("open.js")]);
  const blocks = {
    graph,
    pictures: shop.pictures,
    vectors: new Uint8Array(vectors.buffer),
    items: Buffer.from(JSON.stringify(facts)),
  };
  return (await filledPage(template!, { "/*SCRIPT*/": `${open!}\n${script!}` }, blocks)).html;
}

/** A build by the compiler alone has no page next to it; the files of the sources are used then. */
function own(name: string): Promise<string> {
  const built = new URL(`./page/${name}`, import.meta.url);
  return readFile(
    existsSync(built) ? built : new URL(`../../../src/cases/visual-search/page/${name}`, import.meta.url),
    "utf8",
  );
}

/* global $, block, openRuntime */
// The page of the search: a canvas of 32 × 32 is the photo; its vector is compared with those of all items.
const [side, dims, shown] = [32, 64, 5];
const form = $("controls").elements;
let runtime, session, pictures, vectors, items, source;
let searches = 0;

/** Draws an item of the shop. */
function paint(canvas, item) {
  const size = side * side;
  const image = new ImageData(side, side);
  for (let p = 0; p < size; p++)
    for (let c = 0; c < 4; c++) image.data[4 * p + c] = c === 3 ? 255 : pictures[(item * size + p) * 3 + c];
  canvas.width = canvas.height = side;
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** What the camera sees now: [32 × 32 × 3], 0 … 1. */
function photo() {
  const context = $("query").getContext("2d", { willReadFrequently: true });
  const [zoom, cover, warm] = ["zoom", "cover", "warm"].map((name) => Number(form[name].value));
  const whole = Math.min(source.width, source.height);
  const part = whole / zoom;
  context.imageSmoothingEnabled = zoom > 1 || whole !== side;
  context.drawImage(source, (source.width - part) / 2, (source.height - part) / 2, part, part, 0, 0, side, side);
  const image = context.getImageData(0, 0, side, side);
  for (let p = 0; p < side * side; p++) {
    image.data[4 * p] *= warm; // clamped to 255
    image.data[4 * p + 2] /= warm;
  }
  context.putImageData(image, 0, 0);
  context.fillStyle = "#b98a6a";
  context.fillRect(4, side - cover, cover, cover);
  const { data } = context.getImageData(0, 0, side, side);
  return Float32Array.from({ length: side * side * 3 }, (_, i) => data[4 * Math.floor(i / 3) + (i % 3)] / 255);
}

async function search() {
  const began = performance.now();
  const mine = ++searches;
  const numbers = new runtime.Tensor("float32", photo(), [1, side * side * 3]);
  const { data } = (await session.run({ numbers })).outputs;
  const scores = items.product.map((_, item) => {
    let score = 0;
    for (let d = 0; d < dims; d++) score += data[d] * vectors[item * dims + d];
    return score / 127;
  });
  const prints = new Set();
  const found = [...scores.keys()]
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .filter((item) => {
      if (!form.stock.checked) return true;
      const takes = items.inStock[item] === 1 && !prints.has(items.product[item]);
      if (takes) prints.add(items.product[item]);
      return takes;
    })
    .slice(0, shown);
  const ms = performance.now() - began;
  const rows = found.map((item) => ({ item, score: scores[item] }));
  if (mine !== searches) return rows; // a later picture is on the page already, or about to be
  $("results").replaceChildren(...found.map((item) => card(item, scores[item])));
  $("state").textContent =
    `${scores.length.toLocaleString("en")} items searched in ${ms.toFixed(1)} ms on this device.`;
  return rows;
}

function card(item, score) {
  const [figure, caption] = [document.createElement("figure"), document.createElement("figcaption")];
  const there = items.inStock[item] === 1;
  caption.textContent = `print ${items.product[item]}, ${there ? "in stock" : "sold out"}, likeness ${score.toFixed(2)}`;
  figure.className = there ? "" : "out";
  figure.append(paint(document.createElement("canvas"), item), caption);
  return figure;
}

const use = (picture) => ((source = picture), search());
const ofItem = (item) => use(paint(document.createElement("canvas"), item));

[runtime, pictures, vectors, items] = await Promise.all([
  openRuntime(),
  block("pictures"),
  block("vectors").then((bytes) => new Int8Array(bytes.buffer)),
  block("items").then((bytes) => JSON.parse(new TextDecoder().decode(bytes))),
]);
session = await runtime.InferenceSession.create(await block("graph"));
for (let i = 0; i < 10; i++) {
  const button = document.createElement("button");
  const item = Math.floor((i * items.product.length) / 10);
  button.type = "button";
  button.setAttribute("aria-label", `print ${items.product[item]}`);
  button.append(paint(document.createElement("canvas"), item));
  button.addEventListener("click", () => ofItem(item));
  $("samples").append(button);
}
form.file.addEventListener("change", async () => use(await createImageBitmap(form.file.files[0])));
for (const name of ["zoom", "warm", "cover", "stock"]) form[name].addEventListener("input", search);
await ofItem(0);
window.shop = { ofItem, search, items }; // for tests and for who is curious

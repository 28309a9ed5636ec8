/* global device, $, block, openRuntime */
// `device` is the funnel (serving/edge/device.ts), bundled. This script opens the data that stand in the page, and draws.

const hourMs = 3_600_000;
let opened;
let visit = 0;
let page = 0;
let shown = [];
let clicks = new Map(); // topic → videos watched in this visit

/** The request of the visit's next page. */
function request() {
  const { bundle, catalogue } = opened;
  const session = bundle.day * 2 ** 27 + visit;
  return {
    day: bundle.day,
    count: 1,
    request: Float64Array.of(session * 64 + page),
    session: Float64Array.of(session),
    user: Int32Array.of(0),
    page: Uint8Array.of(Math.min(page, 63)),
    timeMs: Int32Array.of(Number($("controls").elements.hour.value) * hourMs),
    device: Uint8Array.of(catalogue.users.device[0]),
  };
}

/** The page's outcome goes to the funnel, then the next page is made. */
async function next(fresh = false) {
  if (shown.length > 0) opened.policy.apply(outcomes());
  if (fresh) [visit, page, clicks] = [visit + 1, 0, new Map()];
  else if (shown.length > 0) page++;
  const began = performance.now();
  const slates = await opened.policy.recommend(request());
  const ms = performance.now() - began;
  shown = [...slates.video].filter((video) => video >= 0).map((video) => ({ video, watched: false }));
  draw(ms);
  return { videos: shown.map(({ video }) => video), ms };
}

function outcomes() {
  const { session } = request();
  const column = (Type, value) => Type.from(shown, value);
  return {
    count: shown.length,
    user: new Int32Array(shown.length),
    session: new Float64Array(shown.length).fill(session[0]),
    video: column(Int32Array, ({ video }) => video),
    click: column(Uint8Array, ({ watched }) => (watched ? 1 : 0)),
    watchMs: column(Int32Array, ({ video, watched }) => (watched ? opened.catalogue.videos.durationMs[video] / 2 : 0)),
    campaign: new Int16Array(shown.length),
  };
}

const time = (ms) => `${Math.floor(ms / 60_000)}:${String(Math.round(ms / 1000) % 60).padStart(2, "0")}`;

function draw(ms) {
  const { videos, topicNames } = opened.catalogue;
  const names = opened.bundle.titles;
  $("feed").replaceChildren(
    ...shown.map(({ video }, place) => {
      const card = document.createElement("button");
      card.type = "button";
      card.setAttribute("aria-pressed", "false");
      card.innerHTML = picture(video, videos.topic[video]);
      const [title, about] = [document.createElement("strong"), document.createElement("small")];
      title.textContent = names?.[video] ?? `video ${video}`;
      about.textContent = `${topicNames[videos.topic[video]]} · ${time(videos.durationMs[video])}`;
      card.append(title, about);
      card.addEventListener("click", () => watch(place));
      return card;
    }),
  );
  $("state").textContent =
    `${videos.count.toLocaleString("en")} videos, day ${opened.bundle.day}, page ${page + 1} of visit ${visit + 1}: ` +
    `${ms.toFixed(1)} ms on this device.`;
  learned();
}

function watch(place) {
  const one = shown[place];
  if (!one || one.watched) return;
  one.watched = true;
  $("feed").children[place].setAttribute("aria-pressed", "true");
  const topic = opened.catalogue.topicNames[opened.catalogue.videos.topic[one.video]];
  clicks.set(topic, (clicks.get(topic) ?? 0) + 1);
  learned();
}

function learned() {
  const list = [...clicks].sort(([, a], [, b]) => b - a).map(([topic, n]) => `${topic} ${n}`);
  $("learned").textContent = list.length
    ? `Watched: ${list.join(", ")}. The next page knows it, and shows none of these videos again.`
    : "Nothing yet: watch a video, then ask for the next page.";
}

/** A drawing of its own for each video: the topic's colour, shapes by the id. */
function picture(video, topic) {
  const hue = (topic * 137) % 360;
  let state = video + 1;
  const draw = (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * most;
  };
  const shapes = Array.from({ length: 5 }, (_, i) => {
    const [x, y, size] = [draw(160), draw(90), 8 + draw(34)];
    const fill = `hsl(${(hue + draw(70) - 35).toFixed(0)} 60% ${(45 + draw(35)).toFixed(0)}%)`;
    return (video + i) % 2
      ? `<circle cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" r="${size.toFixed(0)}" fill="${fill}"/>`
      : `<rect x="${x.toFixed(0)}" y="${y.toFixed(0)}" width="${size.toFixed(0)}" height="${size.toFixed(0)}" fill="${fill}"/>`;
  });
  return `<svg viewBox="0 0 160 90" aria-hidden="true"><rect width="160" height="90" fill="hsl(${hue} 45% 30%)"/>${shapes.join("")}</svg>`;
}

async function start() {
  const began = performance.now();
  opened = await device.openDevice(await block("bundle"), await openRuntime());
  for (let i = 0; i < 8; i++) await opened.policy.recommend(request()); // code is compiled and caches fill before the first page
  const { ms: firstMs } = await next();
  window.edge = { opened, next, watch, firstMs, openMs: performance.now() - began }; // for tests and for who is curious
}

$("next").addEventListener("click", () => next());
$("visit").addEventListener("click", () => next(true));
$("controls").elements.hour.addEventListener("input", ({ target }) => {
  target.nextElementSibling.textContent = `${target.value}:00`;
});
addEventListener("keydown", (event) => {
  if (!opened || event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^[1-9]$/.test(event.key)) watch(Number(event.key) - 1);
  if (event.key === "n") next();
  if (event.key === "v") next(true);
});
start().catch((error) => {
  $("state").textContent = `cannot open: ${error.message}`;
});

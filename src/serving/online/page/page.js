/**
 * The page of the service: one person's feed, or two people's, as each stage of the funnel leaves it. All that is shown comes from
 * `POST /recommend` with a trace and `GET /videos`; what is chosen is in the address. Text goes in as text, never as HTML.
 */
const settings = ["diversity", "exploration", "adLoad", "clickWeight"];
const stages = [
  ["retrieved", "Retrieved", "best of each source first"],
  ["ranked", "Ranked", "by the ranker's score"],
  ["removed", "Removed or moved", "by re-ranking, and why"],
  ["shown", "Shown", "the page, after exploration"],
];
const tones = {
  ...{ "two-tower": "#0072b2", popular: "#e69f00", fresh: "#009e73", trending: "#d55e00", uniform: "#999999" },
  ...{ affinity: "#56b4e9", followed: "#cc79a7", "item-to-item": "#56b4e9", ad: "#b8860b", other: "#777777" },
};
const stageTones = ["#0072b2", "#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#d55e00"];
const most = 60; // videos of a stage that are drawn
const form = document.getElementById("controls");
const people = document.getElementById("people");
const dialog = document.getElementById("why");
const videos = new Map(); // what the service says of each video, by id
let answers = []; // of the columns
let asking = new AbortController();

/** An element with attributes (functions are listeners) and children. */
function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== false));
  return element;
}

// --- what is chosen, in the address ---

function chosen() {
  const words = new URLSearchParams(location.search);
  const tuning = Object.fromEntries(
    settings.filter((name) => words.has(name)).map((name) => [name, Number(words.get(name))]),
  );
  const stage = stages.some(([name]) => name === words.get("stage")) ? words.get("stage") : "shown";
  return {
    a: words.get("a") ?? "0",
    b: words.get("b") ?? "1",
    two: words.has("two"),
    own: words.has("own"),
    stage,
    tuning,
  };
}

/** Changes the address and shows what it says: another stage needs no new answer. */
function choose(change) {
  const words = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === false) words.delete(name);
    else words.set(name, value === true ? "" : value);
  }
  history.replaceState(null, "", `?${words}`);
  fill();
  if (Object.keys(change).join() === "stage") draw();
  else ask();
}

/** The form as the address has it; a setting that is not in the address is the service's own. */
function fill() {
  const { a, b, two, own, tuning } = chosen();
  const put = (input, value) => document.activeElement !== input && (input.value = value);
  put(form.elements.a, a);
  put(form.elements.b, b);
  form.elements.two.checked = two;
  form.elements.own.checked = own;
  form.elements.b.disabled = form.elements.own.disabled = !two;
  for (const name of settings) {
    const input = form.elements[name];
    const set = tuning[name] !== undefined;
    put(input, tuning[name] ?? 0);
    input.toggleAttribute("data-own", !set);
    input.previousElementSibling.textContent = set ? input.value : "as it is";
  }
}

// --- asking ---

async function json(path, body, signal = asking.signal) {
  const response = await fetch(path, {
    signal,
    ...(body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `the service answers ${response.status}`);
  return answer;
}

async function ask() {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const { a, b, two, own, tuning } = chosen();
  const columns = two
    ? [
        { user: a, tuning },
        { user: b, tuning: own ? {} : tuning },
      ]
    : [{ user: a, tuning }];
  const of = ({ user, tuning }) => ({ ...(user !== "" && { user: Number(user) }), tuning, trace: true });
  people.setAttribute("aria-busy", "true");
  const found = await Promise.all(
    columns.map((column) => json("/recommend", of(column)).catch((error) => ({ fault: error.message, ...column }))),
  );
  if (signal.aborted) return;
  answers = found;
  people.removeAttribute("aria-busy");
  await draw();
}

/** Titles and pictures of videos that are not known yet, in one call. */
async function learn(ids) {
  const unknown = [...new Set(ids)].filter((id) => !videos.has(id));
  for (let from = 0; from < unknown.length; from += 100) {
    const { videos: told } = await json(`/videos?ids=${unknown.slice(from, from + 100).join(",")}`);
    for (const one of told) videos.set(one.video, one);
  }
}

// --- drawing ---

/** Videos of a stage in its order, each with what the stage says of it. */
function videosOf(stage, { items, trace: { candidates, removed, moved } }) {
  const known = new Map(candidates.map((one) => [one.video, one]));
  const place = (n) => (n === null || n === undefined ? "" : `place ${n + 1}`);
  if (stage === "retrieved") {
    const order = [...candidates].sort((x, y) => x.retrieved - y.retrieved);
    return order.map((one) => ({ ...one, note: place(one.retrieved) }));
  }
  if (stage === "ranked")
    return candidates.map((one, at) => ({
      ...one,
      note: `${at + 1}: ${percent(one.clickProbability)} click × ${minutes(one.watchMs)}`,
    }));
  if (stage === "removed") {
    const notes = new Map(); // a video may leave by two sources, and move in two steps
    const add = (video, note) => notes.set(video, (notes.get(video) ?? new Set()).add(note));
    for (const { video, stage: by, reason } of removed) add(video, `out (${by}): ${reason}`);
    for (const { video, from, to, reason } of moved) add(video, `${from < 0 ? "" : from + 1} → ${to + 1}: ${reason}`);
    return [...notes].map(([video, all]) => ({ ...known.get(video), video, note: [...all].join("; ") }));
  }
  return items.map((item) => ({
    ...known.get(item.video),
    ...item,
    note:
      item.campaign > 0
        ? `ad, ${(item.priceMicros / 1e6).toFixed(2)} per click`
        : `drawn with probability ${percent(item.propensity)}`,
  }));
}

async function draw() {
  const { stage } = chosen();
  const lists = answers.map((answer) => (answer.trace ? videosOf(stage, answer) : []));
  drawStages(stage);
  try {
    await learn(lists.flatMap((list) => list.slice(0, most).map(({ video }) => video)));
  } catch (error) {
    if (error.name === "AbortError") return;
  }
  const focus = document.activeElement?.dataset?.at; // the same place keeps the focus
  people.replaceChildren(...answers.map((answer, column) => person(answer, lists[column], column)));
  if (focus !== undefined) people.querySelector(`[data-at="${focus}"]`)?.focus();
  document.documentElement.dataset.drawn = stage;
}

function drawStages(stage) {
  const counts = (name) => answers.filter(({ trace }) => trace).map((answer) => videosOf(name, answer).length);
  const tab = ([name, label, title], at) =>
    h(
      "button",
      {
        role: "tab",
        type: "button",
        title: `${title} (key ${at + 1})`,
        "aria-controls": "people",
        "aria-selected": String(name === stage),
        tabindex: name === stage ? 0 : -1,
        click: () => choose({ stage: name }),
      },
      `${label} ${counts(name).join(" | ")}`,
    );
  const held = document.activeElement?.role === "tab";
  const list = document.getElementById("stages");
  list.replaceChildren(...stages.map(tab));
  if (held) list.querySelector("[aria-selected=true]").focus();
}

function person(answer, list, column) {
  const name =
    answer.user === null || answer.user === undefined || answer.user === "" ? "Somebody new" : `User ${answer.user}`;
  if (answer.fault) return h("section", {}, h("h2", {}, name), h("p", { class: "warning" }, answer.fault));
  const { trace, degraded, latencyMs, policy, day, timeMs, device, staleness } = answer;
  const total = sum(trace.sources.map(({ candidates }) => candidates));
  const parts = trace.stages.filter(({ stage }) => stage !== "total");
  const shown = list.slice(0, most);
  return h(
    "section",
    { "aria-label": name },
    h("h2", {}, name),
    h(
      "p",
      {},
      `${policy}, day ${day} at ${clock(timeMs)}, on ${device}; features know all up to ${age(staleness.ageMs)} ago`,
    ),
    ...degraded.map(({ stage, to, reason }) => h("p", { class: "warning" }, `${stage}: ${reason}, fell back to ${to}`)),
    bar(
      `${total} candidates by source`,
      trace.sources.map(({ source, candidates }) => [
        source,
        candidates,
        tones[source] ?? tones.other,
        `${candidates}`,
      ]),
    ),
    bar(
      `${latencyMs.toFixed(1)} ms by stage`,
      parts.map(({ stage, ms }, at) => [stage, ms, stageTones[at % stageTones.length], `${ms.toFixed(2)} ms`]),
    ),
    h(
      "ul",
      { class: "videos" },
      shown.map((one, at) => h("li", {}, card(one, answer, `${column}-${at}`))),
    ),
    list.length === 0 && h("p", {}, "nothing here"),
    list.length > most && h("p", {}, `and ${list.length - most} more`),
  );
}

/** Shares of a whole, with a legend: no colour without its name. */
function bar(title, parts) {
  const whole = sum(parts.map(([, value]) => value)) || 1;
  return h(
    "div",
    {},
    h("h3", {}, title),
    h(
      "div",
      { class: "bar", "aria-hidden": "true" },
      parts.map(([, value, tone]) => h("i", { style: `--tone:${tone};width:${(100 * value) / whole}%` })),
    ),
    h(
      "ul",
      { class: "legend" },
      parts.map(([name, , tone, text]) => h("li", { style: `--tone:${tone}` }, `${name} ${text}`)),
    ),
  );
}

function card(one, answer, at) {
  const known = videos.get(one.video);
  return h(
    "button",
    {
      type: "button",
      "data-at": at,
      "data-video": one.video,
      class: one.campaign > 0 ? "ad" : "",
      click: () => why(one, answer),
    },
    picture(known),
    h("span", { class: "title" }, known?.title ?? `video ${one.video}`),
    known && h("span", { class: "note" }, `${known.topic}, ${minutes(known.durationMs)}`),
    one.source && h("span", { class: "source", style: `--tone:${tones[one.source] ?? tones.other}` }, one.source),
    h("span", { class: "note" }, one.note),
  );
}

/** The thumbnail: [size, size, 3] bytes in base64. */
function picture(known) {
  const canvas = h("canvas", { "aria-hidden": "true", width: 32, height: 32 });
  if (!known?.thumbnail) return canvas;
  const rgb = Uint8Array.from(atob(known.thumbnail), (letter) => letter.charCodeAt(0));
  const size = (canvas.width = canvas.height = Math.round(Math.sqrt(rgb.length / 3)));
  const image = new ImageData(size, size);
  for (let i = 0; i < size * size; i++) image.data.set([rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], 255], 4 * i);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** Why a video is where it is: what each stage said of it. */
function why({ video, source }, { items, trace }) {
  const known = videos.get(video);
  const ranked = trace.candidates.findIndex((one) => one.video === video);
  const candidate = trace.candidates[ranked];
  const at = items.findIndex((item) => item.video === video);
  const row = (name, value) => value !== undefined && h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value));
  dialog.replaceChildren(
    picture(known),
    h("h2", { id: "why-title" }, known?.title ?? `video ${video}`),
    h("table", {}, [
      row(
        "Video",
        `${video}${known ? `, ${known.topic}, creator ${known.creator}, ${known.language}, ${minutes(known.durationMs)}` : ""}`,
      ),
      row("Retrieved", candidate ? `by ${source ?? candidate.source}, place ${candidate.retrieved + 1}` : undefined),
      row(
        "Ranked",
        candidate && candidate.score !== null
          ? `place ${ranked + 1}, score ${candidate.score.toPrecision(3)}: ${percent(candidate.clickProbability)} click × ${minutes(candidate.watchMs)}`
          : undefined,
      ),
      ...trace.removed
        .filter((one) => one.video === video)
        .map(({ stage, reason }) => row(`Removed by ${stage}`, reason)),
      ...trace.moved
        .filter((one) => one.video === video)
        .map(({ from, to, reason }) => row("Moved", `${from < 0 ? "" : from + 1} → ${to + 1}: ${reason}`)),
      row("Shown", at < 0 ? "no" : `place ${at + 1}, with probability ${percent(items[at].propensity)}`),
      ...(at < 0 ? [] : trace.features.map(({ name, values }) => row(name, number(values[at])))),
    ]),
    h("form", { method: "dialog" }, h("button", {}, "Close")),
  );
  dialog.showModal();
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const percent = (share) => (share == null ? "–" : `${Number((100 * share).toPrecision(2))} %`);
const minutes = (ms) =>
  ms === null || ms === undefined
    ? "–"
    : ms < 60_000
      ? `${Math.round(ms / 1000)} s`
      : `${(ms / 60_000).toFixed(1)} min`;
const clock = (ms) => new Date(ms).toISOString().slice(11, 16);
const age = (ms) =>
  ms < 60_000
    ? `${Math.round(ms / 1000)} s`
    : ms < 7_200_000
      ? `${Math.round(ms / 60_000)} min`
      : `${(ms / 3_600_000).toFixed(1)} h`;
const number = (value) =>
  value === undefined ? undefined : Number.isInteger(value) ? String(value) : value.toPrecision(4);

// --- what a person does ---

let waiting;
form.addEventListener("input", ({ target }) => {
  clearTimeout(waiting);
  if (!target.validity.valid) return;
  const value = target.type === "checkbox" ? target.checked : target.value;
  if (target.type === "range")
    ((target.previousElementSibling.textContent = value), target.removeAttribute("data-own"));
  waiting = setTimeout(() => choose({ [target.name]: value }), target.type === "checkbox" ? 0 : 150);
});
form.addEventListener("submit", (event) => event.preventDefault());
const own = () => choose(Object.fromEntries(settings.map((name) => [name, undefined])));
document.getElementById("reset").addEventListener("click", own);
document.getElementById("again").addEventListener("click", () => ask());
window.addEventListener("popstate", () => (fill(), ask()));

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (dialog.open || event.ctrlKey || event.metaKey || event.altKey || target.matches("input:not([type=checkbox])"))
    return;
  const { a, two } = chosen();
  const cards = [...people.querySelectorAll("[data-at]")];
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
  const at = cards.indexOf(target);
  const tab = stages.findIndex(([name]) => name === chosen().stage);
  if (step !== undefined && target.role === "tab")
    choose({ stage: stages[(tab + step + stages.length) % stages.length][0] });
  else if (step !== undefined && at >= 0) cards[Math.min(cards.length - 1, Math.max(0, at + step))].focus();
  else if (/^[1-4]$/.test(key)) choose({ stage: stages[Number(key) - 1][0] });
  else if (key === "[" || key === "]") choose({ a: String(Math.max(0, Number(a) + (key === "]" ? 1 : -1))) });
  else if (key === "b") choose({ two: !two });
  else if (key === "r") ask();
  else if (key === "0") own();
  else return;
  event.preventDefault();
});

fill();
ask();
json("/readyz", undefined, null)
  .then(
    ({ day, versions = {} }) =>
      `ready, day ${day}; ${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", ")}`,
  )
  .catch((error) => `not ready: ${error.message}`)
  .then((text) => (document.getElementById("service").textContent = text));

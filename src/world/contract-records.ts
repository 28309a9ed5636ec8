/** The shape of the public record: which fields a world may hand out, their types, and the ranges of their values. */
import {
  ageBands,
  conversions,
  dayMs,
  devices,
  languages,
  regions,
  shardCount,
  type Catalogue,
  type FeedbackBatch,
  type RequestBatch,
  type SlateBatch,
} from "../types.js";
import type { Visits } from "./shard-day.js";

type Kind = "number" | "Uint8Array" | "Int16Array" | "Int32Array" | "Float64Array";
type Shape = Readonly<Record<string, Kind>>;

const shapes = {
  users: {
    count: "number",
    joinDay: "Int16Array",
    ageBand: "Uint8Array",
    region: "Uint8Array",
    device: "Uint8Array",
    language: "Uint8Array",
  },
  videos: {
    count: "number",
    uploadDay: "Int16Array",
    topic: "Uint8Array",
    creator: "Int32Array",
    durationMs: "Int32Array",
    language: "Uint8Array",
    sponsored: "Uint8Array",
  },
  campaigns: {
    count: "number",
    video: "Int32Array",
    regions: "Uint8Array",
    ageBands: "Uint8Array",
    bidMicros: "Int32Array",
    dailyBudgetMicros: "Int32Array",
  },
  requests: {
    day: "number",
    count: "number",
    request: "Float64Array",
    session: "Float64Array",
    user: "Int32Array",
    page: "Uint8Array",
    timeMs: "Int32Array",
    device: "Uint8Array",
  },
  feedback: {
    count: "number",
    slots: "number",
    click: "Uint8Array",
    watchMs: "Int32Array",
    like: "Uint8Array",
    share: "Uint8Array",
    hide: "Uint8Array",
    follow: "Uint8Array",
    conversion: "Uint8Array",
    revenueMicros: "Int32Array",
  },
  visits: { count: "number", user: "Int32Array", session: "Float64Array", startMs: "Int32Array", endMs: "Int32Array" },
} as const satisfies Readonly<Record<string, Shape>>;

/** Throws unless a record has exactly the fields of its shape (and, where stated, an optional one), hidden and symbol keys included. */
function checkShape(name: string, record: object, shape: Shape, optional: Shape = {}): void {
  for (const key of Reflect.ownKeys(record)) {
    if (typeof key === "symbol" || !(key in shape || key in optional))
      throw new Error(
        `${name}: unknown field ${String(key)}; allowed in the public record: ${Object.keys({ ...shape, ...optional }).join(", ")}`,
      );
  }
  const values = record as Readonly<Record<string, unknown>>;
  for (const [key, kind] of Object.entries({ ...shape, ...optional })) {
    if (!(key in record) && key in optional) continue;
    const value = values[key];
    const found = typeof value === "number" ? "number" : Object.prototype.toString.call(value).slice(8, -1);
    if (found !== kind) throw new Error(`${name}.${key} is ${found}; allowed: ${kind}`);
  }
}

function checkColumn(name: string, column: ArrayLike<number>, length: number, low: number, high: number): void {
  if (column.length !== length) throw new Error(`${name} has ${column.length} values; allowed: ${length}`);
  for (let i = 0; i < length; i++) {
    const value = column[i]!;
    if (!(value >= low && value <= high && Number.isInteger(value)))
      throw new Error(`${name}[${i}] is ${value}; allowed: an integer in [${low}, ${high}]`);
  }
}

/** Throws unless a catalogue is the public record and nothing else, its codes known, its uploads in order. `days`: of the horizon. */
export function checkCatalogue(catalogue: Catalogue, days: number): void {
  const { users, videos, campaigns, topicNames, creatorCount, liveVideos, ...rest } = catalogue;
  const unknown = Reflect.ownKeys(rest)[0];
  if (unknown !== undefined)
    throw new Error(
      `catalogue: unknown field ${String(unknown)}; allowed in the public ` +
        `record: users, videos, campaigns, topicNames, creatorCount, liveVideos`,
    );
  checkShape("catalogue.users", users, shapes.users);
  checkShape("catalogue.videos", videos, shapes.videos);
  if (campaigns) checkShape("catalogue.campaigns", campaigns, shapes.campaigns);
  for (const part of [users, videos, campaigns ?? {}])
    for (const [name, column] of Object.entries(part)) {
      if (ArrayBuffer.isView(column) && column.buffer.byteLength !== column.byteLength)
        throw new Error(
          `catalogue: ${name} is a window of ${column.byteLength} bytes on memory of ` +
            `${column.buffer.byteLength}; allowed: memory that holds this column only`,
        );
    }
  const u = users.count;
  const v = videos.count;
  checkColumn("users.joinDay", users.joinDay, u, -32768, days - 1);
  checkColumn("users.ageBand", users.ageBand, u, 0, ageBands.length - 1);
  checkColumn("users.region", users.region, u, 0, regions.length - 1);
  checkColumn("users.device", users.device, u, 0, devices.length - 1);
  checkColumn("users.language", users.language, u, 0, languages.length - 1);
  checkColumn("videos.topic", videos.topic, v, 0, topicNames.length - 1);
  checkColumn("videos.creator", videos.creator, v, 0, creatorCount - 1);
  checkColumn("videos.durationMs", videos.durationMs, v, 1, dayMs);
  checkColumn("videos.language", videos.language, v, 0, languages.length - 1);
  checkColumn("videos.sponsored", videos.sponsored, v, 0, 1);
  checkColumn("videos.uploadDay", videos.uploadDay, v, -32768, days - 1);
  for (let i = 1; i < v; i++)
    if (videos.uploadDay[i]! < videos.uploadDay[i - 1]!)
      throw new Error(`videos.uploadDay[${i}] is before its predecessor's; allowed: ids in order of upload`);
  checkColumn("liveVideos", liveVideos, days, 1, v);
  for (let day = 0; day < days; day++) {
    const live = liveVideos[day]!;
    if (videos.uploadDay[live - 1]! > day || (live < v && videos.uploadDay[live]! <= day))
      throw new Error(`liveVideos[${day}] is ${live}; allowed: the number of videos uploaded on or before day ${day}`);
  }
}

/**
 * Throws unless requests hold only the public fields, of users who have joined, each once, in this shard, with the ids of
 * `RequestBatch`.
 */
export function checkRequests(requests: RequestBatch, catalogue: Catalogue, shard: number, campaigns: number): void {
  const { day, count } = requests;
  checkShape("requests", requests, shapes.requests, { adBudgetMicros: "Int32Array" });
  checkColumn("requests.user", requests.user, count, 0, catalogue.users.count - 1);
  checkColumn("requests.page", requests.page, count, 0, 63);
  checkColumn("requests.timeMs", requests.timeMs, count, 0, dayMs - 1);
  checkColumn("requests.device", requests.device, count, 0, devices.length - 1);
  if (requests.adBudgetMicros)
    checkColumn("requests.adBudgetMicros", requests.adBudgetMicros, count * campaigns, 0, 2 ** 31 - 1);
  const seen = new Set<number>();
  for (let i = 0; i < count; i++) {
    const user = requests.user[i]!;
    const session = requests.session[i]!;
    if (user % shardCount !== shard)
      throw new Error(`user ${user} asks in shard ${shard}; allowed: ${user % shardCount}`);
    if (seen.has(user)) throw new Error(`user ${user} asks twice in a round; allowed: once`);
    seen.add(user);
    if (catalogue.users.joinDay[user]! > day)
      throw new Error(`user ${user} asks on day ${day}, but joins on day ${catalogue.users.joinDay[user]}`);
    if (Math.floor(session / 8) !== day * 2 ** 24 + user)
      throw new Error(`session ${session} of user ${user} on day ${day}; allowed: (day * 2^24 + user) * 8 + visit`);
    if (requests.request[i] !== session * 64 + requests.page[i]!)
      throw new Error(`request ${requests.request[i]} in session ${session}; allowed: session * 64 + page`);
  }
}

/**
 * Throws unless feedback holds only the public fields, and nothing happens that a platform could not see: no watching without a click,
 * nothing at an empty slot.
 */
export function checkFeedback(feedback: FeedbackBatch, slates: SlateBatch, catalogue: Catalogue): void {
  const size = slates.count * slates.slots;
  checkShape("feedback", feedback, shapes.feedback);
  if (feedback.count !== slates.count || feedback.slots !== slates.slots)
    throw new Error(`feedback is ${feedback.count} × ${feedback.slots}; allowed: ${slates.count} × ${slates.slots}`);
  for (const name of ["click", "like", "share", "hide", "follow"] as const)
    checkColumn(`feedback.${name}`, feedback[name], size, 0, 1);
  checkColumn("feedback.conversion", feedback.conversion, size, 0, conversions.length - 1);
  checkColumn("feedback.revenueMicros", feedback.revenueMicros, size, 0, 2 ** 31 - 1);
  checkColumn("feedback.watchMs", feedback.watchMs, size, 0, dayMs);
  for (let i = 0; i < size; i++) {
    const v = slates.video[i]!;
    const anything = (["watchMs", "like", "share", "follow", "conversion", "revenueMicros"] as const).find(
      (name) => feedback[name][i] !== 0,
    );
    if (feedback.click[i] === 0 && anything)
      throw new Error(`feedback.${anything}[${i}] is ${feedback[anything][i]} without a click; allowed: 0`);
    if (v < 0 && feedback.click[i] !== 0) throw new Error(`feedback.click[${i}] is 1 at an empty slot; allowed: 0`);
    if (v >= 0 && feedback.watchMs[i]! > catalogue.videos.durationMs[v]!)
      throw new Error(
        `feedback.watchMs[${i}] is ${feedback.watchMs[i]}; allowed: at most the video's ${catalogue.videos.durationMs[v]}`,
      );
  }
}

/** Throws unless visits hold only the public fields and lie within the day. */
export function checkVisits(visits: Visits): void {
  checkShape("visits", visits, shapes.visits);
  checkColumn("visits.startMs", visits.startMs, visits.count, 0, dayMs);
  for (let i = 0; i < visits.count; i++) {
    const [start, end] = [visits.startMs[i]!, visits.endMs[i]!];
    if (!(end >= start && end <= dayMs))
      throw new Error(
        `a visit of user ${visits.user[i]} lasts from ${start} to ${end} ms; allowed: to end between its start and midnight, ${dayMs}`,
      );
  }
}

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
} from "../../types.js";
import type { Visits } from "../shard-day.js";

type Kind = "number" | "Uint8Array" | "Int16Array" | "Int32Array" | "Float64Array";
type Shape = Readonly<Record<string, Kind>>;

/** A shape from its fields by kind. */
function shape(fields: Partial<Record<Kind, string>>): Shape {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([kind, names]) => names.split(" ").map((name) => [name, kind as Kind] as const)),
  );
}

const shapes = {
  users: shape({ number: "count", Int16Array: "joinDay", Uint8Array: "ageBand region device language" }),
  videos: shape({
    number: "count",
    Int16Array: "uploadDay",
    Int32Array: "creator durationMs",
    Uint8Array: "topic language sponsored",
  }),
  campaigns: shape({
    number: "count",
    Int32Array: "video bidMicros dailyBudgetMicros",
    Uint8Array: "regions ageBands",
  }),
  requests: shape({
    number: "day count",
    Float64Array: "request session",
    Int32Array: "user timeMs",
    Uint8Array: "page device",
  }),
  feedback: shape({
    number: "count slots",
    Int32Array: "watchMs revenueMicros",
    Uint8Array: "click like share hide follow conversion",
  }),
  visits: shape({ number: "count", Int32Array: "user startMs endMs", Float64Array: "session" }),
};

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

function checkColumns(
  of: string,
  record: object,
  length: number,
  ranges: Record<string, readonly [number, number]>,
): void {
  for (const [name, [low, high]] of Object.entries(ranges))
    checkColumn(`${of}.${name}`, (record as Record<string, ArrayLike<number>>)[name]!, length, low, high);
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
  checkColumns("users", users, u, {
    joinDay: [-32768, days - 1],
    ageBand: [0, ageBands.length - 1],
    region: [0, regions.length - 1],
    device: [0, devices.length - 1],
    language: [0, languages.length - 1],
  });
  checkColumns("videos", videos, v, {
    topic: [0, topicNames.length - 1],
    creator: [0, creatorCount - 1],
    durationMs: [1, dayMs],
    language: [0, languages.length - 1],
    sponsored: [0, 1],
    uploadDay: [-32768, days - 1],
  });
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

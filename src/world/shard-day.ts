/**
 * One shard through one day, in rounds: `next()` gives a page request for every user with an open visit, in the order of
 * user ids, `respond` plays what they do with the pages, until all have left. A second visit of a day begins after the
 * first has ended. Changes the state of this shard's users and this shard's row of the click counts only.
 */
import { uniform } from "../random.js";
import { dayMs, shardCount } from "../types.js";
import type { Day, FeedbackBatch, RequestBatch, SlateBatch } from "../types.js";
import { look } from "./choice/choice.js";
import { botLeaves, playBotPage } from "./people/fraud.js";
import { newMoment } from "./choice/moment.js";
import type { Moment } from "./choice/moment.js";
import { chargeClicks, playPage } from "./choice/page.js";
import { adBudget } from "./ads.js";
import { answered } from "./people/behaviour.js";
import { checkSlates } from "./choice/check-slates.js";
import {
  arrivalMs,
  churn,
  isBot,
  leaveProbability,
  maxVisits,
  recover,
  visitBudgetMs,
  visitDevice,
  visitsOf,
} from "./choice/session.js";
import type { WorldState } from "./state.js";

/** Visits that have ended, in order of user id and time. */
export interface Visits {
  readonly count: number;
  readonly user: Int32Array; // [count]
  readonly session: Float64Array; // [count]
  readonly startMs: Int32Array; // [count] since midnight
  readonly endMs: Int32Array; // [count] since midnight, at most dayMs
}

/** One shard of the open day. */
export interface ShardDay {
  /** The next round of page requests; undefined when all users have left. The previous batch must have been answered. */
  next(): RequestBatch | undefined;
  /** Plays the answer to the batch last given. */
  respond(slates: SlateBatch): FeedbackBatch;
  /** All visits of the shard's day. Only after `next()` has returned undefined. */
  visits(): Visits;
}

/** Pages after which everybody leaves (request ids hold 64 pages per visit). */
const maxPages = 64;
/** Shortest pause between two visits of a day. */
const pauseMs = 600_000;

/** Opens a shard of the open day; `assigned[user] = 1` limits who may visit. */
export function openShardDay(state: WorldState, day: Day, shard: number, assigned?: Uint8Array): ShardDay {
  if (!Number.isInteger(shard) || shard < 0 || shard >= shardCount)
    throw new RangeError(`unknown shard: ${shard}; allowed: an integer in [0, ${shardCount - 1}]`);
  const total = state.catalogue.users.count;
  if (assigned && assigned.length < total)
    throw new RangeError(
      `assigned has ${assigned.length} users; allowed: one entry for each of the ${total} users of the horizon`,
    );
  return new OpenShardDay(state, day, shard, assigned);
}

class OpenShardDay implements ShardDay {
  private readonly moment: Moment;
  private readonly live: number;
  // One row a visiting user, in order of ids.
  private readonly user: Int32Array;
  private readonly visitCount: Uint8Array;
  private readonly visit: Uint8Array;
  private readonly page: Uint8Array;
  private readonly device: Uint8Array;
  private readonly clockMs: Int32Array;
  private readonly startMs: Int32Array;
  private readonly budgetMs: Float64Array;
  private readonly arrivals: Int32Array; // [rows, maxVisits] ascending
  private open: Int32Array; // rows with an open visit, ascending; the first `openCount` entries are valid
  private openCount = 0;
  private pending: RequestBatch | undefined;
  private done = false;
  // Ended visits, by row and visit.
  private readonly endedStart: Int32Array; // [rows, maxVisits] -1 = no such visit
  private readonly endedEnd: Int32Array;

  constructor(
    private readonly state: WorldState,
    private readonly day: Day,
    private readonly shard: number,
    assigned?: Uint8Array,
  ) {
    this.moment = newMoment(day, shard, state);
    this.live = state.catalogue.liveVideos[day]!;
    const rows: number[] = [];
    const counts: number[] = [];
    for (let u = shard; u < state.catalogue.users.count; u += shardCount) {
      if (assigned && assigned[u] !== 1) continue;
      const visits = visitsOf(state, u, day);
      if (visits > 0) {
        rows.push(u);
        counts.push(visits);
      }
    }
    const n = rows.length;
    this.user = Int32Array.from(rows);
    this.visitCount = Uint8Array.from(counts);
    this.visit = new Uint8Array(n);
    this.page = new Uint8Array(n);
    this.device = new Uint8Array(n);
    this.clockMs = new Int32Array(n);
    this.startMs = new Int32Array(n);
    this.budgetMs = new Float64Array(n);
    this.arrivals = new Int32Array(n * maxVisits);
    this.open = new Int32Array(n);
    this.endedStart = new Int32Array(n * maxVisits).fill(-1);
    this.endedEnd = new Int32Array(n * maxVisits);
    for (let r = 0; r < n; r++) {
      const visits = this.visitCount[r]!;
      const times = this.arrivals.subarray(r * maxVisits, r * maxVisits + visits);
      for (let i = 0; i < visits; i++) times[i] = arrivalMs(state, rows[r]!, day, i);
      times.sort();
      this.begin(r, times[0]!);
      this.open[this.openCount++] = r;
    }
  }

  next(): RequestBatch | undefined {
    if (this.pending)
      throw new Error(
        `shard ${this.shard} of day ${this.day}: the last batch was not answered; call respond() before next()`,
      );
    if (this.openCount === 0) {
      this.done = true;
      return undefined;
    }
    const n = this.openCount;
    const { campaigns } = this.state.config;
    const batch: RequestBatch = {
      day: this.day,
      count: n,
      request: new Float64Array(n),
      session: new Float64Array(n),
      user: new Int32Array(n),
      page: new Uint8Array(n),
      timeMs: new Int32Array(n),
      device: new Uint8Array(n),
      ...(campaigns > 0 && { adBudgetMicros: new Int32Array(n * campaigns) }),
    };
    for (let i = 0; i < n; i++) {
      const r = this.open[i]!;
      const session = this.session(r, this.visit[r]!);
      batch.session[i] = session;
      batch.request[i] = session * maxPages + this.page[r]!;
      batch.user[i] = this.user[r]!;
      batch.page[i] = this.page[r]!;
      batch.timeMs[i] = this.clockMs[r]!;
      batch.device[i] = this.device[r]!;
      const { adBudgetMicros: budgets } = batch;
      if (budgets) adBudget(this.state, this.shard, this.clockMs[r]!, budgets, i * campaigns, this.user[r]!);
    }
    return (this.pending = batch);
  }

  respond(slates: SlateBatch): FeedbackBatch {
    const batch = this.pending;
    if (!batch)
      throw new Error(`shard ${this.shard} of day ${this.day}: nothing to answer; call next() before respond()`);
    const { slots } = this.state.config;
    if (slates.count !== batch.count || slates.slots !== slots)
      throw new RangeError(
        `slates are ${slates.count} × ${slates.slots}; allowed: ${batch.count} requests × ${slots} slots`,
      );
    checkSlates(this.state, batch, slates, this.live);
    const size = slates.count * slots;
    const feedback: FeedbackBatch = {
      count: slates.count,
      slots,
      click: new Uint8Array(size),
      watchMs: new Int32Array(size),
      like: new Uint8Array(size),
      share: new Uint8Array(size),
      hide: new Uint8Array(size),
      follow: new Uint8Array(size),
      conversion: new Uint8Array(size),
      revenueMicros: new Int32Array(size),
    };
    let stay = 0;
    for (let i = 0; i < slates.count; i++) {
      const r = this.open[i]!;
      if (this.playPage(r, slates, i * slots, feedback)) this.open[stay++] = r;
    }
    this.openCount = stay;
    this.pending = undefined;
    return feedback;
  }

  visits(): Visits {
    if (!this.done)
      throw new Error(`shard ${this.shard} of day ${this.day}: visits are known once next() has returned undefined`);
    let count = 0;
    for (const start of this.endedStart) if (start >= 0) count++;
    const out: Visits = {
      count,
      user: new Int32Array(count),
      session: new Float64Array(count),
      startMs: new Int32Array(count),
      endMs: new Int32Array(count),
    };
    let row = 0;
    for (let i = 0; i < this.endedStart.length; i++) {
      if (this.endedStart[i]! < 0) continue;
      const r = Math.floor(i / maxVisits);
      out.user[row] = this.user[r]!;
      out.session[row] = this.session(r, i % maxVisits);
      out.startMs[row] = this.endedStart[i]!;
      out.endMs[row] = this.endedEnd[i]!;
      row++;
    }
    return out;
  }

  private session(row: number, visit: number): number {
    return (this.day * 16_777_216 + this.user[row]!) * 8 + visit;
  }

  /** Opens the row's current visit at `atMs`. */
  private begin(row: number, atMs: number): void {
    const user = this.user[row]!;
    const visit = this.visit[row]!;
    this.page[row] = 0;
    this.device[row] = visitDevice(this.state, user, this.day, visit);
    this.budgetMs[row] = visitBudgetMs(this.state, user, this.day, visit);
    this.startMs[row] = this.clockMs[row] = atMs;
  }

  /** Ends the row's visit; true if another one begins. */
  private leave(row: number, endMs: number): boolean {
    const visit = this.visit[row]!;
    this.endedStart[row * maxVisits + visit] = this.startMs[row]!;
    this.endedEnd[row * maxVisits + visit] = endMs;
    const another = visit + 1 < this.visitCount[row]!;
    const atMs = another ? Math.max(this.arrivals[row * maxVisits + visit + 1]!, endMs + pauseMs) : dayMs;
    if (atMs >= dayMs) {
      if (!isBot(this.state, this.user[row]!)) churn(this.state, this.user[row]!, this.day);
      return false;
    }
    recover(this.state, this.user[row]!);
    this.visit[row] = visit + 1;
    this.begin(row, atMs);
    return true;
  }

  /** Plays one page; true if the user asks for another (of this visit or the next). */
  private playPage(row: number, slates: SlateBatch, at: number, feedback: FeedbackBatch): boolean {
    const { state, day, moment } = this;
    const user = this.user[row]!;
    moment.user = user;
    moment.page = this.visit[row]! * maxPages + this.page[row]!;
    moment.timeMs = this.clockMs[row]!;
    moment.device = this.device[row]!;
    const bot = isBot(state, user);
    if (bot) {
      playBotPage(state, moment, slates.video, slates.campaign, at, feedback);
      chargeClicks(state, moment, slates, at, feedback);
    } else {
      look(state, moment.viewer, user, moment.device, moment.timeMs);
      playPage(state, moment, slates, at, feedback);
    }

    const clock = this.clockMs[row]! + moment.spentMs;
    const over = clock - this.startMs[row]! >= this.budgetMs[row]! || clock >= dayMs || this.page[row]! + 1 >= maxPages;
    if (
      over ||
      (bot ? botLeaves(state, moment) : uniform(state.keys.leave, user, day, moment.page) < this.leaving(user))
    )
      return this.leave(row, Math.min(clock, dayMs));
    this.clockMs[row] = clock;
    this.page[row] = this.page[row]! + 1;
    return true;
  }

  /** Probability of leaving after the page just played. */
  private leaving(user: number): number {
    const p = leaveProbability(this.state, user, this.moment.worth);
    if (this.state.behaviour === undefined) return p;
    const { context } = this.moment;
    context.worth = this.moment.worth;
    context.video = context.position = -1;
    return answered(this.state.behaviour, "leave", p, context);
  }
}

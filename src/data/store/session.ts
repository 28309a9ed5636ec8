/** What each user did so far in the current visit: the online counterpart of sql/session_requests and sql/session_topics. */
import type { Impressions } from "../../types.js";

/** A user's current visit as plain data: what an online store keeps beneath the memory. */
export interface Visit {
  readonly session: number; // -1: none
  readonly impressions: number;
  readonly clicks: number;
  readonly watchMs: number;
  readonly topics: readonly (readonly [topic: number, impressions: number, clicks: number])[];
}

/** Counts of the current visit, by user and by user and topic. Reading for another visit than the stored one gives zeros. */
export class SessionState {
  readonly session: Float64Array; // [users] id of the visit the counts are of, -1: none
  readonly impressions: Int32Array; // [users]
  readonly clicks: Int32Array; // [users]
  readonly watchMs: Float64Array; // [users]
  readonly topicImpressions: Uint16Array; // [users, topics]
  readonly topicClicks: Uint16Array; // [users, topics]

  constructor(
    users: number,
    readonly topics: number,
  ) {
    this.session = new Float64Array(users).fill(-1);
    this.impressions = new Int32Array(users);
    this.clicks = new Int32Array(users);
    this.watchMs = new Float64Array(users);
    this.topicImpressions = new Uint16Array(users * topics);
    this.topicClicks = new Uint16Array(users * topics);
  }

  /** Forgets all visits (midnight). Counts are cleared when a user's next visit begins. */
  reset(): void {
    this.session.fill(-1);
  }

  /** Counts the outcomes of a page, ads left out; `topicOf` is each video's topic. // [videos] */
  apply(events: Impressions, topicOf: Uint8Array): void {
    for (let i = 0; i < events.count; i++) {
      if (events.campaign[i]! > 0) continue;
      const user = events.user[i]!;
      if (this.session[user] !== events.session[i]) this.#begin(user, events.session[i]!);
      const cell = user * this.topics + topicOf[events.video[i]!]!;
      const click = events.click[i]!;
      this.impressions[user] = this.impressions[user]! + 1;
      this.clicks[user] = this.clicks[user]! + click;
      this.watchMs[user] = this.watchMs[user]! + events.watchMs[i]!;
      this.topicImpressions[cell] = this.topicImpressions[cell]! + 1;
      this.topicClicks[cell] = this.topicClicks[cell]! + click;
    }
  }

  /** The user's visit, copied. */
  read(user: number): Visit {
    const topics: [number, number, number][] = [];
    for (let topic = 0; topic < this.topics; topic++) {
      const shown = this.topicImpressions[user * this.topics + topic]!;
      if (shown > 0) topics.push([topic, shown, this.topicClicks[user * this.topics + topic]!]);
    }
    const [impressions, clicks] = [this.impressions[user]!, this.clicks[user]!];
    return { session: this.session[user]!, impressions, clicks, watchMs: this.watchMs[user]!, topics };
  }

  /** Puts a visit that `read` gave in place. */
  write(user: number, { session, impressions, clicks, watchMs, topics }: Visit): void {
    this.#begin(user, session);
    this.impressions[user] = impressions;
    this.clicks[user] = clicks;
    this.watchMs[user] = watchMs;
    for (const [topic, shown, clicked] of topics) {
      this.topicImpressions[user * this.topics + topic] = shown;
      this.topicClicks[user * this.topics + topic] = clicked;
    }
  }

  #begin(user: number, session: number): void {
    this.session[user] = session;
    this.impressions[user] = 0;
    this.clicks[user] = 0;
    this.watchMs[user] = 0;
    this.topicImpressions.fill(0, user * this.topics, (user + 1) * this.topics);
    this.topicClicks.fill(0, user * this.topics, (user + 1) * this.topics);
  }
}

/** One session of one user: which posts are candidates, what is known of them, and what is shown and done one after another. */
import { exponential, uniform } from "../../random.js";
import type { FeatureMatrix } from "../../types.js";
import { topicCount } from "./people.js";
import { dayMinutes } from "./posts.js";
import { reactions, recencyOf } from "./rank.js";
import { fitOf, react, reactionChances, satisfactionOf, stayChance, type Meeting } from "./response.js";
import type { Run } from "./state.js";

const most = 60; // candidates
const windowMinutes = 2 * dayMinutes;
const adCost = 0.35; // in satisfaction

/** The newest posts of those whom a user follows that were not seen, with the places of their authors among the follows. */
export function candidatesOf(
  { feed, state, followFrom }: Run,
  user: number,
  now: number,
): { posts: Int32Array; places: number[] } {
  const { people, posts } = feed;
  const found: [post: number, place: number][] = [];
  people.follows[user]!.forEach((author, f) => {
    for (let p = posts.from[author]!; p < posts.from[author + 1]!; p++) {
      const minute = posts.minute[p]!;
      if (minute > now) break;
      if (minute <= now - windowMinutes || state.posted[p] === 0 || state.removed[p] === 1) continue;
      if (state.seen[user * posts.count + p] === 0) found.push([p, followFrom[user]! + f]);
    }
  });
  found.sort(([p], [q]) => posts.minute[q]! - posts.minute[p]! || p - q);
  const best = found.slice(0, most);
  return { posts: Int32Array.from(best, ([p]) => p), places: best.map(([, place]) => place) };
}

/** Writes a candidate as it is known now. @param place of its author among the follows */
export function writeRow(
  run: Run,
  into: FeatureMatrix,
  row: number,
  user: number,
  p: number,
  place: number,
  now: number,
): void {
  const { feed, state } = run;
  const { posts, people } = feed;
  const [author, topic] = [posts.author[p]!, posts.topic[p]!];
  const hours = (now - posts.minute[p]!) / 60;
  const hour = Math.floor(now / 60) % 24;
  const kind = people.kindOf(author);
  into.categories.set([user, author, kind, topic, recencyOf(hours), hour], row * into.schema.categories.length);
  const rate = (k: number): number => (state.did[k]![p]! + 0.02 * (k === 0 ? 20 : 1)) / (state.shown[p]! + 20);
  const t = user * topicCount + topic;
  const numbers = [
    ...[hours, Math.log1p(state.shown[p]!), rate(0), rate(1), rate(2), rate(3), rate(4)],
    (state.topicViewed[t]! + 2) / (state.topicShown[t]! + 4),
    (state.authorViewed[place]! + 1) / (state.authorShown[place]! + 2),
    (state.authorLiked[place]! + 0.2) / (state.authorShown[place]! + 2),
  ];
  into.numbers.set(numbers, row * numbers.length);
}

/** One session: the best of what is left, again and again, until the user stops. @returns places of what was shown among the candidates */
export function serve(run: Run, user: number, now: number): number[] {
  const { feed, state, arm, cache, keys, days, byUser, rows, followFrom } = run;
  const { posts, people } = feed;
  const sums = days.at(-1)!;
  const { posts: list, scores } = cache.get(user)!;
  const mean = scores.reduce((sum, x) => sum + x, 0) / Math.max(1, scores.length);
  const unit =
    (arm.diversity ?? 0) * Math.sqrt(scores.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, scores.length));
  const [topics, authors] = [new Map<number, number>(), new Map<number, number>()];
  const session = run.sessions++;
  const shown: number[] = [];
  let [total, places] = [0, 0];
  for (; places < 50; places++) {
    if ((arm.adEvery ?? 0) > 0 && places % arm.adEvery! === arm.adEvery! - 1) {
      const worth = bestAd(run, user, now, places);
      if (worth >= (arm.adFloor ?? 0)) {
        sums.revenue += worth;
        byUser.revenue[user]! += worth;
        total -= adCost;
        sums.satisfaction -= adCost;
        byUser.satisfaction[user]! -= adCost;
        if (uniform(keys.stay, user, now, places) > 0.9) break;
        continue;
      }
    }
    let at = -1;
    let best = -Infinity;
    list.forEach((p, i) => {
      if (state.seen[user * posts.count + p] === 1 || state.removed[p] === 1) return;
      const again = 0.5 * (topics.get(posts.topic[p]!) ?? 0) + (authors.get(posts.author[p]!) ?? 0);
      const value = scores[i]! - unit * again;
      if (value > best) [best, at] = [value, i];
    });
    if (at < 0) break;
    const p = list[at]!;
    const [author, topic] = [posts.author[p]!, posts.topic[p]!];
    const meeting: Meeting = {
      ...{ interest: people.interest[user * topicCount + topic]!, tie: people.tie(user, author) },
      ...{ quality: posts.quality[p]!, outrage: posts.outrage[p]!, harmful: posts.harmful[p] === 1 },
      ...{ kind: people.kindOf(author), hours: (now - posts.minute[p]!) / 60 },
      ...{ sameTopic: topics.get(topic) ?? 0, sameAuthor: authors.get(author) ?? 0 },
    };
    const bits = react(keys.react, user, p, reactionChances(meeting));
    const viewed = (bits & 1) === 1;
    const felt = satisfactionOf(meeting, viewed);
    total += felt;
    topics.set(topic, meeting.sameTopic + 1);
    authors.set(author, meeting.sameAuthor + 1);
    note(run, user, p, followFrom[user]! + people.follows[user]!.indexOf(author), bits, felt);
    shown.push(at);
    rows.did.push(bits);
    rows.session.push(session);
    rows.day.push(Math.floor(now / dayMinutes));
    if (uniform(keys.stay, user, now, places) > stayChance(fitOf(meeting), meeting.outrage, viewed)) break;
  }
  state.mood[user] = 0.75 * state.mood[user]! + 0.25 * (total / Math.max(4, places + 1));
  return shown;
}

/** Counts what was done. @param place of the author among the follows */
function note(
  { feed: { posts }, state, days, byUser }: Run,
  user: number,
  p: number,
  place: number,
  bits: number,
  felt: number,
): void {
  const sums = days.at(-1)!;
  const did = (k: number): number => (bits >> k) & 1;
  reactions.forEach((name, k) => {
    sums[name] += did(k);
    state.did[k]![p]! += did(k);
  });
  sums.shown++;
  sums.harmful += posts.harmful[p]!;
  sums.satisfaction += felt;
  byUser.satisfaction[user]! += felt;
  const t = user * topicCount + posts.topic[p]!;
  state.seen[user * posts.count + p] = 1;
  state.shown[p]!++;
  state.topicShown[t]!++;
  state.topicViewed[t]! += did(0);
  state.authorShown[place]!++;
  state.authorViewed[place]! += did(0);
  state.authorLiked[place]! += did(1);
}

/** Expected revenue of the best of five ads: price × P(click). */
function bestAd({ feed, keys }: Run, user: number, now: number, place: number): number {
  let best = 0;
  for (let i = 0; i < 5; i++) {
    const topic = Math.floor(topicCount * uniform(keys.ad, user, now, place, i));
    const fit = feed.people.interest[user * topicCount + topic]!;
    best = Math.max(best, (20 * exponential(keys.ad, now, place, i, user)) / (1 + Math.exp(3.4 - 0.6 * fit)));
  }
  return best;
}

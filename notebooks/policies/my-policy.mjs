// A policy of your own: each user's favourite topics, with a tenth of the positions drawn at random so that it can learn and be judged.
//
//   stagecraft contract notebooks/policies/my-policy.mjs           does it keep what every policy must keep?
//   stagecraft compare --policy notebooks/policies/my-policy.mjs   how does it stand beside the built-in ones?
import { random, serving } from "stagecraft";

export const contract = { seeded: true };
export function policy({ epsilon = 0.1 }, { catalogue, seed, name, slots }) {
  const { topic, count: videos } = catalogue.videos;
  const topics = catalogue.topicNames.length;
  const key = random.keyOf(seed, name);
  const [watched, shown] = [new Float64Array(videos).fill(100_000), new Float64Array(videos).fill(20)]; // ms, impressions
  const clicks = new Float64Array(catalogue.users.count * topics).fill(1); // of a user on a topic
  const seen = new Set(); // what a user has clicked is not shown to the user again
  const learn = ({ count, user, video, watchMs, click }) => {
    for (let i = 0; i < count; i++) {
      shown[video[i]] += 1;
      watched[video[i]] += watchMs[i];
      clicks[user[i] * topics + topic[video[i]]] += click[i];
      if (click[i] === 1) seen.add(user[i] * videos + video[i]);
    }
  };
  const recommend = ({ day, count, user, request }) => {
    const slates = serving.emptySlates(count, slots);
    for (let row = 0; row < count; row++) {
      const score = (v) => (watched[v] / shown[v]) * clicks[user[row] * topics + topic[v]];
      const scored = Array.from({ length: catalogue.liveVideos[day] }, (_, v) => [score(v), v]);
      const fresh = scored.filter(([, v]) => !seen.has(user[row] * videos + v));
      const left = fresh.sort((a, b) => b[0] - a[0]).map(([, v]) => v);
      for (let k = 0; k < slots && left.length > 0; k++) {
        const draw = random.uniform(key, request[row], Math.floor(request[row] / 2 ** 32), k) / epsilon;
        const pick = draw < 1 ? Math.floor(draw * left.length) : 0; // any of those left, or the best
        slates.propensity[row * slots + k] = epsilon / left.length + (pick === 0 ? 1 - epsilon : 0);
        slates.video[row * slots + k] = left.splice(pick, 1)[0];
      }
    }
    return slates;
  };
  return { name, observe: learn, openDay() {}, recommend, apply: learn }; // observe: the log; apply: own pages with their outcomes
}

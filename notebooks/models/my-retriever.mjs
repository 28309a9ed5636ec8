// A retriever of your own: popularity among similar users. A user's neighbours are weighted by the cosine similarity of their items
// (Herlocker et al., 1999), and the neighbours' items are counted; popularity breaks ties.
//
//   stagecraft contract notebooks/models/my-retriever.mjs          does it pass the contract of models?
//   stagecraft compare --model notebooks/models/my-retriever.mjs   how does it compare with the built-in ones?

export const family = "retriever";
export const name = "user-knn";
export const contract = { seeded: false }; // nothing here is random

export async function fit({ user, item, userCount, itemCount }, { config, signal, onProgress }) {
  const { neighbours = 100 } = config;
  signal?.throwIfAborted();
  const taken = setsOf(user, item, userCount); // items of each user
  const takers = setsOf(item, user, itemCount); // users of each item
  onProgress?.("sets", 1, 1);

  /** The most similar users, ties to the smaller id. */
  const nearest = (me) => {
    const shared = new Map();
    for (const i of taken[me])
      for (const other of takers[i]) if (other !== me) shared.set(other, (shared.get(other) ?? 0) + 1);
    return [...shared]
      .map(([other, both]) => ({ other, similarity: both / Math.sqrt(taken[me].size * taken[other].size) }))
      .sort((a, b) => b.similarity - a.similarity || a.other - b.other)
      .slice(0, neighbours);
  };

  return (users) => {
    const scores = new Float32Array(users.length * itemCount);
    users.forEach((me, at) => {
      const mine = scores.subarray(at * itemCount, (at + 1) * itemCount);
      for (const { other, similarity } of nearest(me)) for (const i of taken[other]) mine[i] += similarity;
      for (let i = 0; i < itemCount; i++) mine[i] += (1e-3 * takers[i].size) / userCount; // the only score for users without items
    });
    return scores;
  };
}

function setsOf(keys, values, count) {
  const sets = Array.from({ length: count }, () => new Set());
  keys.forEach((key, at) => sets[key].add(values[at]));
  return sets;
}

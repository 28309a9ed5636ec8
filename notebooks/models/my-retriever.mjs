// A retriever of your own: popularity among the users who share your taste. A user's neighbours are weighted by how much of what
// they took is what you took (cosine; Herlocker et al., 1999), and what neighbours took is counted; popularity breaks what ties are left.
//
//   stagecraft contract notebooks/models/my-retriever.mjs          does it keep what every model must keep?
//   stagecraft compare --model notebooks/models/my-retriever.mjs   how does it stand beside the built-in ones?

export const family = "retriever";
export const name = "user-knn";
export const contract = { seeded: false }; // nothing here is random

export async function fit({ user, item, userCount, itemCount }, { config, signal, onProgress }) {
  const { neighbours = 100 } = config;
  signal?.throwIfAborted();
  const taken = setsOf(user, item, userCount); // items of each user
  const takers = setsOf(item, user, itemCount); // users of each item
  onProgress?.("sets", 1, 1);

  /** The most alike users, ties to the smaller id. */
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
      for (let i = 0; i < itemCount; i++) mine[i] += (1e-3 * takers[i].size) / userCount; // all there is to say to who took nothing
    });
    return scores;
  };
}

function setsOf(keys, values, count) {
  const sets = Array.from({ length: count }, () => new Set());
  keys.forEach((key, at) => sets[key].add(values[at]));
  return sets;
}

import seedrandom from "seedrandom";

/**
 * When an open-loop generator sends: a Poisson process from a seed, in milliseconds from its start, ascending. Gaps are exponential with
 * mean 1000 / rate, so a second holds more requests or fewer, and neighbours come close together, as from many independent people.
 * @param {{ rate: number, seconds: number, seed: number | string }} of  rate in requests per second @returns {Float64Array}
 */
export function poissonSchedule({ rate, seconds, seed }) {
  for (const [name, value] of Object.entries({ rate, seconds }))
    if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`${name} is ${value}; allowed: above 0`);
  const draw = seedrandom.alea(`load ${seed}`);
  const times = [];
  for (let at = 0; ;) {
    at += (-1000 / rate) * Math.log1p(-draw());
    if (at >= 1000 * seconds) return Float64Array.from(times);
    times.push(at);
  }
}

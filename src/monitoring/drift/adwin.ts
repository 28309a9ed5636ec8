/**
 * ADWIN2 (Bifet & Gavaldà, 2007): a window of recent values as an exponential histogram, cut wherever the means of its older and newer
 * parts differ by more than
 *
 *     ε = √(2 m σ² δ') + ⅔ m δ',   m = 1/(n₀ − least + 1) + 1/(n₁ − least + 1),   δ' = ln(2 ln(n) / δ)
 *
 * with σ² the variance of the window. A bucket of level k sums 2ᵏ values; a level holds at most `buckets` of them. `least + 1` in m and
 * looking only at every `every`-th value are river's and MOA's choices; memory and time of a value are O(buckets · log n).
 */
/** Settings; defaults are river's. */
export interface AdwinConfig {
  readonly delta: number; // chance of a false cut, 0.002
  readonly every: number; // values between two looks, 32
  readonly buckets: number; // of each size, 5
  readonly least: number; // values that each part needs, 5
  readonly grace: number; // values before the first look, 10
}

interface Bucket {
  readonly sum: number;
  readonly squares: number; // of deviations from its mean
}

/** A detector; it alarms when the window was cut. */
export function adwin(config: Partial<AdwinConfig>): (value: number) => "quiet" | "drift" {
  const { delta = 0.002, every = 32, buckets = 5, least = 5, grace = 10 } = config;
  const levels: Bucket[][] = [[]]; // [level] oldest bucket first
  let [width, sum, squares, seen] = [0, 0, 0, 0];

  function insert(value: number): void {
    levels[0]!.push({ sum: value, squares: 0 });
    if (width > 0) squares += (width * (value - sum / width) ** 2) / (width + 1);
    width++;
    sum += value;
    for (let level = 0; levels[level]!.length > buckets; level++) {
      const [older, newer] = levels[level]!.splice(0, 2) as [Bucket, Bucket];
      const size = 2 ** level;
      const apart = (older.sum - newer.sum) / size;
      levels[level + 1] ??= [];
      levels[level + 1]!.push({
        sum: older.sum + newer.sum,
        squares: older.squares + newer.squares + (size / 2) * apart ** 2,
      });
    }
  }

  function dropOldest(): void {
    const level = levels.length - 1;
    const { sum: dropped, squares: within } = levels[level]!.shift()!;
    const size = 2 ** level;
    width -= size;
    sum -= dropped;
    squares -= within + (size * width * (dropped / size - sum / width) ** 2) / (size + width);
    if (levels[level]!.length === 0) levels.pop();
  }

  /** Whether some cut parts older and newer values whose means differ. */
  function differs(): boolean {
    const spread = Math.log((2 * Math.log(width)) / delta);
    let [older, olderSum] = [0, 0];
    for (let level = levels.length - 1; level >= 0; level--)
      for (const bucket of levels[level]!) {
        older += 2 ** level;
        olderSum += bucket.sum;
        const newer = width - older;
        if (newer < least || newer === 0) return false;
        if (older < least) continue;
        const m = 1 / (older - least + 1) + 1 / (newer - least + 1);
        const cut = Math.sqrt(2 * m * (squares / width) * spread) + (2 / 3) * m * spread;
        if (Math.abs(olderSum / older - (sum - olderSum) / newer) > cut) return true;
      }
    return false;
  }

  return (value) => {
    insert(value);
    if (++seen % every !== 0 || width <= grace) return "quiet";
    let cut = false;
    while (width > 1 && differs()) {
      cut = true;
      dropOldest();
    }
    return cut ? "drift" : "quiet";
  };
}

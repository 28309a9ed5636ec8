/**
 * When does a daily metric leave its usual range? Two detectors over z-scores z_t = (x_t − mean) / deviation, with mean and
 * deviation of a reference window of quiet days:
 *
 *     control limits (Shewhart, 1931):  |z_t| > limit                          quick on large jumps
 *     CUSUM (Page, 1954):               U_t = max(0, U_{t−1} + z_t − slack), alarm when U_t > limit; likewise downwards
 *                                                                              quick on small lasting shifts
 *
 * With a short reference window mean and deviation are themselves uncertain: false alarms are then more frequent than the
 * textbook's (CUSUM slack 0.5, limit 5: one in about 465 days).
 */

/** How alarms are raised. */
export interface DetectorConfig {
  readonly kind: "cusum" | "limits";
  /** In deviations. Default 5 for CUSUM, 3 for limits. */
  readonly limit?: number;
  /** CUSUM's allowance in deviations: half the shift to be found quickly. Default 0.5. */
  readonly slack?: number;
}

/** What a detector saw of each day after the reference window. */
export interface Detection {
  readonly mean: number;
  readonly deviation: number;
  /** Statistic of each watched day in deviations, signed towards its larger side. */
  readonly statistic: Float64Array;
  /** Index among all values of the first alarm; undefined: none. */
  readonly firstAlarm: number | undefined;
  readonly direction: "up" | "down" | undefined;
}

/**
 * Watches `values` from index `referenceCount` on against the first `referenceCount` of them.
 * @throws RangeError for fewer than 2 reference values, unknown kinds, or values that are not finite
 */
export function detect(
  values: ArrayLike<number>,
  referenceCount: number,
  config: DetectorConfig = { kind: "cusum" },
): Detection {
  const { kind, limit = kind === "cusum" ? 5 : 3, slack = 0.5 } = config;
  if (kind !== "cusum" && kind !== "limits")
    throw new RangeError(`unknown detector: ${String(kind)}; known: cusum, limits`);
  if (!Number.isInteger(referenceCount) || referenceCount < 2 || referenceCount > values.length) {
    throw new RangeError(`referenceCount: ${referenceCount}; allowed: 2 … ${values.length}, the number of values`);
  }
  for (let day = 0; day < values.length; day++)
    if (!Number.isFinite(values[day]!)) throw new RangeError(`value ${day} is ${values[day]}; allowed: finite numbers`);
  const { mean, deviation } = moments(values, referenceCount);
  const statistic = new Float64Array(values.length - referenceCount);
  let firstAlarm: number | undefined;
  let direction: "up" | "down" | undefined;
  let up = 0;
  let down = 0;
  for (let day = referenceCount; day < values.length; day++) {
    const z = zScore(values[day]!, mean, deviation);
    up = kind === "cusum" ? Math.max(0, up + z - slack) : Math.max(0, z);
    down = kind === "cusum" ? Math.max(0, down - z - slack) : Math.max(0, -z);
    statistic[day - referenceCount] = up >= down ? up : -down;
    if (firstAlarm === undefined && Math.max(up, down) > limit) {
      firstAlarm = day;
      direction = up >= down ? "up" : "down";
    }
  }
  return { mean, deviation, statistic, firstAlarm, direction };
}

/** A metric that never varied alarms at any change: its z-score is then infinite in effect, but finite to add up. */
function zScore(value: number, mean: number, deviation: number): number {
  if (deviation > 0) return (value - mean) / deviation;
  return value === mean ? 0 : Math.sign(value - mean) * 1e6;
}

/** Mean and sample deviation of the first n values. */
function moments(values: ArrayLike<number>, n: number): { mean: number; deviation: number } {
  let sum = 0;
  for (let day = 0; day < n; day++) sum += values[day]!;
  const mean = sum / n;
  let squares = 0;
  for (let day = 0; day < n; day++) squares += (values[day]! - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / (n - 1)) };
}

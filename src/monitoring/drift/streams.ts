/**
 * Change detectors of a stream, one value at a time, without a reference window. Each begins anew after an alarm.
 *
 *     Page–Hinkley (Page, 1954; Hinkley, 1971)   sums of deviations from the mean so far, less a tolerance, above their minimum
 *     DDM (Gama et al., 2004)                    error rate p of 0/1 values: p + s above its minimum by so many deviations s
 *     ADWIN (Bifet & Gavaldà, 2007)              `adwin.ts`
 *
 * Their defaults are river's, for streams of single rows; days are few, and need smaller windows and thresholds.
 */
import { adwin, type AdwinConfig } from "./adwin.js";

/** What a value did. */
export type StreamState = "quiet" | "warning" | "drift";

/** Takes the next value. */
export type Stream = (value: number) => StreamState;

/** Which detector, and its settings. */
export type StreamConfig =
  | ({ readonly kind: "page-hinkley" } & Partial<PageHinkleyConfig>)
  | ({ readonly kind: "ddm" } & Partial<DdmConfig>)
  | ({ readonly kind: "adwin" } & Partial<AdwinConfig>);

/** Settings of Page–Hinkley. */
export interface PageHinkleyConfig {
  readonly least: number; // values before it may alarm, 30
  readonly tolerance: number; // δ, in the value's unit, 0.005
  readonly threshold: number; // λ, in the value's unit, 50
  readonly forgetting: number; // factor of the sums, 0.9999
  readonly direction: "up" | "down" | "both";
}

/** Settings of DDM. */
export interface DdmConfig {
  readonly least: number; // values before it may alarm, 30
  readonly warning: number; // deviations, 2
  readonly drift: number; // deviations, 3
}

/** Makes a detector. @throws RangeError on an unknown kind; the stream throws on a value that is not finite (of DDM: not 0 or 1) */
export function stream(config: StreamConfig): Stream {
  switch (config.kind) {
    case "page-hinkley":
      return checked(
        restarting(() => pageHinkley(config)),
        Number.isFinite,
        "finite numbers",
      );
    case "ddm":
      return checked(
        restarting(() => ddm(config)),
        (value) => value === 0 || value === 1,
        "0 and 1",
      );
    case "adwin":
      return checked(
        restarting(() => adwin(config)),
        Number.isFinite,
        "finite numbers",
      );
    default:
      throw new RangeError(
        `unknown stream: ${String((config as { kind: unknown }).kind)}; known: page-hinkley, ddm, adwin`,
      );
  }
}

/** Indexes of the values at which it alarmed. */
export function alarmsOf(values: ArrayLike<number>, config: StreamConfig): readonly number[] {
  const next = stream(config);
  return Array.from(values, next).flatMap((state, at) => (state === "drift" ? [at] : []));
}

function pageHinkley(config: Partial<PageHinkleyConfig>): Stream {
  const { least = 30, tolerance = 0.005, threshold = 50, forgetting = 1 - 0.0001, direction = "both" } = config;
  let [count, mean, rise, fall] = [0, 0, 0, 0];
  let [lowest, highest] = [Infinity, -1]; // −1, not −∞: as in river, so that a first small fall counts from there
  return (value) => {
    count++;
    mean += (value - mean) / count;
    rise = forgetting * rise + value - mean - tolerance;
    fall = forgetting * fall + value - mean + tolerance;
    lowest = Math.min(lowest, rise);
    highest = Math.max(highest, fall);
    const up = direction !== "down" && rise - lowest > threshold;
    const down = direction !== "up" && highest - fall > threshold;
    return count >= least && (up || down) ? "drift" : "quiet";
  };
}

function ddm({ least = 30, warning = 2, drift = 3 }: Partial<DdmConfig>): Stream {
  let [count, rate] = [0, 0];
  let best = { rate: NaN, deviation: NaN, sum: Infinity };
  return (value) => {
    count++;
    rate += (value - rate) / count;
    if (count <= least) return "quiet";
    const deviation = Math.sqrt((rate * (1 - rate)) / count);
    const sum = rate + deviation;
    if (sum <= best.sum) best = { rate, deviation, sum };
    if (sum > best.rate + drift * best.deviation) return "drift";
    return sum > best.rate + warning * best.deviation ? "warning" : "quiet";
  };
}

function restarting(make: () => Stream): Stream {
  let [next, state] = [make(), "quiet" as StreamState];
  return (value) => {
    if (state === "drift") next = make();
    return (state = next(value));
  };
}

function checked(next: Stream, allowed: (value: number) => boolean, what: string): Stream {
  let at = 0;
  return (value) => {
    if (!allowed(value)) throw new RangeError(`value ${at} is ${value}; allowed: ${what}`);
    at++;
    return next(value);
  };
}

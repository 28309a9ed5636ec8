/** Would the offline metric have picked the policy that wins online? Rank correlations over policies, and what the pick costs. */
import { finite, notEmpty, sameLength } from "./checks.js";

/** One policy, measured both ways. Names of metrics are free; the same in all policies. */
export interface PolicyScores {
  readonly policy: string;
  readonly offline: Readonly<Record<string, number>>;
  readonly online: Readonly<Record<string, number>>;
}

/** One offline metric against one online metric. Both are read as higher is better. */
export interface Agreement {
  readonly offline: string;
  readonly online: string;
  readonly policies: number;
  readonly kendall: number; // τ-b in [−1, 1]; NaN if either is constant
  readonly spearman: number; // in [−1, 1]; NaN if either is constant
  /** The offline winner; with a tie all who share the best value, joined by " = ". */
  readonly offlineWinner: string;
  readonly onlineWinner: string;
  /** Whether the offline metric leads to the online winner, whichever of a tie is taken. */
  readonly picksWinner: boolean;
  /**
   * Online value lost by trusting the offline winner: (best − picked) / |best|, at least 0; 0 if it picks the winner; with a tie the
   * worst of it.
   */
  readonly regret: number;
}

/** Which metrics are better when lower (log loss, hides): their sign is turned before ranking. */
export interface AgreementOptions {
  readonly lowerIsBetter?: readonly string[];
}

/** Every offline metric against every online metric, over at least two policies. Equal online values: the first policy named wins. */
export function agreement(policies: readonly PolicyScores[], options: AgreementOptions = {}): readonly Agreement[] {
  if (policies.length < 2) throw new RangeError(`agreement needs at least 2 policies; got ${policies.length}`);
  const lower = new Set(options.lowerIsBetter ?? []);
  const [first] = policies as [PolicyScores];
  const column = (side: "offline" | "online", name: string): Float64Array => {
    const values = Float64Array.from(policies, (policy) => {
      const value = policy[side][name];
      if (value === undefined || !Number.isFinite(value))
        throw new RangeError(
          `${side} metric ${name} of policy ${policy.policy} is ${value}; it must be a finite number`,
        );
      return lower.has(name) ? -value : value;
    });
    return values;
  };
  const results: Agreement[] = [];
  for (const offline of Object.keys(first.offline)) {
    for (const online of Object.keys(first.online)) {
      const predicted = column("offline", offline);
      const truth = column("online", online);
      const top = predicted[largest(predicted)]!;
      const picked = policies.flatMap((_, i) => (predicted[i] === top ? [i] : []));
      const best = largest(truth);
      const lost = truth[best]! - Math.min(...picked.map((i) => truth[i]!));
      results.push({
        offline,
        online,
        policies: policies.length,
        kendall: kendallTau(predicted, truth),
        spearman: spearman(predicted, truth),
        offlineWinner: picked.map((i) => policies[i]!.policy).join(" = "),
        onlineWinner: policies[best]!.policy,
        picksWinner: lost === 0,
        regret: lost === 0 ? 0 : lost / Math.abs(truth[best]!),
      });
    }
  }
  return results;
}

/** Kendall's τ-b, which allows ties (Kendall, 1945). O(n²): made for tens of policies. NaN if a column is constant. */
export function kendallTau(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkPair(a, b);
  let balance = 0;
  let differA = 0;
  let differB = 0;
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      const signA = Math.sign(a[i]! - a[j]!);
      const signB = Math.sign(b[i]! - b[j]!);
      balance += signA * signB;
      differA += Math.abs(signA);
      differB += Math.abs(signB);
    }
  }
  return differA === 0 || differB === 0 ? NaN : balance / Math.sqrt(differA * differB);
}

/** Spearman's rank correlation: Pearson's of average ranks. NaN if a column is constant. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkPair(a, b);
  return pearson(ranks(a), ranks(b));
}

/** Pearson's correlation; NaN if a column is constant. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkPair(a, b);
  if (isConstant(a) || isConstant(b)) return NaN; // a rounded mean would make equal values look varied
  const n = a.length;
  let meanA = 0;
  let meanB = 0;
  for (let i = 0; i < n; i++) {
    meanA += a[i]! / n;
    meanB += b[i]! / n;
  }
  let both = 0;
  let squareA = 0;
  let squareB = 0;
  for (let i = 0; i < n; i++) {
    const x = a[i]! - meanA;
    const y = b[i]! - meanB;
    both += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  return squareA === 0 || squareB === 0 ? NaN : both / Math.sqrt(squareA * squareB);
}

/** Ranks from 1, ties averaged. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const result = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    let below = 0;
    let equal = 0;
    for (let j = 0; j < values.length; j++) {
      if (values[j]! < values[i]!) below++;
      else if (values[j] === values[i]) equal++;
    }
    result[i] = below + (equal + 1) / 2;
  }
  return result;
}

function checkPair(a: ArrayLike<number>, b: ArrayLike<number>): void {
  sameLength({ a, b });
  notEmpty("a", a);
  finite("a", a);
  finite("b", b);
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}

function largest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

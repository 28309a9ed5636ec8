/** Health of serving: a few shares that should be near 0, each with the limit at which an alert is raised. */
import type { SlateBatch } from "../../types.js";

/** One check. */
export interface HealthCheck {
  readonly name: "empty slots" | "empty slates" | "not finite" | "out of vocabulary";
  /** What it is about: a prediction, a feature; empty where there is only one. */
  readonly of: string;
  readonly share: number; // in [0, 1]
  readonly limit: number;
  readonly healthy: boolean; // share at most the limit
}

/** Shares at which a check fails. */
export interface HealthLimits {
  readonly emptySlots: number;
  readonly emptySlates: number;
  readonly notFinite: number;
  readonly outOfVocabulary: number;
}

/** Default limits: no NaN at all, almost no empty slot, and half of the ids known. */
export const healthDefaults: HealthLimits = { emptySlots: 0.001, emptySlates: 0, notFinite: 0, outOfVocabulary: 0.5 };

/** What is checked; every part is optional. */
export interface HealthInput {
  readonly slates?: readonly SlateBatch[];
  /** Predictions or numbers by name. */
  readonly numbers?: Readonly<Record<string, ArrayLike<number>>>;
  /** Encoded table rows by category, 0 being out of vocabulary (see models/encoding). */
  readonly tableRows?: Readonly<Record<string, ArrayLike<number>>>;
}

/** Computes every check the input allows. */
export function healthChecks(input: HealthInput, limits: Partial<HealthLimits> = {}): HealthCheck[] {
  const { emptySlots, emptySlates, notFinite, outOfVocabulary } = { ...healthDefaults, ...limits };
  const checks: HealthCheck[] = [];
  const add = (name: HealthCheck["name"], of: string, share: number, limit: number): void => {
    checks.push({ name, of, share, limit, healthy: share <= limit });
  };
  if (input.slates) {
    const { slots, pages } = emptyShares(input.slates);
    add("empty slots", "", slots, emptySlots);
    add("empty slates", "", pages, emptySlates);
  }
  for (const [of, values] of Object.entries(input.numbers ?? {}))
    add(
      "not finite",
      of,
      shareWhere(values, (value) => !Number.isFinite(value)),
      notFinite,
    );
  for (const [of, rows] of Object.entries(input.tableRows ?? {}))
    add(
      "out of vocabulary",
      of,
      shareWhere(rows, (row) => row === 0),
      outOfVocabulary,
    );
  return checks;
}

function emptyShares(batches: readonly SlateBatch[]): { slots: number; pages: number } {
  let [slots, emptySlots, pages, emptyPages] = [0, 0, 0, 0];
  for (const batch of batches) {
    for (let row = 0; row < batch.count; row++) {
      let empty = 0;
      for (let at = row * batch.slots; at < (row + 1) * batch.slots; at++) if (batch.video[at]! < 0) empty++;
      slots += batch.slots;
      emptySlots += empty;
      pages++;
      if (empty === batch.slots) emptyPages++;
    }
  }
  return { slots: slots > 0 ? emptySlots / slots : 0, pages: pages > 0 ? emptyPages / pages : 0 };
}

function shareWhere(values: ArrayLike<number>, matches: (value: number) => boolean): number {
  let count = 0;
  for (let row = 0; row < values.length; row++) if (matches(values[row]!)) count++;
  return values.length > 0 ? count / values.length : 0;
}

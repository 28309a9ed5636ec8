/** Splits days by time: models are judged on later days than they learned from, never on shuffled rows (label leakage). */
import type { Day } from "../../types.js";

/** How many days each part takes; `gap` days are left out between parts (0). `train` absent: all that is left. */
export interface SplitSizes {
  readonly train?: number;
  readonly validation: number;
  readonly test: number;
  readonly gap?: number;
}

/** Days of each part, ascending; every training day is before every validation day, and those before every test day. */
export interface TimeSplit {
  readonly train: readonly Day[];
  readonly validation: readonly Day[];
  readonly test: readonly Day[];
}

/**
 * The last days for test, those before for validation, those before for training; surplus early days are left out.
 * @throws Error when sizes are not whole numbers of days, or there are too few days.
 */
export function splitByTime(days: readonly Day[], sizes: SplitSizes): TimeSplit {
  const { train, validation, test, gap = 0 } = sizes;
  for (const [name, size] of Object.entries({ train: train ?? 1, validation, test, gap })) {
    if (!Number.isInteger(size) || size < (name === "train" ? 1 : 0)) {
      throw new Error(`split size ${name} is ${size}; allowed: whole days from ${name === "train" ? 1 : 0}`);
    }
  }
  const sorted = [...new Set(days)].sort((a, b) => a - b);
  const testFrom = sorted.length - test;
  const validationTo = test > 0 ? testFrom - gap : testFrom;
  const validationFrom = validationTo - validation;
  const trainTo = validation > 0 ? validationFrom - gap : validationTo;
  const trainFrom = trainTo - (train ?? trainTo);
  if (trainFrom < 0 || trainTo < 1) {
    throw new Error(
      `${sorted.length} days are too few for train ${train ?? "≥ 1"}, validation ${validation}, test ${test}, gap ${gap}`,
    );
  }
  return {
    train: sorted.slice(trainFrom, trainTo),
    validation: sorted.slice(validationFrom, validationTo),
    test: sorted.slice(testFrom),
  };
}

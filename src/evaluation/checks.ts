/** Input checks shared by the metrics: each error names the fault, the value and what is allowed. */

/** Throws unless all columns have as many rows as the first. */
export function sameLength(columns: Readonly<Record<string, ArrayLike<unknown>>>): void {
  const entries = Object.entries(columns);
  const [firstName, first] = entries[0]!;
  for (const [name, column] of entries) {
    if (column.length !== first.length) {
      throw new RangeError(
        `lengths differ: ${name} has ${column.length} rows, ${firstName} has ${first.length}; they must be equal`,
      );
    }
  }
}

/** Throws if a column has no rows. */
export function notEmpty(name: string, column: ArrayLike<unknown>): void {
  if (column.length === 0) throw new RangeError(`${name} is empty: 0 rows; at least 1 is needed`);
}

/** Throws at the first value that is NaN or infinite. */
export function finite(name: string, column: ArrayLike<number>): void {
  for (let i = 0; i < column.length; i++) {
    if (!Number.isFinite(column[i])) throw new RangeError(`${name}[${i}] is ${column[i]}; it must be a finite number`);
  }
}

/** Throws at the first value below `low` or above `high` (NaN too). */
export function within(name: string, column: ArrayLike<number>, low: number, high: number): void {
  for (let i = 0; i < column.length; i++) {
    const value = column[i]!;
    if (!(value >= low && value <= high))
      throw new RangeError(`${name}[${i}] is ${value}; it must be in [${low}, ${high}]`);
  }
}

/** Throws unless every label is 0 or 1. */
export function binary(name: string, labels: ArrayLike<number>): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (label !== 0 && label !== 1) throw new RangeError(`${name}[${i}] is ${label}; labels must be 0 or 1`);
  }
}

/** Throws unless `value` is a whole number of at least `least`. */
export function wholeNumber(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`${name} is ${value}; it must be a whole number of at least ${least}`);
}

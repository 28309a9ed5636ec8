/** Checks of what models are given: columns, users, settings. Each fault is named with its value and what is allowed. */

/**
 * @param columns what they hold: whole numbers from 0 to `most`, or for Infinity any finite amounts; undefined ones are left out
 * @throws Error on a column of another length or a value out of range, naming them
 */
export function checkColumns(
  count: number,
  columns: Readonly<Record<string, readonly [column: ArrayLike<number> | undefined, most: number]>>,
  one = "row",
): void {
  for (const [name, [column, most]] of Object.entries(columns)) {
    if (column === undefined) continue;
    if (column.length !== count)
      throw new Error(`${name} holds ${column.length} values; expected ${count}, one per ${one}`);
    for (let at = 0; at < count; at++) {
      const value = column[at]!;
      if (value >= 0 && value <= most && value < Infinity && (most === Infinity || Number.isInteger(value))) continue;
      const allowed = most === Infinity ? "finite, 0 or more" : most === 1 ? "0, 1" : `0 to ${most}`;
      throw new Error(`${name} is ${value} in ${one} ${at}; allowed: ${allowed}`);
    }
  }
}

/** How many of the 0/1 values are 1. @throws Error where all are the same */
export function needBothKinds(name: string, column: ArrayLike<number>, count: number): number {
  let ones = 0;
  for (let row = 0; row < count; row++) ones += column[row]!;
  if (ones === 0 || ones === count)
    throw new Error(`${name} is ${ones === 0 ? 0 : 1} in all ${count} rows; allowed: rows of both kinds`);
  return ones;
}

/** @throws Error on a user out of range */
export function checkUsers(users: Int32Array, userCount: number): void {
  for (let i = 0; i < users.length; i++) {
    if (!(users[i]! >= 0 && users[i]! < userCount))
      throw new Error(`user is ${users[i]}; allowed: 0 to ${userCount - 1}`);
  }
}

/** @throws Error naming a setting that is no number in [least, most] (or not whole where it must be) */
export function checkSettings(
  settings: object,
  allowed: Readonly<
    Record<
      string,
      { readonly least: number; readonly most?: number; readonly whole?: boolean; readonly above?: boolean }
    >
  >,
): void {
  for (const [name, { least, most = Infinity, whole = false, above = false }] of Object.entries(allowed)) {
    const value = (settings as Readonly<Record<string, number>>)[name]!;
    const fits =
      Number.isFinite(value) &&
      (above ? value > least : value >= least) &&
      value <= most &&
      (!whole || Number.isInteger(value));
    if (!fits)
      throw new Error(
        `${name} is ${value}; allowed: ${whole ? "whole numbers" : "numbers"} ` +
          `${above ? "above" : "from"} ${least}${most < Infinity ? ` to ${most}` : ""}`,
      );
  }
}

/** @throws Error unless the value is one of those known */
export function checkKnown(name: string, value: unknown, known: readonly string[]): void {
  if (!known.includes(value as string))
    throw new Error(`unknown ${name}: ${String(value)}; known: ${known.join(", ")}`);
}

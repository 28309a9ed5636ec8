/** Which hours of a bad day are unlike those before it. */

/** How far each value is from the first ones, in standard deviations of these. @param first how many they are, at least two */
export function deviations(values: readonly number[], first: number): readonly number[] {
  const usual = values.slice(0, first);
  const mean = usual.reduce((sum, x) => sum + x, 0) / first;
  const sd = Math.sqrt(usual.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (first - 1));
  return values.map((value) => (value - mean) / sd);
}

/** Standard deviations from which an hour alarms. */
export const alarmFrom = 4;

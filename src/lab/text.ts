/** Formatting: escaped HTML, text that is harmless in a terminal, readable numbers, JSON that never fails on NaN. */

/** Escapes text for HTML content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Text with parts of people's files (headers, values, names) for a terminal: control characters, which begin escape sequences, and those
 * that turn the direction of what follows are written as \u001b, also within JSON. Line ends and tabs stay.
 */
export function printable(text: string): string {
  const code = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return text.replace(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, code);
}

/** Integers with thousands separators, other numbers to three significant digits; NaN and infinities as "–". */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  if (size < 1e-4) return value.toExponential(2);
  return value.toFixed(decimalsOf(size));
}

/** Decimals for three significant digits of a size. */
function decimalsOf(size: number): number {
  return Math.max(0, 2 - Math.floor(Math.log10(size)));
}

/** A share as a percentage with one decimal, or as many as `digits`; NaN as "–". */
export function formatPercent(value: number, digits = 1): string {
  return Number.isFinite(value) ? `${(100 * value).toFixed(digits)} %` : "–";
}

/** `12.3 [11.9, 12.8]`: an estimate and its interval in one style. */
export function formatInterval(
  interval: { readonly estimate: number; readonly low: number; readonly high: number },
  format: (value: number) => string = sameDecimals(interval.estimate, interval.low, interval.high),
): string {
  const range =
    Number.isFinite(interval.low) && Number.isFinite(interval.high)
      ? ` [${format(interval.low)}, ${format(interval.high)}]`
      : "";
  return `${format(interval.estimate)}${range}`;
}

/** Writes several numbers with as many decimals as the longest of them needs: 3.12 [3.00, 3.20]. */
function sameDecimals(...values: readonly number[]): (value: number) => string {
  const largest = Math.max(...values.filter(Number.isFinite).map(Math.abs));
  if (
    values.every((value) => !Number.isFinite(value) || Number.isInteger(value)) ||
    !(largest >= 1e-4) ||
    largest >= 1000
  )
    return formatNumber;
  const decimals = decimalsOf(largest);
  return (value) => (Number.isFinite(value) ? value.toFixed(decimals) : "–");
}

/** Seconds as `12.3 s`, `4 min 05 s` or `1 h 02 min`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** Bytes as `1.4 MB` (powers of 1000). */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  while (Math.abs(size) >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

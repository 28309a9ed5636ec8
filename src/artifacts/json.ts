/** Records as JSON text. */

/** Indented JSON. NaN and infinities become null (JSON cannot express "not defined"), typed arrays plain arrays; key order is kept. */
export function jsonText(value: unknown): string {
  const plain = (_: string, item: unknown): unknown => {
    if (typeof item === "number" && !Number.isFinite(item)) return null;
    if (ArrayBuffer.isView(item) && !(item instanceof DataView))
      return Array.from(item as unknown as ArrayLike<number>);
    if (item instanceof Map) return Object.fromEntries(item);
    return item;
  };
  return `${JSON.stringify(value, plain, 2)}\n`;
}

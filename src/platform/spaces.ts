/**
 * Spaces as data, after Gymnasium's `spaces` (Towers et al., 2024): what an observation or an action may be, in shapes and ranges.
 * The axis "requests" has as many places as the observation has requests; it changes from step to step.
 */

/** Element types of a box. */
export const boxTypes = ["uint8", "int32", "float64"] as const;
export type BoxType = (typeof boxTypes)[number];

/** Numbers in [low, high] in an array of a shape; a shape without axes is one number. */
export interface Box {
  readonly kind: "box";
  readonly dtype: BoxType;
  readonly shape: readonly (number | "requests")[];
  readonly low: number;
  readonly high: number;
  readonly meaning: string;
}

/** Named spaces. */
export interface Dict {
  readonly kind: "dict";
  readonly spaces: Readonly<Record<string, Space>>;
}

/** What an observation or an action may be. */
export type Space = Box | Dict;

/** A box; all numbers but float64 are integers. */
export function box(dtype: BoxType, shape: Box["shape"], low: number, high: number, meaning: string): Box {
  return { kind: "box", dtype, shape, low, high, meaning };
}

const arrays = { uint8: Uint8Array, int32: Int32Array, float64: Float64Array } as const;

/**
 * Why a value does not lie in a space, or undefined when it does. `requests` is the length of that axis.
 * @example outside(env.observationSpace, observation, observation.count) // undefined
 */
export function outside(space: Space, value: unknown, requests: number, name = "value"): string | undefined {
  if (space.kind === "dict") {
    if (typeof value !== "object" || value === null)
      return `${name} is ${String(value)}; allowed: a record of ${Object.keys(space.spaces).join(", ")}`;
    for (const [key, inner] of Object.entries(space.spaces)) {
      const fault = outside(inner, (value as Record<string, unknown>)[key], requests, `${name}.${key}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  const { dtype, shape, low, high } = space;
  const range = `${dtype === "float64" ? "numbers" : "integers"} in [${low}, ${high}]`;
  if (shape.length === 0) return fits(space, value) ? undefined : `${name} is ${String(value)}; allowed: ${range}`;
  const size = shape.reduce<number>((product, axis) => product * (axis === "requests" ? requests : axis), 1);
  if (!(value instanceof arrays[dtype]))
    return (
      `${name} is ${value === undefined ? "missing" : Object.prototype.toString.call(value).slice(8, -1)}; ` +
      `allowed: ${arrays[dtype].name} of [${shape.join(", ")}]`
    );
  if (value.length !== size)
    return `${name} has ${value.length} values; allowed: ${size}, [${shape.join(", ")}] with ${requests} requests`;
  for (let i = 0; i < size; i++) if (!fits(space, value[i])) return `${name}[${i}] is ${value[i]}; allowed: ${range}`;
  return undefined;
}

function fits({ dtype, low, high }: Box, value: unknown): boolean {
  return typeof value === "number" && value >= low && value <= high && (dtype === "float64" || Number.isInteger(value));
}

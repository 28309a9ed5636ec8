/**
 * A tree of plain values and typed arrays as one block of bytes, and back: a length, JSON in which each array is `{ $: [type, offset,
 * length] }`, then the arrays, each at a multiple of eight bytes so that it is read in place. Equal trees give equal bytes.
 */
const types = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;
type TypedArray = InstanceType<(typeof types)[keyof typeof types]>;

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** @throws Error for a typed array of another kind than the seven above */
export function packArrays(tree: object): Uint8Array {
  const arrays: TypedArray[] = [];
  let end = 0;
  const json = JSON.stringify(tree, (_, value: unknown) => {
    if (!ArrayBuffer.isView(value)) return value;
    const type = Object.entries(types).find(([, make]) => value instanceof make)?.[0];
    if (type === undefined) throw new Error(`cannot pack ${Object.prototype.toString.call(value)}`);
    const offset = end;
    end = aligned(offset + value.byteLength);
    arrays.push(value as TypedArray);
    return { $: [type, offset, (value as TypedArray).length] };
  });
  const head = new TextEncoder().encode(json);
  const start = aligned(8 + head.length);
  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 8);
  let at = start;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += aligned(byteLength);
  }
  return bytes;
}

/** What `packArrays` packed; arrays share the bytes' memory. @throws Error for bytes that are cut short or something else */
export function unpackArrays(bytes: Uint8Array): unknown {
  const held = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const length = held.length < 8 ? 0 : new DataView(held.buffer, held.byteOffset).getUint32(0, true);
  if (length === 0 || 8 + length > held.length)
    throw new Error(`damaged bundle: ${held.length} bytes; expected a header of ${length}`);
  const start = held.byteOffset + aligned(8 + length);
  return JSON.parse(new TextDecoder().decode(held.subarray(8, 8 + length)), (_, value: unknown) => {
    const place = (value as { $?: [keyof typeof types, number, number] } | null)?.$;
    if (!Array.isArray(place)) return value;
    const [type, offset, count] = place;
    if (start + offset + count * types[type].BYTES_PER_ELEMENT > held.byteOffset + held.length)
      throw new Error(`damaged bundle: it ends before its ${count} values of type ${type}`);
    return new types[type](held.buffer as ArrayBuffer, start + offset, count);
  });
}

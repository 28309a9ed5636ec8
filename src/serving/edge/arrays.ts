/**
 * A tree of plain values and typed arrays as one block of bytes, and back: a length, JSON in which each array is `{ $: [type, offset,
 * length] }`, then the arrays, all first bytes of an array's numbers before all second ones: alike bytes stand together, and gzip makes a
 * tenth less of them. Equal trees give equal bytes.
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

/** Bytes of numbers by place: `from` [numbers, size] → `to` [size, numbers]. */
function transpose(from: Uint8Array, to: Uint8Array, numbers: number): void {
  const size = from.length / Math.max(1, numbers);
  for (let number = 0, at = 0; number < numbers; number++)
    for (let place = 0; place < size; place++) to[place * numbers + number] = from[at++]!;
}

/** @throws Error for a typed array of another kind than the seven above */
export function packArrays(tree: object): Uint8Array {
  const arrays: TypedArray[] = [];
  let end = 0;
  const json = JSON.stringify(tree, (_, value: unknown) => {
    if (!ArrayBuffer.isView(value)) return value;
    const type = Object.entries(types).find(([, make]) => value instanceof make)?.[0];
    if (type === undefined) throw new Error(`cannot pack ${Object.prototype.toString.call(value)}`);
    const offset = end;
    end += value.byteLength;
    arrays.push(value as TypedArray);
    return { $: [type, offset, (value as TypedArray).length] };
  });
  const head = new TextEncoder().encode(json);
  const start = 8 + head.length;
  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 8);
  let at = start;
  for (const { buffer, byteOffset, byteLength, length } of arrays) {
    transpose(new Uint8Array(buffer, byteOffset, byteLength), bytes.subarray(at, (at += byteLength)), length);
  }
  return bytes;
}

/** What `packArrays` packed. @throws Error for bytes that are cut short or something else */
export function unpackArrays(bytes: Uint8Array): unknown {
  const length = bytes.length < 8 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (length === 0 || 8 + length > bytes.length)
    throw new Error(`damaged bundle: ${bytes.length} bytes; expected a header of ${length}`);
  const start = 8 + length;
  return JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)), (_, value: unknown) => {
    const place = (value as { $?: [keyof typeof types, number, number] } | null)?.$;
    if (!Array.isArray(place)) return value;
    const [type, offset, count] = place;
    const size = types[type].BYTES_PER_ELEMENT;
    const packed = bytes.subarray(start + offset, start + offset + count * size);
    if (packed.length < count * size)
      throw new Error(`damaged bundle: it ends before its ${count} values of type ${type}`);
    const out = new types[type](count);
    transpose(packed, new Uint8Array(out.buffer), size); // [size, numbers] → [numbers, size]
    return out;
  });
}

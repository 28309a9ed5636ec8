/**
 * The text of a file, piece by piece, whatever it is packed and encoded in. Gzip and byte order marks are recognised from the bytes;
 * without a mark a file is UTF-8 (or UTF-16, where every second byte is 0) unless its encoding is named. What is not in the encoding is
 * refused, never replaced.
 */
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { createGunzip } from "node:zlib";

/** What the first bytes of a file say that it is. */
export type FileKind = "parquet" | "text";

const archives: readonly (readonly [string, string])[] = [
  ["504b0304", "a zip archive or an Excel workbook"],
  ["d0cf11e0", "an old Excel workbook"],
  ["28b52ffd", "packed by zstd"],
  ["fd377a58", "packed by xz"],
  ["425a68", "packed by bzip2"],
  ["53514c69", "an SQLite database"],
];

/** @throws Error on an empty file, and on a container that holds no plain table */
export function kindOf(path: string): FileKind {
  const head = headOf(path, 4);
  if (head.length === 0) throw new Error(`${path} is empty: it has no bytes`);
  if (head.toString("latin1") === "PAR1") return "parquet";
  const found = archives.find(([magic]) => head.toString("hex").startsWith(magic));
  if (found !== undefined)
    throw new Error(`${basename(path)} is ${found[1]}; allowed: text (CSV, TSV), plain or packed by gzip, and Parquet`);
  return "text";
}

/** The encoding of a name people use for it. @throws RangeError */
export function encodingNamed(name: string): string {
  try {
    return new TextDecoder(name.replace(/^latin[-_](\d)$/i, "latin$1")).encoding;
  } catch (error) {
    throw new RangeError(
      `unknown encoding: ${name}; known: utf-8, utf-16le, utf-16be, windows-1252, iso-8859-15, shift_jis, ` +
        `gb18030 and what else the Encoding Standard lists`,
      { cause: error },
    );
  }
}

/** Decoded pieces of a file, in order. @throws Error naming the file on damaged gzip and on bytes of another encoding */
export async function* textOf(path: string, encoding?: string): AsyncGenerator<string> {
  const name = basename(path);
  const packed = headOf(path, 2).toString("hex") === "1f8b";
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  const bytes = packed ? source.pipe(createGunzip({ chunkSize: 1 << 20 })) : source;
  source.on("error", (error) => bytes.destroy(error));
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let lines = 1;
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      decoder ??= new TextDecoder(encodingOf(chunk, encoding), { fatal: true });
      const text = decoder.decode(chunk, { stream: true });
      for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
      yield text;
    }
    if (decoder !== undefined) yield decoder.decode();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA")
      throw new Error(
        `${name} cannot be read: after line ${lines} bytes are not ${decoder?.encoding ?? ""}; name its ` +
          `encoding (--encoding windows-1252, for example)`,
        { cause: error },
      );
    if (code.startsWith("Z_")) throw new Error(`${name} cannot be read: its gzip data are damaged`, { cause: error });
    throw error;
  } finally {
    source.destroy();
  }
}

/** A mark at the start wins over a name: it is part of the file. */
function encodingOf(head: Buffer, named: string | undefined): string {
  const mark = head.subarray(0, 3).toString("hex");
  if (mark === "efbbbf") return "utf-8";
  if (mark.startsWith("fffe")) return "utf-16le";
  if (mark.startsWith("feff")) return "utf-16be";
  if (named !== undefined) return encodingNamed(named);
  const some = head.subarray(0, 1000);
  const zeros = [0, 1].map((from) => some.filter((byte, at) => byte === 0 && at % 2 === from).length);
  if (zeros[1]! > some.length / 4 && zeros[0]! < some.length / 20) return "utf-16le";
  if (zeros[0]! > some.length / 4 && zeros[1]! < some.length / 20) return "utf-16be";
  return "utf-8";
}

function headOf(path: string, bytes: number): Buffer {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(bytes);
    return head.subarray(0, readSync(file, head, 0, bytes, 0));
  } finally {
    closeSync(file);
  }
}

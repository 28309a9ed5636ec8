/**
 * Requests that mean harm, or nothing, drawn from a service's own OpenAPI document: each is valid but for one change of a named kind. Sent over
 * a bare socket, since a client library would repair half of them. `verdict` says what is wrong with an answer.
 */
import { connect } from "node:net";
import seedrandom from "seedrandom";

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> };
}
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

interface Found {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

/** One request as it goes over the wire. `refused`: only a 4xx will do. */
export interface FuzzRequest {
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly refused: boolean;
}

/** What came back; status 0: the connection ended without an answer. */
export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

const odd: readonly unknown[] = [
  ...[-1, 0.5, 1e9, 2 ** 53, -(2 ** 31), 1e308, "", "x", "x".repeat(3_000), "\u0000\u001b[2J", "../../etc/passwd"],
  ...["٣", "1; drop table events", null, true, [], {}, [[]], { length: 1e9 }, { $gt: 0 }],
];
const broken = [
  "{",
  '{"a":',
  "[1,]",
  "{'a':1}",
  "NaN",
  "nul",
  '"',
  "{}{}",
  "",
  "[".repeat(50_000),
  '{"a":1e}',
  "\\u00",
];
const huge = Buffer.from(`"${"x".repeat(1_500_000)}"`);
const paths = [
  ...[
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2fpackage.json",
    "/page/../../server.js",
    "//",
    "/%00",
    "/%ff",
    "/%",
  ],
  ...[
    "/videos/../healthz",
    "/videos/-1",
    "/videos/1e3",
    "/videos/99999999999999999999",
    "/videos/NaN",
    "/videos/1%2f2",
    "/videos/%20",
    "/videos/",
  ],
  ...[
    "/.git/config",
    "/.env",
    "/node_modules/",
    "/index.js%00.html",
    "/?".padEnd(12_000, "a=1&"),
    `/${"a".repeat(9_000)}`,
    "/__proto__",
    "/constructor",
  ],
];

/** `count` requests, the same for the same document and seed. */
export function* fuzzRequests(document: OpenApi, seed: number, count: number): Generator<FuzzRequest> {
  const draw = seedrandom.alea(`fuzz ${seed}`);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(draw() * list.length)]!;
  const operations: Found[] = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const withBody = operations.filter(({ operation }) => bodyOf(operation) !== undefined);
  const json = "content-type: application/json";

  const kinds: Readonly<Record<string, () => Partial<FuzzRequest>>> = {
    valid: () => body(valid()),
    "wrong type": () => body(change(valid(), (parent, key) => void (parent[key] = pick(odd)))),
    "left out": () =>
      body(change(valid(), (parent, key) => void (Array.isArray(parent) ? parent.pop() : delete parent[key]))),
    "not known": () =>
      body(Object.assign(valid() as object, { [pick(["extra", "constructor", "toString"])]: pick(odd) })),
    prototype: () => body(JSON.stringify(valid()).replace("{", '{"__proto__":{"admin":true},')),
    "another value": () => {
      const value = pick(odd);
      return { ...body(value), refused: JSON.stringify(value) !== "{}" };
    },
    malformed: () => ({ ...body(pick(broken)), refused: true }),
    "cut off": () => {
      const text = JSON.stringify(valid());
      return { ...body(text.slice(0, 1 + Math.floor(draw() * (text.length - 1)))), refused: true };
    },
    "no text": () => ({
      body: Buffer.from(Array.from({ length: 200 }, () => Math.floor(draw() * 256))),
      refused: true,
    }),
    "huge body": () => ({ body: huge, refused: true }),
    "another content type": () => ({
      ...body(valid()),
      headers: [pick(["content-type: text/xml", "content-type: x", "content-type: application/json; charset=x", ""])],
    }),
    "another method": () => ({
      method: pick(["PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE"]),
      ...body(valid()),
    }),
    path: () => ({ method: "GET", path: pick(paths), headers: [], body: Buffer.alloc(0) }),
    parameter: () => ({ ...fill(operations[turn++ % operations.length]!, true), headers: [], body: Buffer.alloc(0) }),
    headers: () => ({
      ...body(valid()),
      headers: [
        json,
        pick([
          `x: ${"y".repeat(30_000)}`,
          "expect: 200-ok",
          "transfer-encoding: gzip",
          "no colon",
          "host: a b",
          "accept-encoding: \u0001",
        ]),
      ],
    }),
  };
  let operation = withBody[0] ?? operations[0]!;
  const valid = (): unknown => sample(bodyOf(operation.operation) ?? {}, document, draw);
  const body = (value: unknown): { body: Buffer } => ({
    body: Buffer.from(typeof value === "string" && value.length > 0 ? value : (JSON.stringify(value) ?? "")),
  });
  const word = (harm: boolean): string => {
    if (!harm) return String(Math.floor(draw() * 50));
    const value = pick(odd);
    return encodeURIComponent(typeof value === "string" ? value : JSON.stringify(value)) || "%20";
  };
  const fill = (
    { method, path, operation: { parameters = [] } }: Found,
    harm: boolean,
  ): { method: string; path: string } => {
    const query = parameters.filter((one) => one.in === "query").map(({ name }) => `${name}=${word(harm)}`);
    return { method, path: [path.replaceAll(/\{[^}]+\}/g, () => word(harm)), ...query].join("?") };
  };
  let turn = 0; // each operation in its turn
  const names = Object.keys(kinds);
  for (let i = 0; i < count; i++) {
    operation = pick(withBody.length > 0 ? withBody : operations);
    const kind = names[i % names.length]!;
    yield {
      kind,
      headers: [json],
      refused: false,
      body: Buffer.alloc(0),
      ...fill(operation, false),
      ...kinds[kind]!(),
    };
  }
}

function bodyOf(operation: Operation): Schema | undefined {
  return operation.requestBody?.content?.["application/json"]?.schema;
}

/** A value that the schema allows, mostly. */
function sample(schema: Schema, document: OpenApi, draw: () => number, depth = 0): unknown {
  const of = (inner: Schema): unknown => sample(inner, document, draw, depth + 1);
  if (schema.$ref !== undefined) return of(document.components?.schemas?.[schema.$ref.split("/").at(-1)!] ?? {});
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[Math.floor(draw() * schema.enum.length)];
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return of(options[Math.floor(draw() * options.length)]!);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map(of)) as unknown;
  const type = typeof schema.type === "object" ? schema.type[0] : schema.type;
  if (type === "object" || schema.properties) {
    const wanted = ([name]: [string, Schema]): boolean => (schema.required?.includes(name) ?? false) || draw() < 0.5;
    return Object.fromEntries(
      Object.entries(schema.properties ?? {})
        .filter(wanted)
        .map(([name, inner]) => [name, of(inner)]),
    );
  }
  if (type === "array")
    return Array.from({ length: (schema.minItems ?? 0) + Math.floor(3 * draw()) }, () => of(schema.items ?? {}));
  const least = schema.minimum ?? schema.exclusiveMinimum ?? 0;
  const most = Math.min(schema.maximum ?? least + 20, least + 20);
  if (type === "integer")
    return Math.ceil(least + (schema.exclusiveMinimum === undefined ? 0 : 1)) + Math.floor(draw() * (most - least));
  if (type === "number") return least + draw() * (most - least);
  if (type === "boolean") return draw() < 0.5;
  return `${"f".repeat(schema.minLength ?? 0)}${Math.floor(1e6 * draw())}`;
}

/** Changes one place of a value, anywhere within it. */
function change(value: unknown, at: (parent: Record<string, unknown> & unknown[], key: string) => void): unknown {
  const places: [object, string][] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, inner] of Object.entries(node)) {
      places.push([node, key]);
      walk(inner);
    }
  };
  walk(value);
  const place = places[((places.length * 7919) % 104_729) % Math.max(1, places.length)];
  if (place) at(place[0] as Record<string, unknown> & unknown[], place[1]);
  return value;
}

/** Sends it over a socket of its own and reads to the end. `pauseMs` before the second half of the body. */
export function send(port: number, request: FuzzRequest, { pauseMs = 0, timeoutMs = 15_000 } = {}): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const parts: Buffer[] = [];
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(parts).toString();
      const at = text.indexOf("\r\n\r\n");
      resolve({
        status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0),
        head: text.slice(0, Math.max(at, 0)),
        body: at < 0 ? "" : text.slice(at + 4),
      });
    };
    const timer = setTimeout(done, timeoutMs);
    socket.on("data", (data) => parts.push(data));
    socket.on("close", done);
    socket.on("error", () => {}); // a reset after an early answer (a body too large); `close` follows
    const { method, path, headers, body } = request;
    const head = [`${method} ${path} HTTP/1.1`, "host: 127.0.0.1", "connection: close", ...headers.filter(Boolean)];
    if (body.length > 0) head.push(`content-length: ${body.length}`);
    socket.write(`${head.join("\r\n")}\r\n\r\n`, "latin1");
    if (pauseMs === 0) return void socket.write(body);
    socket.write(body.subarray(0, body.length >> 1));
    setTimeout(() => socket.destroyed || socket.write(body.subarray(body.length >> 1)), pauseMs);
  });
}

/** What is wrong with an answer; undefined: nothing. */
export function verdict(
  { kind, method, path, body: sent, refused }: FuzzRequest,
  { status, head, body }: Answer,
): string | undefined {
  const what = `${kind}: ${method} ${path.slice(0, 80)} ${sent.toString().slice(0, 160)} → ${status} ${body.slice(0, 200)}`;
  if (status === 0) return `no answer: ${what}`;
  if (status >= 500) return `a fault of the server: ${what}`;
  if (refused && status < 400) return `taken although it is not allowed: ${what}`;
  if (status < 400) return undefined;
  if (method === "HEAD" || body.replace("0\r\n\r\n", "") === "")
    return /^HTTP\/1\.1 4(00|08|13|14|17|31)/.test(head) ? undefined : `no reason: ${what}`; // Node's own parser
  let reason: unknown;
  try {
    const answer = JSON.parse(
      body.startsWith("{") ? body : body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1),
    ) as Record<string, unknown>;
    reason = answer["message"] ?? answer["error"];
  } catch {
    return `not JSON: ${what}`;
  }
  if (typeof reason !== "string" || reason.length < 4 || reason.length > 600) return `no plain reason: ${what}`;
  const own = path.length > 3 ? reason.replaceAll(path.slice(0, 200), "") : reason; // the path asked for may say anything
  if (/\n\s+at |node_modules|\/src\/|\/dist\/|undefined|\[object|Cannot read|is not a function/.test(own))
    return `not for people: ${what}`;
  return /[\0-\x1f\x7f-\x9f\u202a-\u202e]/.test(reason) ? `a control character: ${what}` : undefined;
}

/** Fuzzes a service at a port of this machine: faults in words, answers by status. */
export async function fuzz(
  port: number,
  seed: number,
  count: number,
): Promise<{ readonly faults: readonly string[]; readonly statuses: Readonly<Record<number, number>> }> {
  const document = (await (await fetch(`http://127.0.0.1:${port}/openapi.json`)).json()) as OpenApi;
  const faults: string[] = [];
  const statuses: Record<number, number> = {};
  for (const request of fuzzRequests(document, seed, count)) {
    const answer = await send(port, request);
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    const fault = verdict(request, answer);
    if (fault !== undefined) faults.push(fault);
  }
  return { faults, statuses };
}

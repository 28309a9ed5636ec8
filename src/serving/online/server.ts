/**
 * The HTTP server around a service: routes, validation, limits of size, rate and time, logs, the OpenAPI document, the page. It knows
 * nothing of models: a service is a record of functions, and what a function throws as a `Refusal` is a 4xx with its words.
 *
 * Who may ask: on loopback everybody on this machine, addressed as this machine (so that no web page can reach it by a name of its own);
 * elsewhere those with the token.
 */
import { timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import { fastify, LogController, type FastifyError, type FastifyReply, type FastifyRequest } from "fastify";
import { Refusal } from "./refusal.js";
import { addRoutes, type Service } from "./routes.js";

/** How a server listens. */
export interface ServerOptions {
  readonly host?: string; // default 127.0.0.1
  readonly port?: number; // default 8080; 0: any free one
  /** Whoever is not on loopback must give it: `authorization: Bearer <token>`. */
  readonly token?: string;
  /** Requests per second and address; default 2000. */
  readonly rate?: number;
  readonly logLevel?: "silent" | "error" | "warn" | "info" | "debug";
  /** Largest body in bytes; default 1 MiB. */
  readonly bodyLimit?: number;
  /** Longest that a client may take to send a request, ms; default 10,000. */
  readonly requestTimeoutMs?: number;
}

/** A running server. */
export interface Server {
  readonly url: string;
  /** Answers what has been asked, refuses the rest, and closes the service. */
  close(): Promise<void>;
}

const loopback = ["127.0.0.1", "::1", "localhost"];
const leastToken = 16;

/** Starts a server. It closes the service when it is closed. @throws RangeError where it would listen to others without a token */
export async function startServer(service: Service, options: ServerOptions = {}): Promise<Server> {
  const { host = "127.0.0.1", port = 8080, token, rate = 2000, logLevel = "warn", bodyLimit = 1_048_576 } = options;
  const { requestTimeoutMs = 10_000 } = options;
  if (!loopback.includes(host) && token === undefined)
    throw new RangeError(`host ${host} without a token; allowed: ${loopback.join(", ")}, or a token`);
  if (token !== undefined && token.length < leastToken)
    throw new RangeError(`a token of ${token.length} characters; allowed: at least ${leastToken}`);
  const app = fastify({
    bodyLimit,
    requestTimeout: requestTimeoutMs,
    http: {
      connectionsCheckingInterval: Math.min(1000, requestTimeoutMs), // how often slow clients are looked for
      headersTimeout: requestTimeoutMs, // must not be longer than that of a request, or neither is kept
      requestTimeout: requestTimeoutMs,
    },
    connectionTimeout: requestTimeoutMs + 5000,
    keepAliveTimeout: requestTimeoutMs, // what clients are told: no longer than a connection may be silent
    forceCloseConnections: "idle",
    frameworkErrors: (error, _, reply) =>
      void (reply as FastifyReply)
        .status(error.statusCode ?? 400)
        .send({ error: printable(error.message.slice(0, 200)) }),
    routerOptions: { maxParamLength: 64 },
    logController: new LogController({ disableRequestLogging: true }), // one line per answer is enough (onResponse)
    logger: { level: logLevel, stream: process.stderr, redact: ["req.headers.authorization"] },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
  });
  app.removeContentTypeParser("text/plain");
  app.setSerializerCompiler(() => (data: unknown) => JSON.stringify(data)); // the schemas of answers are for the document
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const status = error instanceof Refusal ? error.status : (error.statusCode ?? 500);
    if (status >= 500) request.log.error({ err: error, url: request.url }, "failed");
    if (status === 413) await drained(request.raw);
    await reply.status(status).send({ error: printable(wordsOf(error, status, request)) });
  });
  app.setNotFoundHandler((request, reply) => {
    void reply
      .status(404)
      .send({ error: `no ${request.method} ${request.url.slice(0, 200)}; allowed: see /openapi.json` });
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "unknown";
    service.metrics.request(route, reply.statusCode, reply.elapsedTime);
    request.log.info({ method: request.method, route, status: reply.statusCode, ms: reply.elapsedTime }, "answered");
  });
  app.addHook("onRequest", async (request, reply) => {
    const fault = token === undefined ? faultOfHost(request) : faultOfToken(request, token);
    if (fault !== undefined) await reply.status(fault.status).send({ error: fault.words });
  });
  await app.register(rateLimit, {
    max: rate,
    timeWindow: 1000,
    allowList: (request) => ["/healthz", "/readyz", "/metrics"].includes(request.url),
    errorResponseBuilder: (_, { max }) =>
      Object.assign(new Error(`more than ${max} requests per second; allowed: ${max}`), { statusCode: 429 }),
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "stagecraft serve", description: "A recommender as a service", version: "1" },
      ...(token !== undefined && { components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } } }),
    },
  });
  await app.register(async (routes) => addRoutes(routes, service));
  const url = await app.listen({ host, port });
  return {
    url,
    async close(): Promise<void> {
      await app.close();
      await service.close();
    },
  };
}

/** What a request said is repeated without what a terminal would obey. */
function printable(words: string): string {
  return words.replaceAll(/[\p{Cc}\p{Cf}]/gu, "�");
}

/** Reads what a client still sends, for a while: a connection that is closed before takes the answer with it. */
async function drained(request: IncomingMessage): Promise<void> {
  const ended = new AbortController();
  const read = once(request.resume(), "end", ended).catch(() => undefined);
  await Promise.race([read, sleep(500, undefined, { ref: false })]);
  ended.abort();
}

/** A web page elsewhere may name an address of its own that leads here: only names of this machine are answered. */
function faultOfHost(request: FastifyRequest): { readonly status: number; readonly words: string } | undefined {
  const name = request.hostname.replace(/^\[|\]$/g, "");
  if (loopback.includes(name)) return undefined;
  return { status: 421, words: `host ${name.slice(0, 80)}; allowed: ${loopback.join(", ")}` };
}

function faultOfToken(
  request: FastifyRequest,
  token: string,
): { readonly status: number; readonly words: string } | undefined {
  if (request.url === "/healthz") return undefined;
  const given = Buffer.from(request.headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return undefined;
  return { status: 401, words: "no token, or another; allowed: authorization: Bearer <token>" };
}

/** The fault, the value, what is allowed; of a fault of the service only that there was one. */
function wordsOf(error: FastifyError, status: number, request: FastifyRequest): string {
  const [first] = error.validation ?? [];
  if (first) {
    const { instancePath, params, message = "is not allowed" } = first;
    const value = valueAt(error.validationContext === "params" ? request.params : request.body, instancePath);
    const place = `${error.validationContext ?? "body"}${instancePath}`;
    const shown = value === undefined || typeof value === "object" ? "" : ` is ${JSON.stringify(value).slice(0, 80)};`;
    const allowed = params["allowedValues"] as readonly string[] | undefined;
    const extra = params["additionalProperty"] as string | undefined;
    const about = allowed ? `: ${allowed.join(", ")}` : extra === undefined ? "" : `: ${extra.slice(0, 80)}`;
    return `${place}${shown} ${message}${about}`;
  }
  if (status >= 500 && !(error instanceof Refusal)) return "the service failed at this request; it is in its log";
  return error.message;
}

function valueAt(body: unknown, path: string): unknown {
  return path
    .split("/")
    .slice(1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], body);
}

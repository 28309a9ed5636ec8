/** The routes of a service: what is asked and answered at each address, from the contract; and the files of its page. */
import { createReadStream, existsSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import * as contract from "./contract.js";
import type { ServiceMetrics } from "./metrics.js";
import { Refusal } from "./refusal.js";

/** What the server serves. */
export interface Service {
  readonly metrics: ServiceMetrics;
  recommend(request: contract.RecommendRequest): Promise<contract.PageAnswer>;
  features(request: contract.FeatureRequest): Promise<contract.FeatureAnswer>;
  /** Resolves when every event is on the disk. */
  events(events: readonly contract.OnlineEvent[]): Promise<contract.Acknowledged>;
  /** @throws Refusal 404 */
  video(id: number): contract.VideoAnswer | Promise<contract.VideoAnswer>;
  state(): contract.ServiceState;
  swap(request: contract.SwapRequest): Promise<contract.ServiceState>;
  openDay(day: number): Promise<contract.ServiceState>;
  close(): Promise<void>;
}

/** JSON Schema as fastify and OpenAPI read it. */
function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: "draft-7" });
  return rest;
}

function schemaOf(
  summary: string,
  answer: z.ZodType,
  asked: { readonly body?: z.ZodType; readonly params?: object; readonly querystring?: object } = {},
): { schema: Record<string, unknown> } {
  const { body, ...others } = asked;
  const fault = jsonSchema(contract.faultSchema);
  return {
    schema: {
      summary,
      ...(body && { body: jsonSchema(body) }),
      ...others,
      response: { 200: { description: "done", ...jsonSchema(answer) }, "4xx": { description: "refused", ...fault } },
    },
  };
}

/** Adds all routes of a service. */
export function addRoutes(app: FastifyInstance, service: Service): void {
  const { metrics } = service;
  app.post(
    "/recommend",
    schemaOf("A page of videos", contract.pageSchema, { body: contract.recommendSchema }),
    (request) => service.recommend(request.body as contract.RecommendRequest),
  );
  app.post(
    "/recommend/batch",
    schemaOf("A page for each request", contract.pagesSchema, { body: contract.recommendBatchSchema }),
    async (request) => {
      const { requests } = request.body as z.infer<typeof contract.recommendBatchSchema>;
      const pages: contract.PageAnswer[] = [];
      for (const one of requests) pages.push(await service.recommend(one));
      return { pages };
    },
  );
  app.post(
    "/features",
    schemaOf("What the models read of videos for a user", contract.featureAnswerSchema, {
      body: contract.featuresSchema,
    }),
    (request) => service.features(request.body as contract.FeatureRequest),
  );
  app.post(
    "/events",
    schemaOf("Impressions with their outcomes; answered when they are on the disk", contract.acknowledgedSchema, {
      body: contract.eventsSchema,
    }),
    (request) => service.events((request.body as z.infer<typeof contract.eventsSchema>).events),
  );
  const params = {
    type: "object",
    properties: { id: { type: "string", pattern: "^[0-9]{1,10}$", description: "a video" } },
    required: ["id"],
  };
  app.get("/videos/:id", schemaOf("A video", contract.videoSchema, { params }), (request) =>
    service.video(Number((request.params as { readonly id: string }).id)),
  );
  const querystring = {
    type: "object",
    properties: { ids: { type: "string", pattern: "^[0-9]{1,10}(,[0-9]{1,10}){0,99}$", description: "at most 100" } },
    required: ["ids"],
  };
  app.get("/videos", schemaOf("Some videos", contract.videosSchema, { querystring }), async (request) => {
    const { ids } = request.query as { readonly ids: string };
    return { videos: await Promise.all(ids.split(",").map((one) => service.video(Number(one)))) };
  });
  app.get("/healthz", schemaOf("The process answers", contract.stateSchema), () => ({ ready: true }));
  app.get("/readyz", schemaOf("Models are open and a day is", contract.stateSchema), (_, reply) => {
    const state = service.state();
    return reply.status(state.ready ? 200 : 503).send(state);
  });
  app.get("/metrics", { schema: { summary: "Counts for Prometheus" } }, async (_, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  app.post(
    "/admin/swap",
    schemaOf("Other models or another index, while this runs", contract.stateSchema, { body: contract.swapSchema }),
    (request) => service.swap(request.body as contract.SwapRequest),
  );
  app.post(
    "/admin/day",
    schemaOf("Midnight: the next day opens", contract.stateSchema, { body: contract.openDaySchema }),
    (request) => service.openDay((request.body as z.infer<typeof contract.openDaySchema>).day),
  );
  app.get("/openapi.json", { schema: { hide: true } as object }, () => app.swagger());
  app.get("/", { schema: { hide: true } as object }, (_, reply) => sendPage("index.html", reply));
  const file = { type: "object", properties: { file: { type: "string", pattern: "^[a-z-]+\\.(js|css|svg)$" } } };
  app.get("/page/:file", { schema: { hide: true, params: file } as object }, (request, reply) =>
    sendPage((request.params as { readonly file: string }).file, reply),
  );
}

const pageTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** A static file of the page, beside this one. The name is a route's own or matches its pattern: no path. */
function sendPage(name: string, reply: FastifyReply): unknown {
  const built = fileURLToPath(new URL(`page/${name}`, import.meta.url));
  const path = existsSync(built) ? built : built.replace(/([/\\])dist\1(?!.*\1dist\1)/, "$1src$1");
  if (!existsSync(path)) throw new Refusal(404, `no file ${name} of the page`);
  void reply.header(
    "content-security-policy",
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
  );
  return reply.type(pageTypes[extname(name)] ?? "application/octet-stream").send(createReadStream(path));
}

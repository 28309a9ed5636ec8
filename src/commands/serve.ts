/** `stagecraft serve`: step 6, the trained funnel as a service over HTTP. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Option } from "commander";
import { openOnline } from "../pipeline/online.js";
import { prepareFeatures } from "../pipeline/prepare.js";
import type { Setting } from "../pipeline/setting.js";
import { simulateLog } from "../pipeline/simulate.js";
import { trainModels } from "../pipeline/train.js";
import { startServer, type ServerOptions } from "../serving/online/server.js";
import type { RunControl } from "../types.js";
import { integer, redisOf, UsageError, type PlatformOptions } from "./options.js";
import { print, type Answer } from "./run.js";
import { platformVerb } from "./verb.js";

interface ServeTyped extends PlatformOptions {
  readonly host: string;
  readonly port: string;
  readonly tokenFile?: string;
  readonly redis?: string;
  readonly settings?: string;
  readonly mode: "online" | "batch";
  readonly events?: string;
  readonly modelThreads: string;
  readonly rate: string;
  readonly followDays?: boolean;
  readonly logLevel: NonNullable<ServerOptions["logLevel"]>;
}

export const serve = platformVerb<ServeTyped>({
  name: "serve",
  description: "the trained funnel as a service: pages, events, metrics, and a page to look at it (Ctrl-C stops it)",
  options: [
    new Option("--host <address>", "where it listens; beyond this machine only with a token").default("127.0.0.1"),
    new Option("--port <integer>", "0: any free one").default("8080"),
    new Option("--token-file <file>", "whose content requests must carry (or the variable STAGECRAFT_TOKEN)"),
    new Option("--mode <mode>", "batch: what `stagecraft batch` ranked ahead is looked up, and no model runs")
      .choices(["online", "batch"])
      .default("online"),
    new Option("--redis <url>", "a Redis that keeps what users did today, instead of a folder"),
    new Option(
      "--settings <file>",
      "sources and their shares, languages, blocked videos, business rules, as JSON; read again at SIGHUP and with each swap",
    ),
    new Option("--events <folder>", "of the event log (default: below the artifacts)"),
    new Option("--model-threads <integer>", "threads that run the models; 0: the server's own").default("1"),
    new Option("--rate <integer>", "most requests per second of one address").default("2000"),
    new Option("--follow-days", "a request of the next day opens it: for platforms whose days are not ours"),
    new Option("--log-level <level>", "of the log on stderr")
      .choices(["silent", "error", "warn", "info", "debug"])
      .default("warn"),
  ],
  run: serveVerb,
});

async function serveVerb(setting: Setting, control: RunControl, typed: ServeTyped): Promise<Answer> {
  const { host, settings, mode, events, logLevel, followDays } = typed;
  const port = integer("--port", typed.port, 0, 65_535);
  const rate = integer("--rate", typed.rate, 1);
  const modelThreads = integer("--model-threads", typed.modelThreads, 0, 64);
  const token = tokenOf(typed);
  const redis = redisOf(typed);
  if (settings !== undefined && !existsSync(settings))
    throw new UsageError(`invalid --settings: ${settings}; allowed: a JSON file of settings`);
  const trained = await trainModels(await prepareFeatures(await simulateLog(setting, control), control), {}, control);
  const service = await openOnline(trained, {
    mode,
    ...(mode === "online" && { modelThreads }),
    ...(redis !== undefined && { redis }),
    ...(settings !== undefined && { settings: resolve(settings) }),
    ...(events !== undefined && { dir: resolve(events) }),
    ...(followDays && { followDays }),
  });
  const server = await startServer(service, {
    host,
    port,
    rate,
    logLevel,
    ...(token !== undefined && { token }),
  }).catch(async (error: unknown) => {
    await service.close();
    throw error instanceof RangeError ? new UsageError(error.message, { cause: error }) : error;
  });
  const { day, versions } = service.state();
  if (!typed.json)
    print(`${server.url}  day ${day}; POST /recommend, /events; /openapi.json, /metrics; Ctrl-C stops it`);
  else process.stderr.write(`${server.url}\n`);
  const reopen = (): void => void service.swap({}).catch((error: Error) => process.stderr.write(`${error.message}\n`));
  process.on("SIGHUP", reopen);
  try {
    await stopped(control.signal);
  } finally {
    process.removeListener("SIGHUP", reopen);
    await server.close();
  }
  return { text: "stopped: every event that was acknowledged is in the log", json: { url: server.url, day, versions } };
}

/** Resolves at Ctrl-C, or when the process is told to end. */
function stopped(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done) => {
    if (signal?.aborted) done();
    signal?.addEventListener("abort", () => done(), { once: true });
    process.on("SIGTERM", () => done()); // and again: it is stopping already
  });
}

/** @throws UsageError on a file that cannot be read */
function tokenOf({ tokenFile }: ServeTyped): string | undefined {
  if (tokenFile === undefined) return process.env["STAGECRAFT_TOKEN"];
  try {
    return readFileSync(tokenFile, "utf8").trim();
  } catch (cause) {
    throw new UsageError(`invalid --token-file: ${tokenFile}; allowed: a file that can be read`, { cause });
  }
}

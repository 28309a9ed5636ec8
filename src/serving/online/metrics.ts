/** What the service counts: requests, stages, fallbacks, late answers, events, freshness, in the text format of Prometheus. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Fallback } from "./contract.js";

/** The service's metrics; every name begins with `stagecraft_`. */
export interface ServiceMetrics {
  readonly registry: Registry;
  request(route: string, status: number, ms: number): void;
  stage(stage: string, ms: number): void;
  fellBack(fallback: Fallback): void;
  /** A model's answer that came after its deadline and was dropped. */
  late(): void;
  events(accepted: number, duplicates: number): void;
  synced(ms: number): void;
  fresh(ageMs: number, stale: number): void;
  /** The online store could not be read or written; the log has the events. */
  storeFailed(): void;
  /** An artifact took its place, or was refused and the old one stays. */
  swapped(outcome: "done" | "refused"): void;
  versions(versions: Readonly<Record<string, string>>): void;
}

const latencyBuckets = [0.5, 1, 2, 3, 5, 8, 12, 20, 35, 50, 75, 100, 150, 300, 1000, 5000];

/** Opens the metrics of one service. */
export function openMetrics(): ServiceMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "stagecraft_" });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
    new Counter({ name: `stagecraft_${name}`, help, labelNames: [...labelNames], registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Histogram<L> =>
    new Histogram({
      name: `stagecraft_${name}`,
      help,
      labelNames: [...labelNames],
      buckets: latencyBuckets,
      registers,
    });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
    new Gauge({ name: `stagecraft_${name}`, help, labelNames: [...labelNames], registers });

  const requests = histogram("request_ms", "Milliseconds of a request within the service", ["route", "status"]);
  const stages = histogram("stage_ms", "Milliseconds of a stage of the funnel", ["stage"]);
  const fallbacks = counter("fallbacks_total", "Stages that fell back", ["stage", "to", "reason"]);
  const late = counter("late_answers_total", "Answers of models that came after their deadline and were dropped");
  const events = counter("events_total", "Events by what became of them", ["outcome"]);
  const sync = histogram("log_sync_ms", "Milliseconds of a sync of the event log");
  const storeFaults = counter("store_faults_total", "Reads and writes of the online store that failed");
  const age = gauge("feature_age_ms", "Age of the oldest features, read at the last request");
  const stale = gauge("stale_features", "Features older than they may be, at the last request");
  const swaps = counter("swaps_total", "Swaps of models and indexes by outcome", ["outcome"]);
  const info = gauge("version_info", "1 for the artifacts that answer", ["part", "version"]);
  return {
    registry,
    request: (route, status, ms) => requests.observe({ route, status: String(status) }, ms),
    stage: (stage, ms) => stages.observe({ stage }, ms),
    fellBack: (fallback) => fallbacks.inc(fallback),
    late: () => late.inc(),
    events(accepted, duplicates): void {
      events.inc({ outcome: "accepted" }, accepted);
      events.inc({ outcome: "duplicate" }, duplicates);
    },
    synced: (ms) => sync.observe(ms),
    fresh(ageMs, staleFeatures): void {
      age.set(ageMs);
      stale.set(staleFeatures);
    },
    storeFailed: () => storeFaults.inc(),
    swapped: (outcome) => swaps.inc({ outcome }),
    versions(versions): void {
      info.reset();
      for (const [part, version] of Object.entries(versions)) info.set({ part, version }, 1);
    },
  };
}

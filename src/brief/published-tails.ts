/**
 * The published cases that the simulation of fan-out must meet (Dean and Barroso, 2013: figure, table 1, the hedging benchmark), and the
 * leaves that they are met with. Fitted: of `slowTogether`, its numbers to the first three rows; of `slowAlone`, two numbers to what the
 * benchmark says without hedges. The other cases are then predictions.
 */
import { exponential, keyOf, normal, uniform } from "../random.js";
import { quantileOf, simulateFanOut, type FanOut, type FanOutResult } from "./fan-out.js";

/** A published case beside what the simulation says. */
export interface TailCase {
  readonly name: string;
  readonly published: number;
  readonly simulated: number;
  readonly unit: "ms" | "share" | "times";
  readonly low: number; // accepted from
  readonly high: number; // to
}

type Service = FanOut["serviceMs"];

/**
 * Leaves of one request are slow together: in 1.3 % of requests about a fifth of the leaves takes long (a shared switch, a heavy query).
 * With leaves that are slow independently, 95 of 100 are there after 7 ms, not 70.
 */
export function slowTogether(key: number): Service {
  return (request, leaf) => {
    const ordinary = Math.exp(0.945 * normal(key, request, leaf, 1)); // median 1 ms, p99 9 ms
    const slow = uniform(key, request, 0, 2) < 0.013 && uniform(key, request, leaf, 3) < 0.2;
    return slow ? ordinary + 33 * (exponential(key, request, leaf, 4) + exponential(key, request, leaf, 5)) : ordinary;
  };
}

/** Leaves are slow by themselves, each copy anew: log-normal, 2 % above 10 ms, one in 100,000 above 1.8 s. */
export function slowAlone(key: number): Service {
  return (request, leaf, copy) => Math.exp(-2.52 + 2.35 * normal(key, request, leaf, copy));
}

/** The cases, simulated with requests to 100 leaves. */
export function publishedTails(seed = 1, requests = 20_000): readonly TailCase[] {
  const key = keyOf(seed, "published tails");
  const ask = (serviceMs: Service, more: Partial<FanOut> = {}): FanOutResult =>
    simulateFanOut({ leaves: 100, ratePerSecond: 0, requests, seed, serviceMs, ...more });
  const all = ask(slowTogether(key));
  const most = ask(slowTogether(key), { waitFor: 0.95 });
  const rare = ask((request, leaf) => (uniform(key, request, leaf, 6) < 0.01 ? 1000 : 10));
  const plain = ask(slowAlone(key));
  const hedged = ask(slowAlone(key), { replicas: 2, hedgeAfterMs: 10 });
  const slow = rare.latencyMs.filter((ms) => ms >= 1000).length / requests;
  const cut = quantileOf(plain.latencyMs, 0.999) / quantileOf(hedged.latencyMs, 0.999);
  return [
    row("p99 of a leaf", 10, quantileOf(all.leafMs, 0.99), "ms", 0.1),
    row("p99 of 100 leaves, waiting for all", 140, quantileOf(all.latencyMs, 0.99), "ms", 0.15),
    row("p99 of 100 leaves, waiting for 95", 70, quantileOf(most.latencyMs, 0.99), "ms", 0.15),
    row("slow requests where 1 leaf in 100 is slow", 0.63, slow, "share", 0.03),
    row("more requests, hedged after 10 ms", 0.02, hedged.copies - 1, "share", 0.15),
    { name: "p99.9 cut by hedging", published: 1800 / 74, simulated: cut, unit: "times", low: 10, high: Infinity },
  ];
}

function row(name: string, published: number, simulated: number, unit: TailCase["unit"], off: number): TailCase {
  return { name, published, simulated, unit, low: published * (1 - off), high: published * (1 + off) };
}

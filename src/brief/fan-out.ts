/**
 * The tail of a request that asks many leaves at once and waits for them: a simulation, event by event. A leaf is a shard with `replicas`
 * copies; a copy serves one request at a time, first come, first served. A hedged request sends a second copy to the next replica when the
 * first has not answered after a while (Dean and Barroso, "The Tail at Scale", 2013).
 */
import { exponential, keyOf } from "../random.js";

/** What is simulated. */
export interface FanOut {
  readonly leaves: number; // shards asked by a request
  readonly replicas?: number; // copies of a shard; default 1
  /** Requests per second, Poisson; 0: so far apart that none waits for another. */
  readonly ratePerSecond: number;
  readonly requests: number;
  readonly seed: number;
  /** Service time in ms of copy 0 (the first) or 1 (the hedge) of a request at a leaf. */
  serviceMs(request: number, leaf: number, copy: number): number;
  readonly waitFor?: number; // share of leaves whose answers are waited for; default 1
  readonly hedgeAfterMs?: number; // default: never
  /** Whether a copy that still waits is dropped once the other has answered; default true. */
  readonly cancel?: boolean;
}

/** What came of it. */
export interface FanOutResult {
  readonly latencyMs: Float64Array; // [requests] ascending
  readonly leafMs: Float64Array; // [requests × leaves] ascending
  readonly copies: number; // served, per leaf asked: 1.02 is 2 % more work
  readonly utilisation: number; // busy share of a replica
}

const [arrival, hedge, done] = [0, 1, 2];

/** Simulates. @throws RangeError on sizes that are not positive integers, and on a hedge without a second replica */
export function simulateFanOut(plan: FanOut): FanOutResult {
  const {
    leaves,
    replicas = 1,
    ratePerSecond,
    requests,
    seed,
    waitFor = 1,
    hedgeAfterMs = Infinity,
    cancel = true,
  } = plan;
  for (const [name, value] of Object.entries({ leaves, replicas, requests }))
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`invalid ${name}: ${value}; allowed: a positive integer`);
  if (hedgeAfterMs < Infinity && replicas < 2)
    throw new RangeError(`invalid replicas: ${replicas}; allowed: at least 2 where requests are hedged`);
  const needed = Math.max(1, Math.ceil(waitFor * leaves));
  if (ratePerSecond === 0) return apart(plan, needed, hedgeAfterMs);
  const key = keyOf(seed, "fan-out");
  const [began, latency] = [new Float64Array(requests), new Float64Array(requests)];
  const leafMs = new Float64Array(requests * leaves).fill(-1); // -1: has not answered
  const answered = new Int32Array(requests);
  const waiting: number[][] = Array.from({ length: leaves * replicas }, () => []);
  const busy = new Uint8Array(leaves * replicas);
  const events = eventQueue();
  let [served, busyMs, now] = [0, 0, 0];

  const serverOf = (task: number): number => {
    const [copy, of] = [task % 2, (task - (task % 2)) / 2]; // task = (request × leaves + leaf) × 2 + copy
    const request = Math.floor(of / leaves);
    return (of % leaves) * replicas + ((request + copy) % replicas);
  };
  const start = (task: number): void => {
    const [copy, of] = [task % 2, (task - (task % 2)) / 2];
    const took = plan.serviceMs(Math.floor(of / leaves), of % leaves, copy);
    served++;
    busyMs += took;
    busy[serverOf(task)] = 1;
    events.add(now + took, done, task);
  };
  const send = (task: number): void => {
    const server = serverOf(task);
    if (busy[server] === 1) waiting[server]!.push(task);
    else start(task);
  };
  const arrive = (request: number, after: number): void => {
    if (request < requests) events.add(after + (1000 / ratePerSecond) * exponential(key, request), arrival, request);
  };
  arrive(0, 0);
  for (let event = events.next(); event !== undefined; event = events.next()) {
    now = event.at;
    if (event.kind === arrival) {
      began[event.task] = now;
      arrive(event.task + 1, now);
      for (let leaf = 0; leaf < leaves; leaf++) {
        const task = (event.task * leaves + leaf) * 2;
        send(task);
        if (hedgeAfterMs < Infinity) events.add(now + hedgeAfterMs, hedge, task + 1);
      }
      continue;
    }
    const of = Math.floor(event.task / 2);
    const request = Math.floor(of / leaves);
    if (event.kind === hedge) {
      if (leafMs[of]! < 0) send(event.task);
      continue;
    }
    if (leafMs[of]! < 0) {
      leafMs[of] = now - began[request]!;
      if (++answered[request]! === needed) latency[request] = leafMs[of]!;
    }
    const server = serverOf(event.task);
    busy[server] = 0;
    let next = waiting[server]!.shift();
    while (next !== undefined && cancel && leafMs[Math.floor(next / 2)]! >= 0) next = waiting[server]!.shift();
    if (next !== undefined) start(next);
  }
  return {
    latencyMs: latency.sort(),
    leafMs: leafMs.sort(),
    copies: served / (requests * leaves),
    utilisation: busyMs / (now * leaves * replicas),
  };
}

/** Requests so far apart that none waits: no queue, hence no events. */
function apart({ leaves, requests, serviceMs }: FanOut, needed: number, hedgeAfterMs: number): FanOutResult {
  const [latencyMs, leafMs] = [new Float64Array(requests), new Float64Array(requests * leaves)];
  let served = 0;
  for (let r = 0; r < requests; r++) {
    const own = leafMs.subarray(r * leaves, (r + 1) * leaves);
    for (let leaf = 0; leaf < leaves; leaf++) {
      const first = serviceMs(r, leaf, 0);
      const hedged = first > hedgeAfterMs;
      own[leaf] = hedged ? Math.min(first, hedgeAfterMs + serviceMs(r, leaf, 1)) : first;
      served += hedged ? 2 : 1;
    }
    latencyMs[r] = own.sort()[needed - 1]!;
  }
  return { latencyMs: latencyMs.sort(), leafMs: leafMs.sort(), copies: served / (requests * leaves), utilisation: 0 };
}

/** The value below which a share of ascending values lies. */
export function quantileOf(ascending: Float64Array, share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))]!;
}

interface Event {
  readonly at: number;
  readonly kind: number;
  readonly task: number;
}

/** Events by time, ties in the order in which they were added: a binary heap. */
function eventQueue(): { add(at: number, kind: number, task: number): void; next(): Event | undefined } {
  const heap: (Event & { readonly order: number })[] = [];
  let order = 0;
  const before = (a: number, b: number): boolean =>
    heap[a]!.at < heap[b]!.at || (heap[a]!.at === heap[b]!.at && heap[a]!.order < heap[b]!.order);
  const swap = (a: number, b: number): void => void ([heap[a], heap[b]] = [heap[b]!, heap[a]!]);
  return {
    add(at, kind, task) {
      heap.push({ at, kind, task, order: order++ });
      for (let i = heap.length - 1; i > 0 && before(i, (i - 1) >> 1); i = (i - 1) >> 1) swap(i, (i - 1) >> 1);
    },
    next() {
      if (heap.length < 2) return heap.pop();
      swap(0, heap.length - 1);
      const first = heap.pop();
      for (let i = 0; ;) {
        let least = i;
        for (const child of [2 * i + 1, 2 * i + 2]) if (child < heap.length && before(child, least)) least = child;
        if (least === i) return first;
        swap(i, least);
        i = least;
      }
    },
  };
}

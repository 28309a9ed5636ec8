// The process of an open-loop generator (open-loop.mjs starts it). It sends when the schedule says, whatever has been answered, and counts
// a latency from the *intended* send: the wait that a late answer, or the generator itself, causes for the requests behind it is counted.
import http from "node:http";
import hdr from "hdr-histogram-js";
import { keepAliveAgent } from "./agent.mjs";
import { poissonSchedule } from "./schedule.mjs";

const histogram = () => hdr.build({ highestTrackableValue: 120_000_000, numberOfSignificantValueDigits: 3 }); // µs

process.once("message", (config) => play(config).then((result) => process.send({ result }, () => process.exit(0))));
process.once("disconnect", () => process.exit(1)); // who started us is gone

/** @param {import("./open-loop.mjs").LoadConfig} config */
async function play({ url, requests, rate, seconds, seed, headers = {}, timeoutMs = 10_000 }) {
  const schedule = poissonSchedule({ rate, seconds, seed });
  const { hostname, port } = new URL(url);
  const agent = keepAliveAgent(timeoutMs);
  const latency = histogram();
  const lag = histogram();
  const faults = /** @type {Record<string, number>} */ ({});
  const statuses = /** @type {Record<string, number>} */ ({});
  let answered = 0;
  let failed = 0;
  let lastSendMs = 0;
  const began = performance.now();
  const send = (i) =>
    new Promise((resolve) => {
      const { method, path, body } = requests[i % requests.length];
      const text = body?.replaceAll("{n}", `${seed}-${i}`);
      const intended = began + schedule[i];
      const sent = performance.now();
      lag.recordValue(Math.round(1000 * (sent - intended)));
      lastSendMs = sent - began;
      const done = (fault) => {
        latency.recordValue(Math.round(1000 * Math.min(120_000, performance.now() - intended)));
        if (fault === undefined) answered++;
        else {
          failed++;
          faults[fault] = (faults[fault] ?? 0) + 1;
        }
        resolve(undefined);
      };
      const length =
        text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
      const request = http.request(
        { hostname, port, agent, method, path, headers: { ...headers, ...length }, timeout: timeoutMs },
        (response) => {
          statuses[response.statusCode] = (statuses[response.statusCode] ?? 0) + 1;
          response.resume();
          response.once("end", () =>
            done(response.statusCode < 300 ? undefined : `${method} ${path}: status ${response.statusCode}`),
          );
          response.once("error", (error) => done(error.code ?? error.message));
        },
      );
      request.once("timeout", () => request.destroy(new Error(`no answer in ${timeoutMs} ms`)));
      request.once("error", (error) => done(`${method} ${path}: ${error.code ?? error.message}`));
      request.end(text);
    });

  const open = [];
  const telling = setInterval(() => process.send({ answered, failed, sent: open.length, of: schedule.length }), 1000);
  for (let i = 0; i < schedule.length;) {
    const wait = began + schedule[i] - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    for (const now = performance.now() - began; i < schedule.length && schedule[i] <= now; i++) open.push(send(i));
  }
  await Promise.all(open);
  clearInterval(telling);
  agent.destroy();
  const ms = (of, q) => of.getValueAtPercentile(q) / 1000;
  const { user, system } = process.cpuUsage();
  return {
    sent: schedule.length,
    answered,
    failed,
    faults,
    statuses,
    wantedRate: rate,
    achievedRate: lastSendMs > 0 ? (1000 * schedule.length) / Math.max(lastSendMs, schedule.at(-1)) : 0,
    latencyMs: {
      mean: latency.mean / 1000,
      p50: ms(latency, 50),
      p90: ms(latency, 90),
      p99: ms(latency, 99),
      p999: ms(latency, 99.9),
      max: latency.maxValue / 1000,
    },
    lagMs: { p50: ms(lag, 50), p99: ms(lag, 99), max: lag.maxValue / 1000 },
    cpuSeconds: (user + system) / 1e6,
  };
}

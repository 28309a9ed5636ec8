// A process with the service's HTTP server and its log of events, and nothing else, to be killed: node serve-events.mjs <folder>
import { openEventLog } from "../../../dist/serving/online/event-log.js";
import { openMetrics } from "../../../dist/serving/online/metrics.js";
import { startServer } from "../../../dist/serving/online/server.js";

const log = await openEventLog(process.argv[2], 3);
const state = () => ({ ready: true, day: 3 });
const server = await startServer(
  { metrics: openMetrics(), events: (events) => log.append(events), state },
  { port: 0 },
);
process.stdout.write(`${server.url}\n`);

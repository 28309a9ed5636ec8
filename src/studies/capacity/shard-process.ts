/** A shard in a process of its own: opened, asked, and at the end asked what it used (see shard.ts). */
import { rm, stat } from "node:fs/promises";
import { cpuSince, openShard, searched, type ShardAnswer, type ShardQuestion } from "./shard.js";

let find: ((query: Float32Array) => { readonly ids: Int32Array; readonly scores: Float32Array }) | undefined;
let began = process.cpuUsage();
const say = (answer: ShardAnswer): void => void process.send!(answer);

process.on("message", (question: ShardQuestion) => void obey(question));
process.on("disconnect", () => process.exit(0));

async function obey(question: ShardQuestion): Promise<void> {
  if (question.kind === "open") {
    const { index, buildCpuSeconds } = openShard(question.plan);
    await index.save(question.path);
    const bytes = (await stat(question.path)).size;
    await rm(question.path);
    await rm(`${question.path}.json`);
    find = (query) => index.search(query, searched.k);
    began = process.cpuUsage();
    return say({ kind: "ready", bytes, buildCpuSeconds });
  }
  if (question.kind === "usage") {
    say({ kind: "used", cpuSeconds: cpuSince(began) });
    began = process.cpuUsage();
    return;
  }
  const startedMs = performance.now();
  const { ids, scores } = find!(question.query);
  say({ kind: "found", id: question.id, ids, scores, tookMs: performance.now() - startedMs });
}

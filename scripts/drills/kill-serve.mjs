/**
 * Kills `stagecraft serve` at seeded moments while events are written to it, starts it again and looks: every event that was acknowledged is
 * in the log, once, and at the next midnight the features count each event of the log once.
 * node scripts/drills/kill-serve.mjs [--times 50] [--seed 1]
 */
import { join } from "node:path";
import { knownUsers, startService } from "../../bench/load/service.mjs";
import { drill, small } from "./shared/drill.mjs";
import { killing, post, videosOfEvents } from "./shared/kill.mjs";

await drill(50, async ({ times, folder, draw, tell }) => {
  const log = join(folder, "online");
  const words = [...small, "--out", join(folder, "artifacts"), "--events", log, "--model-threads", "0"];
  const first = await startService(words);
  const users = await knownUsers(first.url, 200);
  await first.stop();
  const start = () => startService(words);
  const { service, events } = await killing({ start, folder: log, users, times, draw, tell });
  const { day } = await (await fetch(`${service.url}/readyz`)).json();
  const before = await impressions(service.url);
  const opened = await post(`${service.url}/admin/day`, { day: day + 1 });
  if (!opened.ok) throw new Error(`the next day does not open: ${await opened.text()}`);
  const added = (await impressions(service.url)) - before;
  tell(
    "midnight",
    added === events ? [] : [`${added} impressions were added of ${events} events`],
    `${added} impressions`,
  );
  const code = await service.stop();
  tell("stop", code === 0 ? [] : [`exit code ${code}`], "exit code 0");
});

/** Impressions that the features count, of the videos that events are of. */
async function impressions(url) {
  const ids = Array.from({ length: videosOfEvents }, (_, i) => i);
  const { videos } = await (await fetch(`${url}/videos?ids=${ids.join(",")}`)).json();
  return videos.reduce((sum, video) => sum + video.impressions, 0);
}

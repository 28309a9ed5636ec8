/**
 * Team-draft interleaving: one page of two rankers (Radlinski, Kurup & Joachims, 2008). In each round a coin says who picks first; each
 * adds its best video that is not on the page yet. A click is credited to the ranker that put the video there. Where both rank alike,
 * each team has every position equally often. Propensities are 1: logs of it are not for off-policy estimates.
 */
import { keyOf, uniform } from "../random.js";
import type { Day, Impressions, Policy, RequestBatch, SlateBatch } from "../types.js";
import { emptySlates, requestHigh, requestLow } from "./slates.js";

/** The policy, and what its pages have earned each team so far. */
export interface TeamDraft {
  readonly policy: Policy;
  /** One row per page that was shown. */
  credits(): { readonly user: Int32Array; readonly control: Int32Array; readonly treatment: Int32Array };
}

/** Both policies hear of all impressions. Close them by closing the policy. */
export function teamDraft(name: string, control: Policy, treatment: Policy, seed: number): TeamDraft {
  const key = keyOf(seed, "team-draft");
  const teams = [control, treatment] as const;
  const open = new Map<number, Map<number, 0 | 1>>(); // request → video → team
  const rows = { user: [] as number[], clicks: [[], []] as [number[], number[]] };

  function draft(request: number, pages: readonly SlateBatch[], row: number, out: SlateBatch): Map<number, 0 | 1> {
    const { slots } = out;
    const next = [0, 0];
    const teamOf = new Map<number, 0 | 1>();
    const pick = (team: 0 | 1): void => {
      const { video, source } = pages[team]!;
      while (next[team]! < slots && teamOf.has(video[row * slots + next[team]!]!)) next[team]!++;
      const from = row * slots + next[team]!;
      if (next[team]! === slots || video[from]! < 0 || teamOf.size === slots) return;
      const at = row * slots + teamOf.size;
      out.video[at] = video[from]!;
      out.source[at] = source[from]!;
      teamOf.set(video[from]!, team);
    };
    for (let round = 0; round < slots && teamOf.size < slots; round++) {
      const first = uniform(key, requestLow(request), requestHigh(request), round) < 0.5 ? 0 : 1;
      pick(first);
      pick((1 - first) as 0 | 1);
    }
    return teamOf;
  }

  const policy: Policy = {
    name,
    async openDay(day: Day, yesterday: Impressions | undefined): Promise<void> {
      for (const team of teams) await team.openDay(day, yesterday);
    },
    async recommend(requests: RequestBatch): Promise<SlateBatch> {
      const pages = [await control.recommend(requests), await treatment.recommend(requests)];
      const out = emptySlates(requests.count, pages[0]!.slots);
      for (let row = 0; row < requests.count; row++) {
        const request = requests.request[row]!;
        open.set(request, draft(request, pages, row, out));
      }
      return out;
    },
    apply(events: Impressions): void {
      const places = new Map<number, number>();
      for (let i = 0; i < events.count; i++) {
        const request = events.request[i]!;
        const team = open.get(request)?.get(events.video[i]!);
        if (team === undefined) continue; // an ad
        const place = places.get(request) ?? rows.user.push(events.user[i]!) - 1;
        places.set(request, place);
        rows.clicks[0][place] ??= 0;
        rows.clicks[1][place] ??= 0;
        rows.clicks[team][place]! += events.click[i]!;
      }
      for (const request of places.keys()) open.delete(request);
      for (const team of teams) team.apply(events);
    },
    async close(): Promise<void> {
      for (const team of teams) await team.close?.();
    },
  };
  const credits: TeamDraft["credits"] = () => ({
    user: Int32Array.from(rows.user),
    control: Int32Array.from(rows.clicks[0]),
    treatment: Int32Array.from(rows.clicks[1]),
  });
  return { policy, credits };
}

/** What a page may show: videos that are live, none twice (its draw would be made once and counted twice), and ads that were sold. */
import { ageBands, regions } from "../../types.js";
import type { RequestBatch, SlateBatch } from "../../types.js";
import type { WorldState } from "../state.js";

/**
 * Refuses slates that may not be shown: `live` videos are known on the batch's day; an ad's campaign is known, its video is in the slot,
 * its price is within its bid, and it targets the user.
 * @throws RangeError naming the fault, the value and what is allowed.
 */
export function checkSlates(state: WorldState, requests: RequestBatch, slates: SlateBatch, live: number): void {
  const { slots, video } = slates;
  for (let i = 0; i < slates.count; i++)
    for (let k = i * slots; k < (i + 1) * slots; k++) {
      const v = video[k]!;
      if (v < -1 || v >= live)
        throw new RangeError(
          `unknown video: ${v}; allowed on day ${requests.day}: 0 … ${live - 1}, or -1 for an empty slot`,
        );
      if (v >= 0)
        for (let j = i * slots; j < k; j++)
          if (video[j] === v) throw new RangeError(`video ${v} is twice on one page; allowed: once`);
    }
  if (!slates.campaign) return;
  const size = slates.count * slots;
  if (slates.campaign.length < size || (slates.priceMicros?.length ?? 0) < size)
    throw new RangeError(
      `campaign and priceMicros have ${slates.campaign.length} and ` +
        `${slates.priceMicros?.length ?? 0} entries; allowed: one each for the ${size} slots`,
    );
  for (let k = 0; k < size; k++)
    if (slates.campaign[k] !== 0) checkAd(state, requests.user[Math.floor(k / slots)]!, slates, k);
}

function checkAd({ catalogue }: WorldState, user: number, slates: SlateBatch, k: number): void {
  const { campaigns, users } = catalogue;
  const count = campaigns?.count ?? 0;
  const c = slates.campaign?.[k]! - 1;
  if (!campaigns || c < 0 || c >= count)
    throw new RangeError(
      `unknown campaign: ${c + 1} in a slot; allowed: 0 for ` +
        `content${count > 0 ? `, or 1 … ${count} (campaign + 1)` : " (this world has no campaigns)"}`,
    );
  if (slates.video[k] !== campaigns.video[c])
    throw new RangeError(
      `the ad of campaign ${c} shows video ${slates.video[k]}; allowed: its video ${campaigns.video[c]}`,
    );
  const price = slates.priceMicros?.[k]!;
  const bid = campaigns.bidMicros[c]!;
  if (!(price >= 0 && price <= bid))
    throw new RangeError(`price of campaign ${c}: ${price} micros; allowed: 0 … its bid ${bid}`);
  const [region, age] = [users.region[user]!, users.ageBand[user]!];
  const targeted = (campaigns.regions[c]! >> region) & (campaigns.ageBands[c]! >> age) & 1;
  if (targeted === 0)
    throw new RangeError(
      `campaign ${c} was shown to user ${user} (${regions[region]}, ${ageBands[age]}); allowed: users it targets`,
    );
}

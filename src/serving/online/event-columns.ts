/** Events as the columns that the log, the store and the ETL read, and what an event must say beyond its schema. */
import { emptyImpressions } from "../../log/index.js";
import {
  candidateSources,
  conversions,
  devices,
  policyComponents,
  type Catalogue,
  type Day,
  type Impressions,
} from "../../types.js";
import { sourceCode } from "../slates.js";
import type { OnlineEvent } from "./contract.js";

/** Most names of policies that a day's columns can hold; the rest are `other`. */
const mostPolicies = 200;

/** Impressions in the order of the events. */
export function columnsOfEvents(events: readonly OnlineEvent[], catalogue: Catalogue): Impressions {
  const names = [...new Set(events.map(({ policy = "unknown" }) => policy))].slice(0, mostPolicies);
  const policies = [...names, "other"];
  const out = emptyImpressions(policies, ["online"], events.length);
  events.forEach((event, i) => {
    const known = names.indexOf(event.policy ?? "unknown");
    out.request[i] = event.session * 64 + event.page;
    out.session[i] = event.session;
    out.user[i] = event.user;
    out.video[i] = event.video;
    out.day[i] = event.day;
    out.timeMs[i] = event.timeMs;
    out.page[i] = event.page;
    out.position[i] = event.position;
    out.source[i] = event.source === undefined ? sourceCode("other") : candidateSources.indexOf(event.source);
    out.policy[i] = known < 0 ? names.length : known;
    out.component[i] = policyComponents.indexOf(event.component ?? "only");
    out.propensity[i] = event.propensity ?? 1;
    out.device[i] = event.device === undefined ? catalogue.users.device[event.user]! : devices.indexOf(event.device);
    out.click[i] = event.click ?? 0;
    out.watchMs[i] = event.watchMs ?? 0;
    out.like[i] = event.like ?? 0;
    out.share[i] = event.share ?? 0;
    out.hide[i] = event.hide ?? 0;
    out.follow[i] = event.follow ?? 0;
    out.campaign[i] = event.campaign ?? 0;
    out.conversion[i] = conversions.indexOf(event.conversion ?? "none");
    out.revenueMicros[i] = event.revenueMicros ?? 0;
  });
  return out;
}

/** Events of rows of a log: what a replay over HTTP sends. Ids are of the request and the position. */
export function eventsOfColumns(rows: Impressions): OnlineEvent[] {
  return Array.from({ length: rows.count }, (_, i) => ({
    id: `${rows.request[i]}.${rows.position[i]}`,
    user: rows.user[i]!,
    video: rows.video[i]!,
    session: rows.session[i]!,
    day: rows.day[i]!,
    timeMs: rows.timeMs[i]!,
    page: rows.page[i]!,
    position: rows.position[i]!,
    device: devices[rows.device[i]!]!,
    source: candidateSources[rows.source[i]!]!,
    policy: rows.policies[rows.policy[i]!]!,
    component: policyComponents[rows.component[i]!]!,
    propensity: rows.propensity[i]!,
    click: rows.click[i]!,
    watchMs: rows.watchMs[i]!,
    like: rows.like[i]!,
    share: rows.share[i]!,
    hide: rows.hide[i]!,
    follow: rows.follow[i]!,
    campaign: rows.campaign[i]!,
    conversion: conversions[rows.conversion[i]!]!,
    revenueMicros: rows.revenueMicros[i]!,
  }));
}

/** What is wrong with an event of the open day, in words; undefined: nothing. */
export function faultOfEvent(event: OnlineEvent, catalogue: Catalogue, openDay: Day, live: number): string | undefined {
  const { user, video, day, watchMs = 0, click = 0, campaign = 0 } = event;
  const { users, campaigns } = catalogue;
  const known = user < users.count && users.joinDay[user]! <= openDay;
  if (!known) return `unknown user: ${user}; allowed: accounts that exist on day ${openDay}`;
  if (video >= live) return `unknown video: ${video}; allowed: 0 … ${live - 1}, live on day ${openDay}`;
  if (day !== openDay) return `day is ${day}; allowed: the open day, ${openDay}`;
  if (watchMs > 0 && click === 0) return `watchMs is ${watchMs} without a click; allowed: 0`;
  if (campaign > (campaigns?.count ?? 0))
    return `campaign is ${campaign}; allowed: 0 … ${campaigns?.count ?? 0}, 0 is content`;
  return undefined;
}

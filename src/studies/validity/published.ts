/**
 * What is published about platforms of this kind, as reference ranges. `quantitative`: the range lies around a number that the source gives
 * for its platform (the world is none of those platforms, so the range is wide). `qualitative`: the source gives a shape, and the range
 * translates that shape into the measure. A fact may be out of range; then it is shown as out.
 */

/** One published fact. */
export interface PublishedFact {
  readonly id: string;
  readonly name: string;
  readonly measure: string; // what is computed from the log
  readonly low: number;
  readonly high: number;
  readonly unit: "share" | "ratio" | "exponent" | "correlation" | "nats" | "hour";
  readonly kind: "quantitative" | "qualitative";
  readonly source: string;
  readonly note: string; // what the source says
}

/** A fact with its range, and in words what is measured, by whom, and what they say. */
function fact(
  id: string,
  name: string,
  low: number,
  high: number,
  unit: PublishedFact["unit"],
  kind: PublishedFact["kind"],
  { measure, source, note }: Pick<PublishedFact, "measure" | "source" | "note">,
): PublishedFact {
  return { id, name, measure, low, high, unit, kind, source, note };
}

/** All facts, in the order of the card. */
export const publishedFacts: readonly PublishedFact[] = [
  fact("head-share", "Popularity concentration", 0.5, 0.9, "share", "quantitative", {
    measure: "clicks that go to the 10 % most clicked of all live videos",
    source: "Cha, Kwak, Rodriguez, Ahn & Moon 2007, IMC",
    note: "about 80 % of YouTube views go to the top 10 % of videos",
  }),
  fact("zipf", "Zipf-like popularity", 0.35, 1.1, "exponent", "quantitative", {
    measure: "exponent of clicks by rank, over the 10 % most clicked videos",
    source: "Gill, Arlitt, Li & Mahanti 2007, IMC",
    note: "Zipf-like with exponent 0.56 in the traffic of a campus; other catalogues up to Zipf's 1",
  }),
  fact("feed-ctr", "Click rate of a feed", 0.02, 0.1, "share", "quantitative", {
    measure: "clicks per impression, all pages",
    source: "YouTube Help, “Check your impressions and watch time” (Google)",
    note: "half of all channels and videos have an impressions click-through rate between 2 % and 10 %",
  }),
  fact("position-decay", "Clicks fall with position", 0.05, 0.75, "ratio", "qualitative", {
    measure: "click rate of the last slot over the first, random pages",
    source:
      "Joachims, Granka, Pan, Hembrooke & Gay 2005, SIGIR; Craswell, Zoeter, " +
      "Taylor & Ramsey 2008, WSDM; Richardson, Dominowska & Ragno 2007, WWW",
    note: "later positions are looked at and clicked less, at equal relevance",
  }),
  fact("position-order", "… slot after slot", -1, -0.6, "correlation", "qualitative", {
    measure: "Kendall τ of click rate and slot, random pages",
    source: "Craswell, Zoeter, Taylor & Ramsey 2008, WSDM",
    note: "the decline is monotone",
  }),
  fact("abandoned", "Most plays are abandoned", 0.35, 0.75, "share", "quantitative", {
    measure: "plays that end before 20 % of the video",
    source: "Finamore, Mellia, Munafò, Torres & Rao 2011, IMC",
    note: "60 % of YouTube videos are watched for no more than 20 % of their duration",
  }),
  fact("bimodal", "Watched fraction has two ends", 1.3, 5, "ratio", "qualitative", {
    measure: "plays in the first and last tenth of the video, over what an even spread would have (0.2)",
    source: "Wu, Rizoiu & Xie 2018, ICWSM; Gao et al. 2022, CIKM (KuaiRand)",
    note: "many plays end at once, many at the end",
  }),
  fact("fraction-by-length", "Longer videos: smaller fraction", -0.8, -0.05, "correlation", "qualitative", {
    measure: "Spearman correlation of duration and watched fraction",
    source: "Wu, Rizoiu & Xie 2018, ICWSM",
    note: "watch percentage falls with duration",
  }),
  fact("time-by-length", "Longer videos: longer watch", 0.05, 0.9, "correlation", "qualitative", {
    measure: "Spearman correlation of duration and watch time",
    source: "Zhan et al. 2022, KDD",
    note: "watch time grows with duration: duration bias",
  }),
  fact("session-tail", "Session lengths have a tail", 3, 50, "ratio", "qualitative", {
    measure: "99th percentile of pages per visit over the median",
    source: "Huberman, Pirolli, Pitkow & Lukose 1998, Science",
    note: "most visits are short, some are very long",
  }),
  fact("session-law", "… of inverse Gaussian form", -0.02, 2, "nats", "qualitative", {
    measure: "log likelihood per visit, inverse Gaussian minus geometric (both by their maximum)",
    source: "Huberman, Pirolli, Pitkow & Lukose 1998, Science",
    note: "pages per visit follow an inverse Gaussian; required: not worse than geometric (a constant probability of leaving)",
  }),
  fact("gap-valley", "Two kinds of gaps between requests", 0, 0.5, "ratio", "qualitative", {
    measure: "density of log gaps at its lowest between 20 min and 5 h, over the smaller of the two peaks around",
    source: "Halfaker et al. 2015, WWW",
    note: "gaps are bimodal: within sessions, between sessions, with a valley around an hour",
  }),
  fact("return-curve", "Return curve of newcomers", 1, 3, "ratio", "qualitative", {
    measure: "share active 1 day after joining over share active 5 to 9 days after",
    source: "Fader & Hardie 2007, Journal of Interactive Marketing",
    note: "retention falls, and less and less: those who are left are the loyal ones",
  }),
  fact("peak-hour", "Evening peak", 17, 23, "hour", "qualitative", {
    measure: "hour with most requests",
    source: "Yu, Zheng, Zhao & Zheng 2006, EuroSys",
    note: "video on demand peaks in the evening, with a smaller peak around noon",
  }),
  fact("day-night", "Daily rhythm", 3, 60, "ratio", "qualitative", {
    measure: "requests in the busiest hour over those in the quietest",
    source: "Yu, Zheng, Zhao & Zheng 2006, EuroSys; Gill, Arlitt, Li & Mahanti 2007, IMC",
    note: "strong diurnal pattern",
  }),
  fact("weekend", "Weekday effect", 1.01, 1.4, "ratio", "qualitative", {
    measure: "active share of accounts at weekends over weekdays",
    source: "Yu, Zheng, Zhao & Zheng 2006, EuroSys",
    note: "more people watch at weekends",
  }),
  fact("newcomers", "Share of newcomers", 0.001, 0.1, "share", "qualitative", {
    measure: "users on their first day among those active on a day",
    source: "no published number that we are sure of",
    note: "a living platform has some, a grown one has few",
  }),
  fact("narrowing", "Consumption narrows", 0.85, 1.005, "ratio", "qualitative", {
    measure: "topic diversity of a user's later half of clicks over the earlier half (probability that two differ)",
    source: "Nguyen, Hui, Harper, Terveen & Konstan 2014, WWW",
    note: "what users consume becomes slightly less diverse with time",
  }),
];

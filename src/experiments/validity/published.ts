/**
 * What is published about platforms of this kind, as ranges to be held against. `quantitative`: the range is made around a number
 * that the source gives for its platform (the world is none of those platforms, so the range is wide). `qualitative`:
 * the source gives a shape, and the range is what that shape means for the measure. A fact may be out of range; then it is
 * shown as out.
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

/** All facts, in the order of the card. */
export const publishedFacts: readonly PublishedFact[] = [
  { id: "head-share", name: "Popularity concentration", measure: "clicks that go to the 10 % most clicked of all live videos", low: 0.5, high: 0.9, unit: "share", kind: "quantitative",
    source: "Cha, Kwak, Rodriguez, Ahn & Moon 2007, IMC", note: "about 80 % of YouTube views go to the top 10 % of videos" },
  { id: "zipf", name: "Zipf-like popularity", measure: "exponent of clicks by rank, over the 10 % most clicked videos", low: 0.35, high: 1.1, unit: "exponent", kind: "quantitative",
    source: "Gill, Arlitt, Li & Mahanti 2007, IMC", note: "Zipf-like with exponent 0.56 in the traffic of a campus; other catalogues up to Zipf's 1" },
  { id: "feed-ctr", name: "Click rate of a feed", measure: "clicks per impression, all pages", low: 0.02, high: 0.1, unit: "share", kind: "quantitative",
    source: "YouTube Help, “Check your impressions and watch time” (Google)", note: "half of all channels and videos have an impressions click-through rate between 2 % and 10 %" },
  { id: "position-decay", name: "Clicks fall with position", measure: "click rate of the last slot over the first, random pages", low: 0.05, high: 0.75, unit: "ratio", kind: "qualitative",
    source: "Joachims, Granka, Pan, Hembrooke & Gay 2005, SIGIR; Craswell, Zoeter, Taylor & Ramsey 2008, WSDM; Richardson, Dominowska & Ragno 2007, WWW", note: "later positions are looked at and clicked less, at equal relevance" },
  { id: "position-order", name: "… slot after slot", measure: "Kendall τ of click rate and slot, random pages", low: -1, high: -0.6, unit: "correlation", kind: "qualitative",
    source: "Craswell, Zoeter, Taylor & Ramsey 2008, WSDM", note: "the decline is monotone" },
  { id: "abandoned", name: "Most plays are abandoned", measure: "plays that end before 20 % of the video", low: 0.35, high: 0.75, unit: "share", kind: "quantitative",
    source: "Finamore, Mellia, Munafò, Torres & Rao 2011, IMC", note: "60 % of YouTube videos are watched for no more than 20 % of their duration" },
  { id: "bimodal", name: "Watched fraction has two ends", measure: "plays in the first and last tenth of the video, over what an even spread would have (0.2)", low: 1.3, high: 5, unit: "ratio", kind: "qualitative",
    source: "Wu, Rizoiu & Xie 2018, ICWSM; Gao et al. 2022, CIKM (KuaiRand)", note: "many plays end at once, many at the end" },
  { id: "fraction-by-length", name: "Longer videos: smaller fraction", measure: "Spearman correlation of duration and watched fraction", low: -0.8, high: -0.05, unit: "correlation", kind: "qualitative",
    source: "Wu, Rizoiu & Xie 2018, ICWSM", note: "watch percentage falls with duration" },
  { id: "time-by-length", name: "Longer videos: longer watch", measure: "Spearman correlation of duration and watch time", low: 0.05, high: 0.9, unit: "correlation", kind: "qualitative",
    source: "Zhan et al. 2022, KDD", note: "watch time grows with duration: duration bias" },
  { id: "session-tail", name: "Session lengths have a tail", measure: "99th percentile of pages a visit over the median", low: 3, high: 50, unit: "ratio", kind: "qualitative",
    source: "Huberman, Pirolli, Pitkow & Lukose 1998, Science", note: "most visits are short, some are very long" },
  { id: "session-law", name: "… of inverse Gaussian form", measure: "log likelihood a visit, inverse Gaussian minus geometric (both by their maximum)", low: -0.02, high: 2, unit: "nats", kind: "qualitative",
    source: "Huberman, Pirolli, Pitkow & Lukose 1998, Science", note: "pages a visit follow an inverse Gaussian; not worse than geometric (a constant chance of leaving) is asked" },
  { id: "gap-valley", name: "Two kinds of gaps between requests", measure: "density of log gaps at its lowest between 20 min and 5 h, over the smaller of the two peaks around", low: 0, high: 0.5, unit: "ratio", kind: "qualitative",
    source: "Halfaker et al. 2015, WWW", note: "gaps are bimodal: within sessions, between sessions, with a valley around an hour" },
  { id: "return-curve", name: "Return curve of newcomers", measure: "share active 1 day after joining over share active 5 to 9 days after", low: 1, high: 3, unit: "ratio", kind: "qualitative",
    source: "Fader & Hardie 2007, Journal of Interactive Marketing", note: "retention falls, and less and less: those who are left are the loyal ones" },
  { id: "peak-hour", name: "Evening peak", measure: "hour with most requests", low: 17, high: 23, unit: "hour", kind: "qualitative",
    source: "Yu, Zheng, Zhao & Zheng 2006, EuroSys", note: "video on demand peaks in the evening, with a smaller peak around noon" },
  { id: "day-night", name: "Daily rhythm", measure: "requests in the busiest hour over those in the quietest", low: 3, high: 60, unit: "ratio", kind: "qualitative",
    source: "Yu, Zheng, Zhao & Zheng 2006, EuroSys; Gill, Arlitt, Li & Mahanti 2007, IMC", note: "strong diurnal pattern" },
  { id: "weekend", name: "Weekday effect", measure: "active share of accounts at weekends over weekdays", low: 1.01, high: 1.4, unit: "ratio", kind: "qualitative",
    source: "Yu, Zheng, Zhao & Zheng 2006, EuroSys", note: "more people watch at weekends" },
  { id: "newcomers", name: "Share of newcomers", measure: "users on their first day among those active on a day", low: 0.001, high: 0.1, unit: "share", kind: "qualitative",
    source: "no published number that we are sure of", note: "a living platform has some, a grown one has few" },
  { id: "narrowing", name: "Consumption narrows", measure: "topic diversity of a user's later half of clicks over the earlier half (probability that two differ)", low: 0.85, high: 1.005, unit: "ratio", kind: "qualitative",
    source: "Nguyen, Hui, Harper, Terveen & Konstan 2014, WWW", note: "what users consume becomes slightly less diverse with time" },
];

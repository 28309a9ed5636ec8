/** The report of the case: the summary that an interviewer expects, then each question with its table. */
import { figures, formatInterval, table, type ReportFigure, type ReportSection, type Table } from "../../lab/index.js";
import type { Interval } from "../../evaluation/index.js";
import type { RunControl } from "../../types.js";
import type { Case, CaseOptions, CaseResult } from "../case.js";
import type { Climbed } from "./ladder.js";
import {
  badDay,
  byCampaign,
  contrast,
  experiments,
  overMarkets,
  sampling,
  studyAds,
  type AdStudy,
  type ArmRow,
} from "./study.js";

/** What is asked of the system, as data. */
export const adRequirements = {
  latencyMs: 50,
  candidatesPerRequest: 20,
  freshnessMinutes: 10,
  calibrationRange: [0.8, 1.25],
  money: "per 1,000 requests: revenue, advertisers' surplus, users' cost; the sum is what must not fall",
} as const;

/** What is simpler here than in a real market. */
export const notRealistic: readonly string[] = [
  "One ad per request, a dozen topics, and a click rate of 4 to 7 %: real display ads have tenths of a percent and millions of ids.",
  "Clicks arrive after 25 minutes on average, so that waiting costs something within two days; real clicks take seconds, conversions days.",
  "Advertisers bid the same all day and do not react to what they paid; in a real market those who lose leave.",
  "Each arm has the whole market to itself. In a real A/B test arms share budgets, and pacing makes them interfere.",
  "A hidden ad has a fixed price. Real users who are annoyed come back less, which takes months to see.",
];

/** Ad click prediction. */
export const adsCase: Case = { name: "ads", title: "Ad click prediction", run };

async function run(options: CaseOptions, control: RunControl = {}): Promise<CaseResult> {
  const study = await studyAds(options, control);
  const { trial } = study;
  const played: Record<string, readonly ArmRow[]> = {};
  for (const [name, arms] of Object.entries(experiments)) played[name] = await contrast(trial, arms, control);
  const campaigns = byCampaign(trial, played.lag![0]!);
  const bad = await badDay(trial, control);
  const samples = await sampling(trial);
  const [dcnFirst, revenue] = [study.hypotheses[1]!, study.hypotheses[3]!];
  const lede =
    `Over ${options.seeds} markets DCN-v2's AUC is ${formatInterval(dcnFirst.found)} above LR-FTRL's and its revenue ` +
    `${formatInterval(revenue.found)} higher per 1,000 requests. ` +
    `On sampled negatives, not re-calibrated, against LR-FTRL that learns on, ` +
    `${formatInterval(study.hypotheses[5]!.found)} per 1,000 requests are lost in total.`;
  const sections: ReportSection[] = [
    { id: "summary", heading: "On one page", prose: [], tables: [summary(study, played, campaigns)] },
    {
      id: "hypotheses",
      heading: "Written before the run",
      prose: ["Differences over markets with 95 % t-intervals; each was expected to be above 0."],
      tables: [
        table(
          study.hypotheses.map(({ says, found, outcome }) => ({ hypothesis: says, found, outcome })),
          { name: "hypotheses" },
        ),
      ],
    },
    {
      id: "ladder",
      heading: "The ladder",
      prose: [
        "Fitted on the same days; AUC on the held-out day; money on the live days, on which no rung learns. Intervals over markets.",
      ],
      tables: [
        designs(
          "ladder",
          study.ladders[0]!.map((_, rung) => study.ladders.map((ladder) => ladder[rung]!)),
        ),
      ],
    },
    {
      id: "pair",
      heading: "Order against level",
      prose: [
        "A level that is off leaves the order, and AUC, as they are. But campaigns that bid for " +
          "clicks now outbid brands that pay for impressions. Re-calibration repairs it without touching the AUC.",
      ],
      tables: [
        designs(
          "pair",
          (["sampled", "repaired", "online"] as const).map((name) => study.pairs.map((pair) => pair[name])),
        ),
      ],
    },
    {
      ...experiment("lag", "Retraining lag", played.lag!),
      figures: [
        moneyFigure(
          "lag-money",
          "How old the served weights are, and what it costs",
          played.lag!.slice(1).map(({ name, total }) => [name, total] as const),
        ),
      ],
    },
    experiment(
      "delay",
      "Delayed clicks",
      played.delay!,
      "Who waits briefly learns late clicks as none and predicts too low; who waits long is late.",
    ),
    {
      id: "sampling",
      heading: "Sampled negatives",
      prose: ["p / (p + (1 − p) / share) brings the level back; rows, and with them time, fall nearly in proportion."],
      tables: [table(samples, { name: "sampling" })],
    },
    {
      id: "campaigns",
      heading: "Calibration by campaign",
      prose: [
        "Share of campaigns with at least 10 expected clicks whose level is off by more than a quarter: as predicted, and after " +
          "factors fitted on the day before.",
      ],
      tables: [table([campaigns], { name: "campaigns" })],
    },
    experiment(
      "selling",
      "Pacing, and who pays for what",
      played.selling!,
      "Where impressions are paid, predictions that are too high are revenue, and the advertisers pay it.",
    ),
    badSection(bad),
    experiment("what-if", "What if", played.whatIf!),
    { id: "not-realistic", heading: "What is not realistic", prose: notRealistic },
  ];
  return {
    report: {
      title: adsCase.title,
      lede,
      facts: [
        ["markets", String(options.seeds)],
        ["scale", options.scale],
      ],
      sections,
    },
    hypotheses: study.hypotheses,
    json: { requirements: adRequirements, hypotheses: study.hypotheses, campaigns, samples },
  };
}

function summary(
  { hypotheses, trial }: AdStudy,
  { lag, delay }: Record<string, readonly ArmRow[]>,
  campaigns: { before: number; after: number },
): Table {
  const { requestsPerDay, campaigns: many } = trial.market.config;
  const share = (value: number): string => `${Math.round(100 * value)} %`;
  const { latencyMs, candidatesPerRequest, freshnessMinutes, calibrationRange } = adRequirements;
  const lost = hypotheses[4]!.outcome === "held" && hypotheses[5]!.outcome === "held";
  const rows: Record<string, string> = {
    requirements:
      `${latencyMs} ms for about ${candidatesPerRequest} candidates, clicks learned within ${freshnessMinutes} minutes, ` +
      `level within ${calibrationRange.join("–")}`,
    framing:
      "P(click | user, ad, context), calibrated, since bids are multiplied by it; money for three parties counts",
    data:
      `${requestsPerDay.toLocaleString("en")} requests per day, ${many} campaigns that come and go; ` +
      "labels after a waiting window; negatives may be sampled",
    model: "hashed crosses with FTRL online as the baseline; DeepFM and DCN-v2 learn crosses by themselves",
    evaluation:
      "AUC judges the order, log loss and predicted / clicked the level; " +
      (lost ? "the better AUC lost money here" : "AUC and money are compared"),
    serving:
      "second price by bid × P(click), even pacing; weights up to a day old change the total by " +
      `${formatInterval(lag![2]!.total)} per 1,000 requests`,
    monitoring:
      `level by campaign (off by a quarter: ${share(campaigns.before)}, corrected ${share(campaigns.after)}) and by hour; ` +
      `waiting a day for labels changes the total by ${formatInterval(delay![3]!.total)}`,
  };
  return table(
    Object.entries(rows).map(([step, answer]) => ({ step, answer })),
    { name: "summary", caption: "The case on one page" },
  );
}

function badSection({ rows, hours }: Awaited<ReturnType<typeof badDay>>): ReportSection {
  const says =
    "At noon of the first live day the stream of what is known of users stops. Two alarms: the click rate, and predicted over observed " +
    "clicks (allowed: 0.8 to 1.25), by three hours.";
  const section = experiment("bad-day", "A bad day", rows, says);
  const [usual, stopped] = hours;
  const byHour = usual!.map((one, h) => ({
    hours: `${3 * h}–${3 * h + 3}`,
    "click rate, usual": one.ctr,
    "click rate, stopped": stopped![h]!.ctr,
    "predicted / clicked, usual": one.ratio,
    "predicted / clicked, stopped": stopped![h]!.ratio,
  }));
  return {
    ...section,
    tables: [...section.tables!, table(byHour, { name: "bad-day-hours", caption: "By three hours" })],
  };
}

function moneyFigure(
  name: string,
  title: string,
  arms: readonly (readonly [policy: string, value: Interval])[],
): ReportFigure {
  const metric = { label: "total", unit: "money per 1,000 requests", better: "higher" } as const;
  const drawn = figures.arms({ metric, title, arms: arms.map(([policy, value]) => ({ policy, value })) });
  return { name, caption: "Revenue + advertisers' surplus − users' cost, with 95 % intervals.", figure: drawn };
}

function designs(name: string, byDesign: readonly (readonly Climbed[])[]): Table {
  return table(
    byDesign.map((markets) => ({
      design: markets[0]!.name,
      AUC: overMarkets(markets, ({ offline }) => offline.auc),
      "log loss": overMarkets(markets, ({ offline }) => offline.logLoss),
      "predicted / clicked": mean(markets.map(({ offline }) => offline.ratio)),
      "predicted / true, shown": mean(markets.map(({ played }) => played.ratio)),
      revenue: overMarkets(markets, ({ played }) => played.money.revenue),
      advertisers: overMarkets(markets, ({ played }) => played.money.advertisers),
      users: overMarkets(markets, ({ played }) => played.money.users).estimate,
      total: overMarkets(markets, ({ played }) => played.money.total),
    })),
    { name, caption: "Money is per 1,000 requests" },
  );
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function experiment(id: string, heading: string, rows: readonly ArmRow[], says?: string): ReportSection {
  const of = (value: Interval, first: boolean): Interval | undefined => (first ? undefined : value);
  return {
    id,
    heading,
    prose: [
      ...(says === undefined ? [] : [says]),
      `One market; differences from "${rows[0]!.name}" with intervals by user.`,
    ],
    tables: [
      table(
        rows.map(({ name, money, ratio, ctr, revenue, advertisers, total }, at) => ({
          arm: name,
          ...{ "click rate": ctr, "predicted / true": ratio },
          ...{ revenue: money.revenue.estimate, "revenue, difference": of(revenue, at === 0) },
          ...{ advertisers: money.advertisers.estimate, "advertisers, difference": of(advertisers, at === 0) },
          ...{ users: money.users.estimate, total: money.total.estimate, "total, difference": of(total, at === 0) },
        })),
        { name: id, caption: "Money per 1,000 requests" },
      ),
    ],
  };
}

/** Share of assigned users active on each day, by arm: which arm keeps its users. */
import type { Figure } from "../figure.js";
import { formatPercent } from "../text.js";
import { dayLines, type DaySeries } from "./day-lines.js";
import { needSome } from "./theme.js";

/** Arms whose days hold the share of assigned users active (evaluation: `dailyMetric(days, "activeShare")`). */
export interface RetentionCurve {
  readonly arms: readonly DaySeries[];
  readonly title?: string;
}

/** Retention curve with bands. */
export function retentionCurve({ arms, title }: RetentionCurve): Figure {
  needSome("arms", arms);
  const last = arms
    .flatMap(({ name, days }) => {
      const end = days.at(-1);
      return end && Number.isFinite(end.interval.estimate)
        ? [{ name, share: end.interval.estimate, day: end.day }]
        : [];
    })
    .sort((a, b) => b.share - a.share);
  const [best, worst] = [last[0], last.at(-1)];
  const seen =
    best && worst && best !== worst
      ? `On day ${best.day}, ${formatPercent(best.share)} of ${best.name}'s ` +
        `users are active and ${formatPercent(worst.share)} of ${worst.name}'s`
      : "Share of users active by day";
  return dayLines({
    metric: { label: "Active users", unit: "share of assigned users active" },
    series: arms,
    share: true,
    title: title ?? seen,
  });
}

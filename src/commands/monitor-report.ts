/** What `stagecraft monitor` found, in sentences and as a page. */
import { figures, formatNumber, formatPercent, type Report, type ReportSection, type Table } from "../lab/index.js";
import type { ExpectedDay, MonitorReport } from "../monitoring/index.js";
import { briefly } from "./monitor-tables.js";

/** What is worth a page: columns in alarm with where it began, quality, performance. */
export function sentences({ parts, quality, health, left, reference, current }: MonitorReport): readonly string[] {
  const columns = (parts[0]?.drift ?? []).map(({ feature }) => feature).sort();
  const alarms = columns.flatMap((feature) => {
    const states = parts.map(({ drift }) => drift.find((row) => row.feature === feature)?.state === "drift");
    const first = states.indexOf(true);
    if (first < 0) return [];
    const later = states.slice(first).every(Boolean)
      ? ""
      : `, in ${states.filter(Boolean).length} of ${parts.length} parts`;
    return [parts.length === 1 ? feature : `${feature} from part ${first + 1} on${later}`];
  });
  const total = `${current.rows.toLocaleString("en")} rows against ${reference.rows.toLocaleString("en")}`;
  const few = parts.flatMap(({ drift }) => drift).filter(({ state }) => state === "few rows").length;
  const kept = parts.at(-1)?.kept;
  return [
    alarms.length > 0
      ? `Drift in ${alarms.length} of ${columns.length} columns: ${alarms.join("; ")} (${total}).`
      : `No drift in ${columns.length} columns (${total}).`,
    ...(few > 0 ? [`${few} comparisons have fewer rows than are needed to say anything.`] : []),
    ...quality.map(({ kind, column, says }) => `Data quality, ${kind}: ${column ? `${column} ` : ""}${says}.`),
    ...health
      .filter(({ alert }) => alert !== "")
      .map(({ alert, ...of }) => `Health, ${nameOfSeries(of)}: ${alert}.`)
      .slice(0, 10),
    ...(kept
      ? [
          `Promised ${formatPercent(kept.current.promised)}, kept ${formatPercent(kept.current.kept)}; in the reference ` +
            `${formatPercent(kept.reference.promised)} and ${formatPercent(kept.reference.kept)} (p ${formatNumber(kept.pValue)}).`,
        ]
      : []),
    ...(left.length > 0 ? [`Not compared: ${left.map(({ column, why }) => `${column} (${why})`).join(", ")}.`] : []),
  ];
}

function nameOfSeries({ metric, arm, segment }: Pick<ExpectedDay, "metric" | "arm" | "segment">): string {
  return [metric, ...(arm === "" ? [] : [`arm ${arm}`]), ...(segment === "" ? [] : [`segment ${segment}`])].join(", ");
}

/** The page. */
export function reportOf(
  reference: string,
  current: string,
  { parts, current: window, quality, health }: MonitorReport,
  tables: Readonly<Record<string, Table>>,
  said: readonly string[],
): Report {
  const last = parts.at(-1)!;
  const alerts = health.filter(({ alert }) => alert !== "").slice(0, 10);
  const base = (path: string): string => path.split("/").pop()!;
  const drift: ReportSection = {
    id: "drift",
    heading: "Drift by column",
    prose: [
      "A column alarms (`drift`) where its shift is more than chance, after adjusting for the number of columns, and its PSI beyond what " +
        "two windows without drift have is large enough to matter. " +
        "`trend`: it moves as much within the reference. `small`: beyond chance only. `noise`: large, not beyond chance. " +
        "`mix`: large, but not within the strata.",
    ],
    tables: [briefly(tables["drift"]!)],
    figures:
      last.drift.length === 0
        ? []
        : [
            {
              name: "psi",
              caption:
                parts.length > 1
                  ? `The last of ${parts.length} parts against the reference`
                  : "The current window against the reference",
              figure: figures.psiBars({ features: last.drift.map(({ feature, psi }) => ({ name: feature, psi })) }),
            },
          ],
  };
  const performance = tables["performance"];
  return {
    title: `${base(current)} against ${base(reference)}`,
    lede: said.slice(0, 1 + quality.length + alerts.length).join(" "),
    facts: [
      ["rows", window.rows.toLocaleString("en")],
      ["columns in alarm", String(last.drift.filter(({ state }) => state === "drift").length)],
      ...(health.length > 0 ? [["alerts of daily metrics", String(alerts.length)] as const] : []),
      ["data quality", quality.length === 0 ? "no alarm" : `${quality.length} alarms`],
    ],
    sections: [
      drift,
      ...(tables["health"] ? [healthSection(health, tables["health"])] : []),
      ...(tables["quality"]
        ? [{ id: "quality", heading: "Data quality", prose: [], tables: [tables["quality"]] }]
        : []),
      ...(performance
        ? [
            {
              id: "performance",
              heading: "Performance",
              prose: [
                "Estimated from the calibrated probabilities alone: blind where the label's dependence on the inputs moved. " +
                  "Promised against kept needs labels and sees both.",
              ],
              tables: [performance],
            },
          ]
        : []),
    ],
    metrics: { parts },
  };
}

/** Alerts, and each metric of each arm with its band. */
function healthSection(health: readonly ExpectedDay[], all: Table): ReportSection {
  const whole = health.filter(({ segment, low }) => segment === "" && Number.isFinite(low));
  const names = [...new Set(whole.map(nameOfSeries))];
  return {
    id: "health",
    heading: "Daily metrics",
    prose: [
      "A band is the reference's level with its days of the week; it is as wide as all days of all series need together.",
    ],
    tables: [briefly(all)],
    figures: names.map((name, f) => {
      const days = whole.filter((one) => nameOfSeries(one) === name);
      const line = (of: (day: ExpectedDay) => Record<"estimate" | "low" | "high", number>) =>
        days.map((one) => ({ day: one.day, interval: of(one) }));
      return {
        name: `health-${f + 1}`,
        caption: name,
        figure: figures.dayLines({
          metric: { label: name, unit: "daily mean" },
          series: [
            { name: "usual", days: line(({ expected, low, high }) => ({ estimate: expected, low, high })) },
            { name: "observed", days: line(({ value }) => ({ estimate: value, low: value, high: value })) },
          ],
          title: name,
        }),
      };
    }),
  };
}

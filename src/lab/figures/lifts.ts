/** Treatment over control, all online metrics at once: gains and losses. */
import type { Figure } from "../figure.js";
import { formatPercent } from "../text.js";
import { dots, endsOf, errorBars, namesDown, noteRight } from "./parts.js";
import { axis, escapeText, figure, needSome, palette, rangeOf, type Estimate } from "./theme.js";

/** One metric's relative lift. */
export interface Lift {
  readonly label: string;
  readonly better: "higher" | "lower";
  readonly lift: Estimate; // relative, 0.05 = 5 %
}

/** The lifts of one comparison. */
export interface Lifts {
  readonly control: string;
  readonly treatment: string;
  readonly metrics: readonly Lift[];
  readonly title?: string;
  readonly unit?: string; // default: relative lift
}

/** Dot-and-interval plot around 0: green is better, orange is worse, grey is undecided. Metrics without a lift are left out. */
export function lifts({ control, treatment, metrics, title, unit = "relative lift" }: Lifts): Figure {
  const defined = metrics.filter(({ lift }) => [lift.estimate, lift.low, lift.high].every(Number.isFinite));
  needSome("metrics with a lift", defined);
  const verdicts = defined.map(verdictOf);
  const traces = defined.map(({ label, lift }, i) => ({
    ...dots,
    x: [lift.estimate],
    y: [escapeText(label)],
    error_x: errorBars([lift], 2, 5),
    marker: { size: 10, ...looks[verdicts[i]!] },
    hovertemplate:
      `${escapeText(label)}: %{x:+.1%}<br>95 % interval ` +
      `${formatPercent(lift.low)} to ${formatPercent(lift.high)}<extra></extra>`,
  }));
  const labels = defined.map(({ label, lift }) =>
    noteRight(escapeText(label), `${lift.estimate > 0 ? "+" : ""}${formatPercent(lift.estimate)}`),
  );
  const names = (verdict: Verdict): string =>
    defined
      .filter((_, i) => verdicts[i] === verdict)
      .map(({ label }) => label)
      .join(", ");
  return figure(traces, {
    title: title ?? `${treatment} over ${control}: ${sentence(names("better"), names("worse"))}`,
    subtitle: `${unit} with 95 % intervals; circles in green are better, diamonds in orange worse, grey undecided`,
    height: 170 + 34 * defined.length,
    layout: {
      xaxis: axis(unit, {
        tickformat: "+.0%",
        range: rangeOf([0, ...endsOf(defined.map(({ lift }) => lift))]),
        zeroline: true,
        zerolinecolor: palette.grey,
        zerolinewidth: 1.5,
      }),
      yaxis: namesDown,
      annotations: labels,
      margin: { r: 84, b: 56 },
    },
  });
}

const looks = {
  better: { color: palette.green, symbol: "circle" },
  worse: { color: palette.orange, symbol: "diamond" },
  undecided: { color: palette.grey, symbol: "circle" },
} as const;
type Verdict = keyof typeof looks;

function verdictOf({ lift, better }: Lift): Verdict {
  if (lift.low > 0) return better === "higher" ? "better" : "worse";
  if (lift.high < 0) return better === "higher" ? "worse" : "better";
  return "undecided";
}

function sentence(won: string, lost: string): string {
  if (won === "" && lost === "") return "no metric is decided";
  return [won === "" ? "" : `better in ${won}`, lost === "" ? "" : `worse in ${lost}`]
    .filter((part) => part !== "")
    .join("; ");
}

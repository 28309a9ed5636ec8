/**
 * The atlas: a dot is a policy, to the right is better by the offline metric, up is better online; both can be chosen from lists. Thin
 * lines join the policies that the truth does not tell apart; hovering over a dot names it, those that it is equal to offline, and how many
 * it is not told apart from.
 */
import type { Figure, Trace } from "../figure.js";
import { dots, errorBars } from "./parts.js";
import { axis, colours, escapeText, figure, legendBelow, needSome, type Estimate } from "./theme.js";

/** One policy. A metric that it lacks is absent. */
export interface AtlasPoint {
  readonly policy: string;
  readonly family: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly goals: Readonly<Record<string, Estimate>>; // lift over the logging policy, in per cent
}

/** What can be chosen, the first shown first, and the pairs of policies that each goal leaves undecided. */
export interface AtlasFigure {
  readonly points: readonly AtlasPoint[];
  readonly metrics: readonly string[];
  readonly goals: readonly { readonly name: string; readonly undecided: readonly (readonly [string, string])[] }[];
  readonly title: string;
  readonly subtitle: string;
}

/** The figure, with one menu for each axis. */
export function atlas({ points, metrics, goals, title, subtitle }: AtlasFigure): Figure {
  needSome("points", points);
  needSome("metrics", metrics);
  needSome("goals", goals);
  const families = [...new Set(points.map(({ family }) => family))];
  const colour = colours(families);
  const groups = families.map((family) => points.filter((point) => point.family === family));
  const at = new Map(points.map((point) => [point.policy, point]));
  const lines = (of: (policy: string) => number | null, goal: (typeof goals)[number]): (number | null)[] =>
    goal.undecided.flatMap(([a, b]) => [of(a), of(b), null]);
  const x = (metric: string) => (policy: string) => at.get(policy)?.metrics[metric] ?? null;
  const y = (goal: string) => (policy: string) => at.get(policy)?.goals[goal]?.estimate ?? null;
  const equals = (metric: string, { policy, metrics: own }: AtlasPoint): string => {
    const same = points.filter((other) => other.policy !== policy && other.metrics[metric] === own[metric]);
    return own[metric] === undefined || same.length === 0 ? "" : `equal: ${same.map((one) => one.policy).join(", ")}`;
  };
  const open = ({ name, undecided }: (typeof goals)[number], policy: string): string => {
    const pairs = undecided.filter((pair) => pair.includes(policy)).length;
    return `${escapeText(name)} not told apart from ${pairs} of ${points.length - 1}`;
  };
  const [first, goal] = [metrics[0]!, goals[0]!];
  const traces: Trace[] = [
    ...goals.map((one): Trace => ({
      type: "scatter",
      mode: "lines",
      hoverinfo: "skip",
      showlegend: false,
      visible: one === goal,
      line: { color: "rgba(138,143,152,0.22)", width: 1 },
      x: lines(x(first), one),
      y: lines(y(one.name), one),
    })),
    ...groups.map((group, g): Trace => ({
      ...dots,
      showlegend: true,
      name: escapeText(families[g]!),
      x: group.map(({ policy }) => x(first)(policy)),
      y: group.map(({ policy }) => y(goal.name)(policy)),
      text: group.map(({ policy }) => escapeText(policy)),
      customdata: group.map((point) => escapeText(equals(first, point))),
      hovertext: group.map(({ policy }) => open(goal, policy)),
      error_y: barsOf(group, goal.name),
      marker: { size: 11, color: colour.get(families[g]!), symbol: symbols[g % symbols.length] },
      hovertemplate:
        "<b>%{text}</b><br>metric %{x:.4f}<br>lift %{y:.1f} %<br>%{hovertext}<br>%{customdata}<extra></extra>",
    })),
  ];
  const dotsFrom = goals.length;
  const places = groups.map((_, g) => dotsFrom + g);
  const byMetric = metrics.map((metric) => ({
    label: escapeText(metric),
    method: "update",
    args: [
      {
        x: [
          ...goals.map((one) => lines(x(metric), one)),
          ...groups.map((group) => group.map(({ policy }) => x(metric)(policy))),
        ],
        customdata: [...goals.map(() => null), ...groups.map((group) => group.map((point) => equals(metric, point)))],
      },
      { "xaxis.title.text": escapeText(metric), "xaxis.autorange": true },
    ],
  }));
  const byGoal = goals.map((one) => ({
    label: escapeText(one.name),
    method: "update",
    args: [
      {
        y: [
          ...goals.map((each) => lines(y(each.name), each)),
          ...groups.map((group) => group.map(({ policy }) => y(one.name)(policy))),
        ],
        visible: [...goals.map((each) => each === one), ...places.map(() => true)],
        hovertext: [...goals.map(() => null), ...groups.map((group) => group.map(({ policy }) => open(one, policy)))],
        error_y: [...goals.map(() => ({})), ...groups.map((group) => barsOf(group, one.name))],
      },
      { "yaxis.title.text": yTitle(one.name), "yaxis.autorange": true },
    ],
  }));
  const menu = {
    type: "dropdown",
    direction: "down",
    xanchor: "left",
    y: 1.02,
    yanchor: "bottom",
    pad: { r: 8, t: 0, b: 0 },
  };
  return figure(traces, {
    title,
    subtitle,
    height: 620,
    above: 40,
    layout: {
      xaxis: axis(first),
      yaxis: axis(yTitle(goal.name), { zeroline: true }),
      legend: legendBelow,
      hovermode: "closest",
      margin: { b: 110 },
      updatemenus: [
        { ...menu, x: 0, buttons: byMetric },
        { ...menu, x: 0.42, buttons: byGoal },
      ],
    },
  });
}

const symbols = ["circle", "square", "diamond", "triangle-up", "x", "cross", "star"] as const;

const yTitle = (goal: string): string => escapeText(`${goal}, per cent more than the logging policy`);

function barsOf(group: readonly AtlasPoint[], goal: string): Trace {
  const missing = { estimate: NaN, low: NaN, high: NaN };
  return errorBars(
    group.map(({ goals }) => goals[goal] ?? missing),
    1,
    0,
  );
}

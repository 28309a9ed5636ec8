/** What a scorecard says in words: the decision, what it rests on, and what was not decided. */
import type { JudgedMetric, Scorecard } from "./card.js";

type Card = Omit<Scorecard, "sentences" | "open">;

/** The decision in a sentence; then broken guardrails, faults of the split, and how the numbers were made. */
export function sentencesOf(card: Card): string[] {
  const { decision, sampleRatio, splitByDay, metrics, treatment, looks, novelty, segments } = card;
  const first = metrics[0]!;
  const { name } = first.metric;
  const effect = `it changes ${name} by ${effectText(first)}`;
  const said = [
    {
      broken:
        `Do not decide: users were not split as planned (sample ratio mismatch, p ${pText(sampleRatio.pValue)}). ` +
        "Find the fault in assignment or logging first; no metric can be trusted.",
      ship: `Ship ${treatment}: ${effect}.`,
      "do not ship": `Do not ship ${treatment}: ${effect}.`,
      undecided: `Undecided: ${treatment} changes ${name} by ${effectText(first)}${unsure(card)}.`,
    }[decision],
  ];
  for (const one of metrics)
    if (one.guardrail === "failed")
      said.push(`Guardrail broken: ${one.metric.name} is worse by more than ${percent(one.metric.margin!)}.`);
  if (splitByDay !== undefined && splitByDay < 0.001)
    said.push(
      `The split was not the same on every day of exposure (p ${pText(splitByDay)}): early and late users weigh differently in the arms.`,
    );
  if (metrics.some(({ imbalance = 0 }) => Math.abs(imbalance) > 3))
    said.push(
      "The arms differed before the experiment (covariate more than 3 standard errors apart): look at the split.",
    );
  const found = looks?.find(({ valid }) => valid.low > 0 || valid.high < 0);
  if (found)
    said.push(`Looked at every day, ${name} was first decided at the end of day ${found.day - looks![0]!.day + 1}.`);
  if (novelty && novelty.verdict !== "undecided")
    said.push(`The effect on ${name} ${novelty.verdict} with days since exposure (p ${pText(novelty.pValue)}).`);
  for (const [segment, { interaction }] of Object.entries(segments))
    if (interaction.pValue < 0.05)
      said.push(`The effect on ${name} differs by ${segment} (p ${pText(interaction.pValue)}).`);
  for (const { metric, winsorised: cut } of metrics)
    if (cut)
      said.push(
        `${metric.name}: values above ${number(cut.at)} (the ${number(100 * cut.share)} % quantile) are set to it, ` +
          `of ${cut.users[0]} users of the control and ${cut.users[1]} of the treatment.`,
      );
  for (const { metric, control, difference } of metrics)
    if (control.estimate === 0 && difference.standardError > 0)
      said.push(`${metric.name}: a lift is not available, since the control's mean is 0; the difference is.`);
  return said;
}

/** What was not decided, and what it would take. */
export function openQuestions({ decision, metrics, novelty, segments }: Card): string[] {
  if (decision === "broken")
    return metrics.map(({ metric }) => `${metric.name}: nothing is decided while the split is broken.`);
  const said = metrics.flatMap((one, m): string[] => {
    const { name, margin } = one.metric;
    if (one.guardrail === "undecided")
      return [`Guardrail undecided: ${name} may be worse by more than ${percent(margin!)}.`];
    if (one.guardrail !== undefined || one.verdict !== "undecided") return [];
    if (!(one.difference.standardError > 0))
      return [`${name}: no user differs from another within the arms, so there is no interval.`];
    if (m > 0 || !Number.isFinite(one.smallestLift)) return [`${name}: the interval of the difference holds 0.`];
    const users = (4 * one.difference.units).toLocaleString("en"); // half the effect, four times the users
    return [
      `So many users find a lift of ${percent(one.smallestLift)} of ${name} four times in five; for half of it ${users} are needed.`,
    ];
  });
  if (novelty?.verdict === "undecided")
    said.push(`Whether the effect on ${metrics[0]!.metric.name} lasts: its trend holds 0.`);
  for (const [name, { segments: rows, tooFew, interaction }] of Object.entries(segments)) {
    if (rows.length > 1 && !(interaction.pValue < 0.05))
      said.push(`Whether the effect differs by ${name} (p ${pText(interaction.pValue)}).`);
    if (tooFew.length > 0) said.push(`${name} ${tooFew.join(", ")}: too few users.`);
  }
  return said;
}

function unsure({ metrics }: Card): string {
  const names = metrics.filter((one) => one.guardrail === "undecided").map(({ metric }) => metric.name);
  return names.length > 0 ? `; undecided guardrails: ${names.join(", ")}` : "";
}

function effectText({ lift, difference }: JudgedMetric): string {
  if (Number.isFinite(lift.estimate)) {
    const range = Number.isFinite(lift.low) ? ` (${percent(lift.low)} to ${percent(lift.high)})` : "";
    return `${percent(lift.estimate)}${range}`;
  }
  return `${number(difference.estimate)} per user (${number(difference.low)} to ${number(difference.high)})`;
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const number = (value: number): string => String(Number(value.toPrecision(4)));
const pText = (p: number): string => (p < 0.0001 ? "< 0.0001" : `= ${p.toPrecision(2)}`);

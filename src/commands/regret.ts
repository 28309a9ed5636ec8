/** `stagecraft regret`: what each stage of the funnel loses against an oracle in its place, before and after a change of one's own. */
import { Option } from "commander";
import { figures, formatInterval, table, tableText, type ReportSection, type Table } from "../lab/index.js";
import { workshop } from "../pipeline/index.js";
import { checkLearnedConfig, learnedFunnelDefaults, type LearnedFunnelConfig } from "../serving/index.js";
import { regretByStage, type Losses, type StageRegret } from "../studies/index.js";
import { integer, UsageError, usageFault, type PlatformOptions } from "./options.js";
import { platformVerb } from "./verb.js";

interface RegretTyped extends PlatformOptions {
  readonly requests: string;
  readonly change?: string;
}

export const regret = platformVerb<RegretTyped>({
  name: "regret",
  description:
    "watch minutes that each stage of the learned funnel loses: an oracle in its place, in each pair's, in all",
  options: [
    new Option("--requests <integer>", "first pages of the day after the log").default("200"),
    new Option(
      "--change <json>",
      "settings of the funnel to compare with the usual ones, for example '{\"candidates\":400}'",
    ),
  ],
  async run(setting, control, { requests: typed, change }) {
    const requests = integer("--requests", typed, 1);
    const base = { candidates: setting.sizes.online.candidates };
    const changed = change === undefined ? undefined : configIn(change);
    const trained = await workshop(setting, control).trained();
    const funnels: { name: string; found: StageRegret }[] = [
      { name: "before", found: await regretByStage(trained, { requests, config: base }, control) },
    ];
    if (changed)
      funnels.push({
        name: "after",
        found: await regretByStage(trained, { requests, config: { ...base, ...changed } }, control).catch(
          (error: unknown) => {
            throw usageFault(error); // of a re-ranking that cannot be
          },
        ),
      });
    const sections = funnels.map(({ name, found }) => sectionOf(changed ? name : "learned", found));
    const tables = sections.flatMap((section) => section.tables);
    const { oracle, served, stages } = funnels[funnels.length - 1]!.found;
    const worst = stages.reduce((most, one) => (one.share.estimate > most.share.estimate ? one : most));
    const text =
      `A page is worth ${formatInterval(served)} watch minutes; the best one ${formatInterval(oracle)}. ` +
      `Most is lost in ${worst.stage}: ${formatInterval(worst.share)}.`;
    return {
      json: {
        requests,
        change: changed ?? null,
        ...Object.fromEntries(funnels.map(({ name, found }) => [name, found])),
      },
      tables: Object.fromEntries(tables.map((one) => [one.name!, one])),
      report: { title: "Regret by stage", lede: text, facts: [["requests", String(served.units)]], sections },
      text: [...tables.map(tableText), text].join("\n\n"),
    };
  },
});

function configIn(text: string): Partial<LearnedFunnelConfig> {
  const allowed = `allowed: a JSON object of settings of the funnel: ${Object.keys(learnedFunnelDefaults).join(", ")}`;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new UsageError(`invalid --change: ${text}; ${allowed}`);
  }
  const isObject = typeof given === "object" && given !== null && !Array.isArray(given);
  if (!isObject || Object.keys(given as object).some((key) => !Object.hasOwn(learnedFunnelDefaults, key)))
    throw new UsageError(`invalid --change: ${text}; ${allowed}`);
  try {
    checkLearnedConfig({ ...learnedFunnelDefaults, ...(given as Partial<LearnedFunnelConfig>) });
  } catch (error) {
    throw new UsageError(`invalid --change: ${text}; ${(error as Error).message}`);
  }
  return given as Partial<LearnedFunnelConfig>;
}

function sectionOf(name: string, found: StageRegret): ReportSection & { readonly tables: readonly Table[] } {
  const byStage = (segment: string, { requests, served, stages, oracle }: Losses): Record<string, unknown> => ({
    users: segment,
    pages: requests,
    served: served.estimate,
    ...Object.fromEntries(stages.map(({ stage, share }) => [stage, share])),
    oracle: oracle.estimate,
  });
  const { served, oracle, stages, pages, segments } = found;
  return {
    id: name,
    heading: `The funnel, ${name}`,
    prose: ["Shares are Shapley values: they add up to the oracle's page less the one served."],
    tables: [
      table([byStage("all", found), ...segments.map((one) => byStage(`age ${one.segment}`, one))], {
        name: `${name}-losses`,
        caption: `Watch minutes per page and what each stage loses, ${name}`,
      }),
      table(
        pages.map(({ oracle: by, watch }) => ({
          "an oracle takes": by.length === 0 ? "nothing" : by.join(" + "),
          "watch minutes": watch,
          "more than served": watch.estimate - served.estimate,
        })),
        { name: `${name}-pages`, caption: `Each stage, each pair and all, ${name}` },
      ),
    ],
    figures: [
      {
        name: `${name}-waterfall`,
        caption: "From the page that is served to the best one",
        figure: figures.waterfall({
          title: `Regret by stage, ${name}`,
          unit: "watch minutes per page",
          from: { name: "served", value: served.estimate },
          to: { name: "oracle", value: oracle.estimate },
          steps: stages.map(({ stage, share }) => ({ name: stage, value: share })),
        }),
      },
    ],
  };
}

/** Dataset card and data dictionary in Markdown, from the schemas themselves, so that they cannot go stale. */
import { eventColumns, schemaVersion } from "../log/index.js";
import type { Catalogue, Day } from "../types.js";
import { features, type FeatureDefinition } from "./features.js";

/** What a card says of a dataset. `about` is free text: how it was made, with which seed. */
export interface CardFacts {
  readonly title: string;
  readonly about: string;
  readonly catalogue: Catalogue;
  readonly days: readonly Day[];
  readonly impressions: number;
  readonly clicks: number;
}

/** The card of a simulated dataset: what it is, its size, its columns, its features, its limits. */
export function datasetCard(facts: CardFacts): string {
  const { catalogue, days, impressions, clicks } = facts;
  const clickRate = impressions === 0 ? "none" : `${((100 * clicks) / impressions).toFixed(2)} %`;
  return [
    `# ${facts.title}`,
    facts.about,
    "Simulated: no row is of a real person. What the platform cannot see (tastes, examination, satisfaction) is not in it.",
    "## Size",
    table(
      ["users", "videos", "creators", "topics", "days", "impressions", "click rate"],
      [[catalogue.users.count, catalogue.videos.count, catalogue.creatorCount, catalogue.topicNames.length, dayRange(days), impressions, clickRate].map(String)],
    ),
    `## Impressions (event schema version ${schemaVersion})`,
    "One row an impression with its outcome; one Parquet file a day, `day=012/impressions.parquet`.",
    table(
      ["column", "type", "unit", "range", "meaning"],
      eventColumns.map(({ name, type, unit, min, max, names, description }) => [name, type, unit, names === undefined ? `${min} … ${max}` : words(names), description]),
    ),
    featureDictionary(),
  ].join("\n\n") + "\n";
}

/** The data dictionary of all features. */
export function featureDictionary(): string {
  const row = ({ name, entity, kind, unit, available, description }: FeatureDefinition): string[] => [name, entity, kind, unit, available, description];
  return [
    "## Features",
    "“midnight” features are as of the last midnight; “event” features move with each page of the visit. Training rows are joined under the same rule.",
    table(["feature", "entity", "kind", "unit", "available", "meaning"], features.map(row)),
  ].join("\n\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

function words(names: readonly string[] | string): string {
  return typeof names === "string" ? "names in the file's metadata" : names.join(", ");
}

function dayRange(days: readonly Day[]): string {
  return days.length === 0 ? "none" : `${days.length} (${Math.min(...days)} to ${Math.max(...days)})`;
}

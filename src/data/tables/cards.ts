/** Dataset card and data dictionary in Markdown, from the schemas themselves, so that they are never out of date. */
import { eventColumns, schemaVersion } from "../../log/index.js";
import type { Catalogue, Day } from "../../types.js";
import { expectations, failedRows, mostQuarantined, type DayQuality } from "./expectations.js";
import { features, type FeatureDefinition } from "../features/features.js";

/** What a card says about a dataset. `about` is free text: how it was made, with which seed. */
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
  return (
    [
      `# ${facts.title}`,
      facts.about,
      "Simulated: no row is of a real person. What the platform cannot see (tastes, examination, satisfaction) is not in it.",
      "## Size",
      table(
        ["users", "videos", "creators", "topics", "days", "impressions", "click rate"],
        [
          [
            catalogue.users.count,
            catalogue.videos.count,
            catalogue.creatorCount,
            catalogue.topicNames.length,
            dayRange(days),
            impressions,
            clickRate,
          ].map(String),
        ],
      ),
      `## Impressions (event schema version ${schemaVersion})`,
      "One row per impression with its outcome; one Parquet file per day, `day=012/impressions.parquet`.",
      table(
        ["column", "type", "unit", "range", "meaning"],
        eventColumns.map(({ name, type, unit, min, max, names, description }) => [
          name,
          type,
          unit,
          names === undefined ? `${min} … ${max}` : words(names),
          description,
        ]),
      ),
      featureDictionary(),
    ].join("\n\n") + "\n"
  );
}

/** The data dictionary of all features. */
export function featureDictionary(): string {
  const row = (feature: FeatureDefinition): string[] => [
    feature.name,
    feature.entity,
    feature.kind,
    feature.unit,
    String(feature.default),
    feature.available,
    freshness(feature),
    feature.owner,
    feature.description,
  ];
  return [
    "## Features",
    "“midnight” features are as of the last midnight; “event” features move " +
      "with each page of the visit. Training rows are joined under the same rule.",
    table(
      ["feature", "entity", "kind", "unit", "default", "available", "stale after", "owner", "meaning"],
      features.map(row),
    ),
  ].join("\n\n");
}

/** Data quality: how many raw rows of each day were clean, and which expectations the others failed. */
export function qualityCard(quality: readonly DayQuality[]): string {
  const days = quality.map((day) =>
    [day.day, day.rows, day.rows - day.ads - failedRows(day), day.ads, failedRows(day)].map(String),
  );
  const failed = expectations.map(({ name, description }) => [
    name,
    description,
    String(quality.reduce((sum, day) => sum + (day.failed[name] ?? 0), 0)),
  ]);
  return (
    [
      "# Data quality",
      "Every raw impression is checked against the expectations in this order. A row that fails one is set " +
        "aside whole in `quarantine.parquet` with its name; nothing else is dropped. A day with more than " +
        `${100 * mostQuarantined} % of such rows is refused.`,
      table(["expectation", "meaning", "rows that failed"], failed),
      "## Days",
      table(["day", "raw rows", "clean, content", "clean, ads", "quarantined"], days),
    ].join("\n\n") + "\n"
  );
}

function freshness({ freshnessMs }: FeatureDefinition): string {
  if (freshnessMs === Infinity) return "never";
  return freshnessMs === 0 ? "the request" : `${freshnessMs / 3_600_000} h`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

function words(names: readonly string[] | string): string {
  return typeof names === "string" ? "names in the file's metadata" : names.join(", ");
}

function dayRange(days: readonly Day[]): string {
  return days.length === 0 ? "none" : `${days.length} (${Math.min(...days)} to ${Math.max(...days)})`;
}

/** The data card of an import, in Markdown. */
import { importExpectations, type ImportQuality } from "./interactions.js";

/** What the card says. */
export interface ImportFacts {
  readonly layout: string;
  readonly users: number;
  readonly videos: number;
  readonly days: number;
  /** Of the first and the last interaction, ISO 8601 in UTC; null without times. */
  readonly firstTime: string | null;
  readonly lastTime: string | null;
  readonly propensities: boolean;
  readonly said: readonly string[];
}

/** The card: what it is, its size, what was assumed, which rows were set aside and why. */
export function importCard(facts: ImportFacts, quality: ImportQuality, kept: number): string {
  return (
    [
      `# Imported data (${facts.layout})`,
      "Interactions of real or foreign origin: their licence is that of their source. " +
        (facts.propensities
          ? "Propensities are those of the file."
          : "Propensities are not known (1 stands in the log), so off-policy estimates on them mean nothing."),
      `| users | items | days with rows | rows | kept |\n| --- | --- | --- | --- | --- |\n| ${facts.users} | ` +
        `${facts.videos} | ${facts.days} | ${quality.rows} | ${kept} |`,
      facts.firstTime === null ? "No times." : `From ${facts.firstTime} to ${facts.lastTime}.`,
      "## Recognised and assumed",
      facts.said.map((sentence) => `- ${sentence}`).join("\n"),
      "## Quality",
      "Rows that fail an expectation are in `quarantine.parquet`, whole, with its name.",
      `| expectation | meaning | rows that failed |\n| --- | --- | --- ` +
        `|\n${importExpectations.map(({ name, description }) => `| ${name} | ${description} | ${quality.failed[name] ?? 0} |`).join("\n")}`,
    ].join("\n\n") + "\n"
  );
}

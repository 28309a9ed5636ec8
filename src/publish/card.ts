/** The dataset card: README.md with the front matter that dataset hubs read. */
import type { DatasetFacts } from "./croissant.js";
import { describeColumn } from "./croissant.js";
import type { PublishedTable } from "./tables.js";

/** Sizes and origin stated in the card. */
export interface CardSizes {
  readonly impressions: number;
  readonly clicks: number;
  readonly users: number;
  readonly videos: number;
  readonly days: number;
  readonly bytes: number;
  readonly seed: number;
  readonly scale: string;
  readonly code: string; // hash of the code that made the log
  readonly command: string; // makes the dataset again
  readonly truth: boolean;
}

const hubSizes = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;
const hubNames = [
  "n<1K",
  "1K<n<10K",
  "10K<n<100K",
  "100K<n<1M",
  "1M<n<10M",
  "10M<n<100M",
  "100M<n<1B",
  "n>1B",
] as const;

/** The card's text. Equal facts, equal bytes. */
export function datasetCardText(facts: DatasetFacts, tables: readonly PublishedTable[], sizes: CardSizes): string {
  const size = hubNames[hubSizes.filter((bound) => sizes.impressions >= bound).length] as string;
  const many = (n: number): string => n.toLocaleString("en-US");
  const named = Object.entries(facts.splits).filter(([, days]) => days.length > 0);
  return `---
pretty_name: ${JSON.stringify(facts.name)}
license: ${facts.licence.name.toLowerCase()}
language: [en]
tags: [${facts.keywords.map((word) => JSON.stringify(word)).join(", ")}]
size_categories: [${JSON.stringify(size)}]
configs:
- config_name: impressions
  default: true
  data_files:
${named
  .map(
    ([name, days]) =>
      `  - split: ${name}\n    path: ` +
      `[${days.map((day) => JSON.stringify(`data/day=${String(day).padStart(3, "0")}/*.parquet`)).join(", ")}]`,
  )
  .join("\n")}
${tables
  .filter(({ path }) => !path.includes("*"))
  .map(({ name, path }) => `- config_name: ${name}\n  data_files: ${JSON.stringify(path)}`)
  .join("\n")}
---

# ${facts.name}

${facts.description}

| | |
|---|---|
| impressions | ${many(sizes.impressions)} on ${sizes.days} days |
| clicks | ${many(sizes.clicks)} (${((100 * sizes.clicks) / Math.max(1, sizes.impressions)).toFixed(1)} %) |
| users, videos | ${many(sizes.users)}, ${many(sizes.videos)} (those who come later included) |
| size | ${many(Math.round(sizes.bytes / 1e3))} kB of Parquet (zstd) |
| scale, seed | ${sizes.scale}, ${sizes.seed} |
| made by | Stagecraft ${facts.version}, code ${sizes.code} |

## How it was made

A simulated world of users and videos is asked for pages by a logging policy: a mixture of popularity by segment,
topic affinity and uniformly random
pages, with Plackett–Luce exploration as the last step. \`propensity\` is the exact conditional probability of each
position under the whole mixture, \`component\` the
part that drew the page: \`component = 'uniform'\` is the randomised slice. \`config.json\` holds every constant of
the world and the policy. Nobody's data are in it. The same
bytes come from

    ${sizes.command}

## Files

${tables.map(({ name, path, description }) => `- \`${path}\`: **${name}**. ${description}`).join("\n")}
- \`columns.json\`: the dictionary below for programs. \`croissant.json\`: the same in Croissant 1.1.
  \`catalogue.json\`: topic names and the videos live on each day.
- \`SHA256SUMS\`: \`sha256sum -c SHA256SUMS\` checks every file.

## Splits

By time, never by row:
${named.map(([name, days]) => `${name} days ${Math.min(...days)}–${Math.max(...days)}`).join(", ")}.
Earlier days are history for features.

## Columns

${tables
  .map(
    ({ name, columns }) =>
      `### ${name}\n\n| column | type | meaning |\n|---|---|---|\n` +
      columns.map((of) => `| \`${of.name}\` | ${of.type} | ${describeColumn(of).replaceAll("|", "\\|")} |`).join("\n"),
  )
  .join("\n\n")}

## Truth

${
  sizes.truth
    ? "`truth/` holds what only the world knows, to evaluate estimators and models. Do not train on it."
    : "What the world knows beyond this log (quality, tastes, satisfaction) is left out. Whoever has the code " +
      "can make it again from `config.json`, so this is no secret for a benchmark with prizes."
}

## Known limits

- Behaviour is simulated. Conclusions about methods (which estimator is biased, which model learns what) carry over
  as far as the world's assumptions do; levels (CTR, minutes) do not describe any real platform.
- Users meet only pages of the logging policy; what they would have done on others is not in the log, except through propensities.
- Examination and satisfaction are not observed, as on a real platform.
- A propensity is that of a position given the positions before it; that of a page is their product.

## Licence

${facts.licence.name} (${facts.licence.url}).
`;
}

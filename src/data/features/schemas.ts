/** The columns models read, derived from the feature definitions: the ranker's rows and the two sides of a two-tower model. */
import type { Catalogue, FeatureSchema } from "../../types.js";
import { features, spreadOverTopics, type FeatureDefinition } from "./features.js";

/** Columns of the ranker's rows: every feature. */
export function rankSchema(catalogue: Catalogue): FeatureSchema {
  return schemaOf(catalogue, features);
}

/** Columns of the query tower: user, context, and the user's taste in each topic (`user_topic_watch_share[music]`). */
export function querySchema(catalogue: Catalogue): FeatureSchema {
  const { categories, numbers } = schemaOf(
    catalogue,
    features.filter((feature) => feature.tower === "query"),
  );
  const spread = spreadOverTopics.flatMap((name) =>
    catalogue.topicNames.map((topic) => ({ name: `${name}[${topic}]` })),
  );
  return { categories, numbers: [...numbers, ...spread] };
}

/**
 * Columns of the candidate tower: metadata, and the counts of the video and its creator as of midnight. Counts change, so vectors are
 * recomputed each midnight; how much recall they add to metadata alone has not been measured.
 */
export function candidateSchema(catalogue: Catalogue): FeatureSchema {
  return schemaOf(
    catalogue,
    features.filter((feature) => feature.tower === "candidate"),
  );
}

function schemaOf(catalogue: Catalogue, list: readonly FeatureDefinition[]): FeatureSchema {
  return {
    categories: list
      .filter((feature) => feature.kind === "category")
      .map(({ name, cardinality }) => ({ name, cardinality: cardinality?.(catalogue) ?? 0 })),
    numbers: list.filter((feature) => feature.kind === "number").map(({ name }) => ({ name })),
  };
}

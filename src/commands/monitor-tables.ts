/** What `stagecraft monitor` found, as tables, and what of them a terminal shows. */
import { table, type Table } from "../lab/index.js";
import type { MonitorReport } from "../monitoring/index.js";

/** By the names of their files; those without a row are left out. */
export function tablesOf({ parts, quality, health }: MonitorReport): Readonly<Record<string, Table>> {
  const rows = parts.flatMap(({ drift }, part) =>
    drift.map((row) => ({
      part: part + 1,
      column: row.feature,
      state: row.state,
      psi: row.psi,
      "psi without drift": row.noise,
      "psi as usual": row.usual,
      "psi within strata": row.psiWithin,
      "jensen-shannon": row.jensenShannon,
      ks: row.ks ?? null,
      wasserstein: row.wasserstein ?? null,
      p: row.pValue,
      "p adjusted": row.adjustedP,
      "mean before": row.referenceMean ?? null,
      "mean after": row.currentMean ?? null,
    })),
  );
  const judged = parts.flatMap(({ rows: count, estimated, realised, kept }, part) =>
    estimated || realised
      ? [
          {
            part: part + 1,
            rows: count,
            "auc estimated": estimated?.auc ?? null,
            "auc realised": realised?.auc ?? null,
            "accuracy estimated": estimated?.accuracy ?? null,
            "accuracy realised": realised?.accuracy ?? null,
            promised: kept?.current.promised ?? null,
            kept: kept?.current.kept ?? null,
            "p of kept": kept?.pValue ?? null,
          },
        ]
      : [],
  );
  return {
    drift: table(rows, { name: "drift", caption: "Drift by column, largest PSI first" }),
    ...(health.length > 0 && { health: table(health, { name: "health", caption: "Daily metrics and what is usual" }) }),
    ...(quality.length > 0 && { quality: table(quality, { name: "quality", caption: "Data quality" }) }),
    ...(judged.length > 0 && {
      performance: table(judged, {
        name: "performance",
        caption: "Performance, estimated without labels and realised",
      }),
    }),
  };
}

/** A terminal shows what is not quiet, of many columns. */
export function briefly(one: Table): Table {
  if (one.records.length <= 20) return one;
  if (one.name === "health") {
    const alerts = one.records.filter(({ alert }) => alert !== "");
    const caption = `${one.caption}: ${alerts.length} alerts of ${one.records.length} days; all are in the files`;
    return table(alerts.length > 0 ? alerts.slice(0, 40) : [{ days: "all usual" }], { caption });
  }
  const rows = one.records.filter(({ state }) => state !== "quiet").slice(0, 40);
  const kept = ["part", "column", "state", "psi", "psi without drift", "jensen-shannon", "p adjusted"];
  const caption = `${one.caption}: ${rows.length} rows of ${one.records.length}, the rest is quiet or in the files`;
  return rows.length > 0 ? table(rows, { caption, columns: kept }) : table([{ columns: "all quiet" }], { caption });
}

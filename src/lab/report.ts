/** One self-contained report.html: opens from the disk without a network, on a phone, in dark mode, on paper. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { jsonText, writeFileAtomic } from "../artifacts/index.js";
import { titleOf, type Figure } from "./figure.js";
import { figureJson, plotlyScript } from "./plotly.js";
import { reportScript, reportStyle } from "./report-page.js";
import { tableHtml, type Table } from "./table.js";
import { escapeHtml } from "./text.js";

/** A figure of a report. `name` is its PNG's and its anchor's. */
export interface ReportFigure {
  readonly figure: Figure;
  readonly caption: string;
  readonly name: string;
}

/** A section with a heading. Prose is plain text, one string per paragraph, with `code` and [links](to/files/beside.html). */
export interface ReportSection {
  readonly id: string;
  readonly heading: string;
  readonly prose: readonly string[];
  readonly tables?: readonly Table[];
  readonly figures?: readonly ReportFigure[];
}

/** A report. */
export interface Report {
  readonly title: string;
  readonly lede: string; // the result in two or three sentences
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly sections: readonly ReportSection[];
  /** The page loads itself again after so many seconds; absent: never. */
  readonly refreshSeconds?: number;
  /** Also written as metrics.json, NaN as null. */
  readonly metrics?: Readonly<Record<string, unknown>>;
}

/** Writes report.html, and metrics.json if there are metrics. Returns the files written. Throws on repeated ids or figure names. */
export async function writeReport(dir: string, report: Report): Promise<readonly string[]> {
  const html = reportHtml(report);
  await mkdir(dir, { recursive: true });
  const files = [join(dir, "report.html")];
  await writeFileAtomic(files[0]!, html);
  if (report.metrics !== undefined) {
    files.push(join(dir, "metrics.json"));
    await writeFileAtomic(files[1]!, jsonText(report.metrics));
  }
  return files;
}

/** All figures of a report with their names: what `writePngs` takes. */
export function reportFigures(report: Report): readonly ReportFigure[] {
  return report.sections.flatMap((section) => section.figures ?? []);
}

/** The page. All text is escaped; the only scripts are Plotly, the figures' JSON and the few lines that draw them. */
export function reportHtml(report: Report): string {
  checkNames([...report.sections.map((section) => section.id), ...reportFigures(report).map((figure) => figure.name)]);
  const facts = report.facts
    .map(([label, value]) => `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd></div>`)
    .join("\n");
  const contents = report.sections
    .map(({ id, heading }) => `<li><a href="#${id}">${escapeHtml(heading)}</a></li>`)
    .join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">${
    report.refreshSeconds
      ? `
<meta http-equiv="refresh" content="${report.refreshSeconds}">`
      : ""
  }
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline';
  style-src 'unsafe-inline'; img-src data: blob:; font-src data:">
<title>${escapeHtml(report.title)}</title>
<link rel="icon" href="data:,">
<style>${reportStyle}</style>
</head>
<body>
<main>
<header>
<h1>${escapeHtml(report.title)}</h1>
<p class="lede">${prose(report.lede)}</p>
<dl class="facts">
${facts}
</dl>
</header>
<nav aria-label="Contents"><h2>Contents</h2><ol>
${contents}
</ol></nav>
${report.sections.map(sectionHtml).join("\n")}
</main>
<script>${plotlyScript()}</script>
<script>${reportScript}</script>
</body>
</html>
`;
}

function sectionHtml({ id, heading, prose: paragraphs, tables = [], figures = [] }: ReportSection): string {
  return `<section id="${id}">
<h2>${escapeHtml(heading)}</h2>
${paragraphs.map((paragraph) => `<p>${prose(paragraph)}</p>`).join("\n")}
${tables.map(tableHtml).join("\n")}
${figures.map(figureHtml).join("\n")}
</section>`;
}

/** The title is in HTML, where it wraps on a phone, and is removed from the drawing. */
function figureHtml({ figure, caption, name }: ReportFigure): string {
  const title = titleOf(figure);
  const { title: _, ...layout } = figure.layout;
  const height = typeof layout["height"] === "number" ? layout["height"] : 420;
  const margin = (layout["margin"] ?? {}) as { readonly t?: number };
  const meta = (layout["meta"] ?? {}) as { readonly above?: number; readonly subtitle?: string };
  const top = 18 + (meta.above ?? 0);
  const drawn: Figure = {
    ...figure,
    layout: { ...layout, height: height - (margin.t ?? top) + top, margin: { ...margin, t: top } },
  };
  return `<figure id="${name}" aria-labelledby="${name}-title">
<h3 id="${name}-title">${escapeHtml(title)}</h3>${meta.subtitle ? `\n<p class="subtitle">${escapeHtml(meta.subtitle)}</p>` : ""}
<div class="scroll">
<div class="drawing${layout["xaxis2"] === undefined ? "" : " panels"}" role="img" aria-label="${escapeHtml(`${title}. ${caption}`)}"
  style="height:${drawn.layout["height"] as number}px"></div></div>
<script type="application/json">${figureJson(drawn)}</script>
<figcaption>${prose(caption)}</figcaption>
</figure>`;
}

function prose(text: string): string {
  return escapeHtml(text)
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/\[([^\]]+)\]\(((?:[\w.-]+\/)*[\w-][\w.-]*\.html)\)/g, '<a href="$2">$1</a>');
}

function checkNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (!/^[A-Za-z][\w-]*$/.test(name))
      throw new RangeError(
        `id or name is ${JSON.stringify(name)}; allowed: a letter, then letters, digits, dashes, underscores`,
      );
    if (seen.has(name))
      throw new RangeError(`id or name is used twice: ${name}; section ids and figure names must differ`);
    seen.add(name);
  }
}

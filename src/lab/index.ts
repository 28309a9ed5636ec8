/** lab: the tools of notebooks and terminals: parameters, progress, showing, runs, reports, figures. */
export { params, paramDefaults, scaleNotes } from "./params.js";
export type { ParamRule, Params } from "./params.js";
export { progress, progressMode, progressModes } from "./progress.js";
export type { Progress, ProgressMode, ProgressOptions } from "./progress.js";
export { abortable, InterruptedError, interruptedExitCode } from "./interrupt.js";
export { figureBundle, show } from "./show.js";
export type { Showable, ShowOptions } from "./show.js";
export { isInterval, table, tableHtml, tableText } from "./table.js";
export type { TableColumn, Format, Table, TableOptions } from "./table.js";
export { frame, isFrame } from "./frame.js";
export type { Frame } from "./frame.js";
export { check, exercise, finding, sideOf } from "./check.js";
export type { Found, Side } from "./check.js";
export { answers, record, recordType } from "./closing.js";
export { liveCurve } from "./live-curve.js";
export type { LiveCurve, LiveCurveOptions } from "./live-curve.js";
export { watchTraining } from "./training-watch.js";
export { display, displayId, inNotebook } from "./display.js";
export type { MimeBundle } from "./display.js";
export { listRuns, readRun, type RunRecord } from "./run-records.js";
export { abandonRun, finishRun, latestRun, openRun, withRun } from "./runs.js";
export type { FinishedRun, Run, RunOptions, StepTiming } from "./runs.js";
export { reportFigures, reportHtml, writeReport } from "./report.js";
export type { Report, ReportFigure, ReportSection } from "./report.js";
export { openBrowser, writePngs } from "./png.js";
export type { NamedFigure, PngOptions, PngResult } from "./png.js";
export { findChromium } from "./chromium.js";
export { plotlyScript } from "./plotly.js";
export { isFigure, plainFigure, titleOf } from "./figure.js";
export type { Figure, Trace } from "./figure.js";
export {
  escapeHtml,
  formatBytes,
  formatInterval,
  formatNumber,
  formatPercent,
  formatSeconds,
  printable,
} from "./text.js";
export * as figures from "./figures/index.js";

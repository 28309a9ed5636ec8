/**
 * The harness of all benches. Contenders (ours and peers) take turns, A B C A B C …, so that a machine that drifts does so under
 * all of them, and a ratio is of two neighbours in the same turn. An absolute time means little; a ratio in one run means something.
 *
 * @typedef {{ name: string, peer?: boolean, unit: string, includes: string, run: () => Promise<Sample> | Sample, close?: () => void |
 * Promise<void> }} Contender
 *   `run` does the work once and times what its name says, nothing else.
 * @typedef {{ work: number, seconds: number, cpuSeconds?: number, p50Ms?: number, p99Ms?: number }} Sample  work in `unit`s; CPU seconds
 * of the whole process,
 *   which other programs disturb less; p50 and p99 of one unit, where it is timed alone
 * @typedef {{ median: number, min: number, max: number, q1: number, q3: number, n: number }} Spread
 * @typedef {{ name: string, peer: boolean, unit: string, includes: string, work: number, rate: Spread, cpuRate?: Spread, p50Ms?: Spread,
 * p99Ms?: Spread, samples: Sample[] }} Measured
 * @typedef {{ of: string, to: string, what: "rate" | "cpu" | "p50" | "p99", ratio: Spread }} Ratio  above 1: `of` is faster
 */

/** Quantile q of numbers by linear interpolation between order statistics (Hyndman and Fan, 1996, type 7). */
export function quantile(values, q) {
  if (values.length === 0) throw new RangeError("no values: a quantile needs at least 1");
  const bad = values.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw new RangeError(`value is ${bad}; allowed: finite numbers`);
  if (!(q >= 0 && q <= 1)) throw new RangeError(`q is ${q}; allowed: 0 to 1`);
  const sorted = Float64Array.from(values).sort();
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const above = sorted[Math.min(low + 1, sorted.length - 1)];
  return sorted[low] + (at - low) * (above - sorted[low]);
}

/** Median and spread of repetitions. @returns {Spread} */
export function spread(values) {
  return {
    median: quantile(values, 0.5),
    min: quantile(values, 0),
    max: quantile(values, 1),
    q1: quantile(values, 0.25),
    q3: quantile(values, 0.75),
    n: values.length,
  };
}

/**
 * Runs every contender `warmUps` times unmeasured, then `repetitions` turns of all of them in order.
 * @param {Contender[]} contenders
 * @param {{ repetitions: number, warmUps?: number, signal?: AbortSignal, onProgress?: (done: number, total: number, name: string) => void
 * }} options
 * @returns {Promise<Measured[]>} in the order of contenders
 */
export async function takeTurns(contenders, { repetitions, warmUps = 1, signal, onProgress }) {
  if (!Number.isInteger(repetitions) || repetitions < 1)
    throw new RangeError(`repetitions is ${repetitions}; allowed: a whole number, 1 or more`);
  const names = contenders.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new RangeError(`two contenders are called ${twice}; allowed: each name once`);
  const samples = contenders.map(() => /** @type {Sample[]} */ ([]));
  const total = contenders.length * (warmUps + repetitions);
  let done = 0;
  for (let turn = -warmUps; turn < repetitions; turn++) {
    for (const [c, contender] of contenders.entries()) {
      signal?.throwIfAborted();
      onProgress?.(done, total, contender.name);
      const sample = await contender.run();
      if (!(sample.work > 0) || !(sample.seconds > 0))
        throw new Error(
          `${contender.name}: ${sample.work} ${contender.unit} in ${sample.seconds} s; a bench must do some work`,
        );
      if (turn >= 0) samples[c].push(sample);
      done++;
    }
  }
  onProgress?.(total, total, "done");
  return contenders.map((contender, c) => summarise(contender, samples[c]));
}

/** Median and spread of one contender's samples. @returns {Measured} */
export function summarise({ name, peer = false, unit, includes }, samples) {
  const timed = samples.every((sample) => sample.p50Ms !== undefined && sample.p99Ms !== undefined);
  const counted = samples.every((sample) => sample.cpuSeconds > 0);
  return {
    name,
    peer,
    unit,
    includes,
    work: samples.at(-1).work,
    rate: spread(samples.map(({ work, seconds }) => work / seconds)),
    ...(counted ? { cpuRate: spread(samples.map(({ work, cpuSeconds }) => work / cpuSeconds)) } : {}),
    ...(timed
      ? { p50Ms: spread(samples.map((sample) => sample.p50Ms)), p99Ms: spread(samples.map((sample) => sample.p99Ms)) }
      : {}),
    samples,
  };
}

/**
 * How many times faster `of` is than `to`: the ratio of each turn, then median and spread of those. Rates: of / to; latencies: to / of.
 * @param {Measured} of @param {Measured} to @param {"rate" | "cpu" | "p50" | "p99"} what @returns {Ratio}
 */
export function ratio(of, to, what = "rate") {
  if (of.samples.length !== to.samples.length)
    throw new RangeError(
      `${of.name} has ${of.samples.length} samples and ${to.name} ${to.samples.length}; allowed: as many, taken in turns`,
    );
  const value = {
    rate: (s) => s.work / s.seconds,
    cpu: (s) => s.work / s.cpuSeconds,
    p50: (s) => 1 / s.p50Ms,
    p99: (s) => 1 / s.p99Ms,
  }[what];
  return {
    of: of.name,
    to: to.name,
    what,
    ratio: spread(of.samples.map((sample, i) => value(sample) / value(to.samples[i]))),
  };
}

/** Starts timing; calling what it gives ends it. */
export function stopwatch() {
  const cpu = process.cpuUsage();
  const began = performance.now();
  return () => {
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return { seconds, cpuSeconds: (user + system) / 1e6 };
  };
}

/** p50 and p99 of single times, as part of a sample. */
export function latency(timesMs) {
  return { p50Ms: quantile(timesMs, 0.5), p99Ms: quantile(timesMs, 0.99) };
}

// --- text ---

/** Three significant digits, thousands separated: 1,230,000; 12.3; 0.0123. */
export function short(value) {
  if (!Number.isFinite(value)) return "–";
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
}

/** "12.3 (11–14)": median and range. */
export function range(of) {
  return of.n === 1 ? short(of.median) : `${short(of.median)} (${short(of.min)}–${short(of.max)})`;
}

/** Rows of text in columns, numbers to the right. */
export function columns(rows) {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => String(row[c]).length)));
  return rows
    .map((row) =>
      row
        .map((cell, c) => (c === 0 ? String(cell).padEnd(widths[c]) : String(cell).padStart(widths[c])))
        .join("   ")
        .trimEnd(),
    )
    .map((line) => `  ${line}`);
}

/**
 * What a bench found, as lines to read; one that consists of parts is told part by part.
 * @param {{ title: string, measured: Measured[], ratios: Ratio[], tables?: { title: string, rows: string[][] }[], notes: string[],
 * parts?: object[] }} result
 */
export function describe({ title, measured, ratios, tables = [], notes, parts }) {
  if (parts !== undefined) return parts.flatMap((part, i) => [...(i > 0 ? [""] : []), ...describe(part)]);
  const n = measured[0]?.samples.length ?? 0;
  const timed = measured.some(({ p50Ms }) => p50Ms !== undefined);
  const counted = measured.some(({ cpuRate }) => cpuRate !== undefined);
  const head = [
    "",
    `${measured[0]?.unit ?? "units"}/s`,
    ...(counted ? ["per CPU s"] : []),
    ...(timed ? ["p50 ms", "p99 ms"] : []),
    "work",
  ];
  const body = measured.map((one) => [
    `${one.peer ? "peer: " : ""}${one.name}`,
    range(one.rate),
    ...(counted ? [one.cpuRate ? short(one.cpuRate.median) : "–"] : []),
    ...(timed ? [one.p50Ms ? range(one.p50Ms) : "–", one.p99Ms ? range(one.p99Ms) : "–"] : []),
    `${one.work.toLocaleString("en")} ${one.unit}`,
  ]);
  return [
    `${title}   [median (min–max) of ${n}, contenders in turns]`,
    ...columns([head, ...body]),
    ...ratios.map(
      ({ of, to, what, ratio: r }) =>
        `  ${{ rate: "", cpu: "per CPU second, " }[what] ?? `${what}: `}${of} is ${range(r)} × ${to}`,
    ),
    ...tables.flatMap((table) => [`  ${table.title}`, ...columns(table.rows).map((line) => `  ${line}`)]),
    ...measured.map(({ name, includes }) => `  - ${name}: ${includes}`),
    ...notes.map((note) => `  - ${note}`),
  ];
}

/** The result of a bench of two: ours first, then the peer, which may not be there. */
export function besidePeer({ title, size, measured, notes, peer }) {
  const [ours, other] = measured;
  const ratios = peer.fault ? [] : [ratio(ours, other), ratio(ours, other, "cpu")];
  return { title, size, measured, ratios, notes, versions: peer.versions ?? {} };
}

/**
 * Off-policy estimates on the Open Bandit Dataset (Saito et al., 2021): a fashion shop that showed items at three positions by two
 * policies in the same week, at random and by Thompson sampling, in three campaigns. Each policy's click rate is estimated from the
 * log of the other and held against its own.
 *
 *     <path>/{bts,random}/<campaign>/<campaign>.csv    item_id, position, click, propensity_score: a row is an item at a position
 *     <path>/{bts,random}/<campaign>/item_context.csv  a row is an item
 *
 * The random policy gives every item the same probability. Thompson sampling changed through the week; as a target it is its mean, each
 * item's share of the position in its own log. The rows name no users, so each row is one.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  actionsFromTables,
  crossFit,
  estimateActions,
  meanInterval,
  ridgeLogistic,
  type Estimated,
  type Interval,
} from "../../evaluation/index.js";
import { openDatabase, quotePath, type Database } from "../../log/index.js";
import type { RunControl } from "../../types.js";

/** The two policies, as the folders call them. */
export const openBanditPolicies = ["bts", "random"] as const;
type Policy = (typeof openBanditPolicies)[number];

/** One campaign, one direction: what the log of one policy says of the other. */
export interface OpenBanditEstimates {
  readonly campaign: string;
  readonly log: Policy;
  readonly target: Policy;
  readonly rows: number;
  readonly items: number;
  readonly truth: Interval; // the target's own click rate
  readonly estimates: readonly Estimated[];
}

/** Whether a folder holds the data set. */
export function isOpenBandit(path: string): boolean {
  return openBanditPolicies.every((policy) => existsSync(join(path, policy)));
}

/** All campaigns that both policies have. @throws Error on files that are absent or not of this form; the signal's reason on abort */
export async function openBanditEstimates(
  path: string,
  { seed = 1, replicates = 1000 }: { readonly seed?: number; readonly replicates?: number } = {},
  control: RunControl = {},
): Promise<readonly OpenBanditEstimates[]> {
  const campaigns = readdirSync(join(path, "bts")).filter((name) => existsSync(join(path, "random", name)));
  if (campaigns.length === 0)
    throw new Error(
      `no campaign at ${path}; expected the same folders below bts/ and random/, for example all/all.csv`,
    );
  const found: OpenBanditEstimates[] = [];
  const database = await openDatabase();
  try {
    for (const campaign of campaigns.sort()) {
      const logs = {
        bts: await readLog(database, path, "bts", campaign),
        random: await readLog(database, path, "random", campaign),
      };
      const sizes = openBanditPolicies.map(
        (policy) => `${logs[policy].items} items at ${logs[policy].positions} positions`,
      );
      if (sizes[0] !== sizes[1])
        throw new Error(`campaign ${campaign}: bts has ${sizes[0]}, random ${sizes[1]}; they must be the same`);
      for (const [log, target] of [["bts", "random"] as const, ["random", "bts"] as const]) {
        control.signal?.throwIfAborted();
        control.onProgress?.("estimate", found.length, 2 * campaigns.length, `${campaign}, from ${log}`);
        const { rows, items } = logs[log];
        const truth = meanInterval(logs[target].click, rowNumbers(logs[target].rows), { seed, replicates });
        const rounds = actionsFromTables(tablesOf(logs[log], targetTable(target, logs[target]), seed));
        const estimates = estimateActions(rounds, { bootstrap: { seed, replicates }, rewardRange: [0, 1] });
        found.push({ campaign, log, target, rows, items, truth, estimates: answered(estimates) });
      }
    }
  } finally {
    database.close();
  }
  return found;
}

/** A log that cannot answer gives no number at all: the reward model alone would be one of its own word. */
function answered(estimates: readonly Estimated[]): readonly Estimated[] {
  const refused = estimates.find((one) => "refused" in one);
  return refused === undefined ? estimates : [{ ...refused, estimator: "all" }];
}

interface Log {
  readonly rows: number;
  readonly items: number;
  readonly positions: number;
  readonly item: Int32Array; // [rows]
  readonly position: Int32Array; // [rows] from 0
  readonly click: Uint8Array; // [rows]
  readonly propensity: Float64Array; // [rows]
}

async function readLog(database: Database, path: string, policy: Policy, campaign: string): Promise<Log> {
  const folder = join(path, policy, campaign);
  const csv = (file: string): string => `read_csv(${quotePath(join(folder, file))}, header = true, all_varchar = true)`;
  const { n } = await database.query(`SELECT count(*)::INTEGER AS n FROM ${csv("item_context.csv")}`);
  const read = await database.query(
    `SELECT item_id::INTEGER AS item, position::INTEGER AS position, click::UTINYINT AS click,
            propensity_score::DOUBLE AS propensity FROM ${csv(`${campaign}.csv`)}`,
  );
  const [items, item, position] = [n![0] as number, read["item"] as Int32Array, read["position"] as Int32Array];
  const [click, propensity] = [read["click"] as Uint8Array, read["propensity"] as Float64Array];
  const limits = [
    ["item_id", item, 0, items - 1],
    ["position", position, 1, 100],
    ["click", click, 0, 1],
  ] as const;
  for (const [name, values, low, high] of limits) {
    const row = values.findIndex((value) => !(value >= low && value <= high));
    if (row >= 0)
      throw new Error(
        `${join(folder, campaign)}.csv: ${name} of row ${row + 1} is ${values[row]}; allowed: ${low} to ${high}`,
      );
  }
  return {
    rows: item.length,
    items,
    positions: position.reduce((most, at) => Math.max(most, at), 0),
    item,
    position: position.map((at) => at - 1),
    click,
    propensity,
  };
}

/** The target's probability of each item at each position, [positions, items]. */
function targetTable(policy: Policy, { items, positions, rows, item, position }: Log): Float64Array {
  const table = new Float64Array(positions * items);
  if (policy === "random") return table.fill(1 / items);
  const shown = new Float64Array(positions);
  for (let row = 0; row < rows; row++) shown[position[row]!]!++;
  for (let row = 0; row < rows; row++) table[position[row]! * items + item[row]!]! += 1 / shown[position[row]!]!;
  return table;
}

/** Rounds with a click model that has not seen them: a context is a fold and a position. */
function tablesOf(log: Log, target: Float64Array, seed: number): Parameters<typeof actionsFromTables>[0] {
  const { rows, items, positions, item, position, click, propensity } = log;
  const user = rowNumbers(rows);
  const { fold, models } = crossFit(user, (seen) => clickModel(log, seen), { seed });
  return {
    user,
    reward: click,
    logging: propensity,
    action: item,
    context: position.map((at, row) => fold[row]! * positions + at),
    actions: items,
    target: Float64Array.from(models.flatMap(() => [...target])),
    model: Float64Array.from(models.flatMap((model) => [...model])),
  };
}

/** P(click | position, item), [positions, items]: logistic regression on both, the items with a ridge. Equal rows are counted once. */
function clickModel({ items, positions, item, position, click }: Log, seen: Uint32Array): Float64Array {
  const [columns, cells] = [positions + items, positions * items];
  const weight = new Float64Array(2 * cells); // rows without and with a click, of each cell
  for (const row of seen) weight[2 * (position[row]! * items + item[row]!) + click[row]!]!++;
  const x = new Float64Array(weight.length * columns);
  for (let i = 0; i < weight.length; i++) {
    x[i * columns + Math.floor(i / 2 / items)] = 1;
    x[i * columns + positions + (Math.floor(i / 2) % items)] = 1;
  }
  const ridge = new Float64Array(columns).fill(1).fill(0.01, 0, positions);
  const b = ridgeLogistic({ columns, x, y: weight.map((_, i) => i % 2) }, { ridge, weight });
  return new Float64Array(cells).map(
    (_, i) => 1 / (1 + Math.exp(-b[Math.floor(i / items)]! - b[positions + (i % items)]!)),
  );
}

function rowNumbers(rows: number): Float64Array {
  return new Float64Array(rows).map((_, row) => row);
}

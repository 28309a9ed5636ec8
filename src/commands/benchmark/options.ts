/** What `compare` is told of models, seeds and data, read and checked. */
import type { Setting } from "../../pipeline/setting.js";
import { chooseModels } from "../../studies/benchmark/model.js";
import { wholeData, type DataQuality } from "../../studies/benchmark/rows.js";
import { tradeOffPlan, type TradeOffPlan } from "../../studies/benchmark/study.js";

/** The words of the command line. */
export interface BenchmarkCliOptions {
  readonly seeds?: string; // seeds between commas, or how many from --seed on
  readonly models?: string; // names between commas
  readonly model?: readonly string[]; // files of one's own
  readonly volumes?: string; // shares between commas
  readonly noise?: string; // rates between commas
  readonly online?: boolean;
  readonly offline?: boolean;
}

/** A plan, and built-in models that cannot be had here with the reason. */
export interface PlannedTradeOff {
  readonly plan: TradeOffPlan;
  readonly missing: readonly string[];
  /** Whether it is the table over volume and noise. */
  readonly overData: boolean;
}

/** Whether anything is said that asks for a trade-off. */
export function asksTradeOff({ seeds, models, model, volumes, noise, online, offline }: BenchmarkCliOptions): boolean {
  return [seeds, models, model, volumes, noise, online, offline].some((word) => word !== undefined);
}

const mostSeeds = 100;

/** @throws RangeError naming the word and what is allowed; what `openOwnModel` throws */
export async function planTradeOff(base: Pick<Setting, "seed">, words: BenchmarkCliOptions): Promise<PlannedTradeOff> {
  const overData = words.volumes !== undefined || words.noise !== undefined;
  if (words.online === true && words.offline === true)
    throw new RangeError("--online and --offline are both given; allowed: one of them");
  const names = words.models?.split(",").map((name) => name.trim());
  const paths = words.model ?? [];
  const { models: chosen, missing } = await chooseModels(names, paths);
  const models =
    overData && names === undefined
      ? chosen.filter(({ name, own }) => own !== undefined || overDataModels.includes(name))
      : chosen;
  const plan = tradeOffPlan({
    models,
    seeds: seedsOf(words.seeds, base.seed),
    qualities: qualitiesOf(words),
    online: overData ? words.online === true : words.offline !== true,
  });
  return { plan, missing, overData };
}

/** One simple, one of trees, one deep: the argument over data needs no more where nothing is said. */
const overDataModels = ["logistic-regression", "gbdt", "dcn"];

/** Seeds between commas, or how many from `seed` on; one where nothing is said. @throws RangeError saying what is allowed */
export function seedsOf(text: string | undefined, seed: number): readonly number[] {
  const given = (text ?? String(1)).split(",").map((part) => part.trim());
  if (!given.every((part) => /^\d{1,9}$/.test(part)))
    throw new RangeError(
      `invalid --seeds: ${text}; allowed: seeds between commas, such as 42,43,44, or how many from --seed on`,
    );
  const numbers = given.map(Number);
  if (numbers.length > 1) return numbers;
  const count = numbers[0]!;
  if (count < 1 || count > mostSeeds)
    throw new RangeError(`invalid --seeds: ${count}; one number says how many from --seed on, from 1 to ${mostSeeds}`);
  return Array.from({ length: count }, (_, i) => seed + i);
}

function qualitiesOf({ volumes, noise }: BenchmarkCliOptions): readonly DataQuality[] {
  const numbers = (name: string, text: string | undefined, usual: number): number[] =>
    (text ?? String(usual)).split(",").map((part) => {
      if (!/^(\d+\.?\d*|\.\d+)$/.test(part.trim()))
        throw new RangeError(
          `invalid --${name}: ${text}; allowed: numbers between commas, such as ${name === "noise" ? "0,0.2,0.4" : "0.1,0.3,1"}`,
        );
      return Number(part);
    });
  return numbers("volumes", volumes, wholeData.volume).flatMap((volume) =>
    numbers("noise", noise, wholeData.noise).map((rate) => ({ volume, noise: rate })),
  );
}

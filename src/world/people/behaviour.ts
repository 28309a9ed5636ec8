/**
 * A custom world: any behaviour of the users can be replaced by one function. It is given the value this world would have used and
 * the facts of the moment, and returns the value to use instead. It must be pure (no clock, no Math.random): for random draws of
 * its own it hashes (user, day, page, video) with `uniform`. A behaviour that is not replaced costs nothing.
 *
 * Functions cannot be sent to worker threads. A behaviour for worker threads is in a module and is opened with `loadBehaviour`.
 */

/** The moment a behaviour is asked about. One record is reused: read it, do not keep it. */
export interface BehaviourContext {
  user: number;
  day: number;
  page: number; // visit of the day × 64 + page of the visit; 0 where no page is meant
  timeMs: number; // since midnight
  device: number; // index into devices
  video: number; // -1 where no video is meant
  position: number; // 0-based slot, -1 where no slot is meant
  affinity: number; // how well the video fits the user's tastes, in [0, 1]
  fraction: number; // watched fraction, where something was watched
  satisfaction: number; // the user's, in (-1, 1)
  worth: number; // of the page just finished, in (-1, 1), where leaving is meant
}

/** Replaces one number of the world with another. */
export type Replacement = (given: number, context: Readonly<BehaviourContext>) => number;

/** What may be replaced. All parts are optional. */
export interface Behaviour {
  readonly examine?: Replacement; // P(examined) at the position (weight of a position in the multinomial model; not used by the cascade)
  readonly clickLogit?: Replacement; // logit of a click given examination, in full
  readonly watchMean?: Replacement; // mean watched fraction given a click
  readonly enjoyment?: Replacement; // enjoyment of what was watched, before hides
  readonly like?: Replacement; // probabilities given a click
  readonly share?: Replacement;
  readonly hide?: Replacement;
  readonly follow?: Replacement;
  readonly leave?: Replacement; // P(leaving after the page)
  readonly visit?: Replacement; // P(visiting on the day), of users who have joined and not left
  readonly from?: BehaviourModule; // where worker threads find it; set by `loadBehaviour`
}

/** A behaviour that worker threads can open too. */
export interface BehaviourModule {
  readonly module: string; // file path or file: URL of a module
  readonly export: string; // name of a function (config) => Behaviour
  readonly config?: unknown; // structured-cloneable
}

/** Parts that are probabilities; the others are finite numbers. */
const probabilities = ["examine", "watchMean", "like", "share", "hide", "follow", "leave", "visit"] as const;
const numbers = ["clickLogit", "enjoyment"] as const;
export type BehaviourName = (typeof probabilities)[number] | (typeof numbers)[number];
const names: readonly string[] = [...probabilities, ...numbers];

/**
 * Opens a behaviour from a module.
 * @throws TypeError if the module has no such function, or what it returns is not a behaviour.
 */
export async function loadBehaviour(from: BehaviourModule): Promise<Behaviour> {
  const { pathToFileURL } = await import("node:url"); // only here: without modules of behaviours the world runs in a page
  const url = from.module.startsWith("file:") ? from.module : pathToFileURL(from.module).href;
  const exported = (await import(url)) as Record<
    string,
    ((config: unknown) => Behaviour | Promise<Behaviour>) | undefined
  >;
  const make = exported[from.export];
  if (typeof make !== "function")
    throw new TypeError(
      `behaviour module ${from.module} has no function ${from.export}; known: ${Object.keys(exported).join(", ")}`,
    );
  return checkBehaviour({ ...(await make(from.config)), from });
}

/** Returns the behaviour if its parts are known. */
export function checkBehaviour(behaviour: Behaviour): Behaviour {
  for (const [name, part] of Object.entries(behaviour)) {
    if (name === "from") continue;
    if (!names.includes(name)) throw new TypeError(`unknown behaviour: ${name}; known: ${names.join(", ")}`);
    if (part !== undefined && typeof part !== "function")
      throw new TypeError(`behaviour ${name}: ${typeof part}; allowed: a function (given, context) => number`);
  }
  return behaviour;
}

/** `given`, or the value of the behaviour that replaces it. */
export function answered(
  behaviour: Behaviour,
  name: BehaviourName,
  given: number,
  context: Readonly<BehaviourContext>,
): number {
  const replace = behaviour[name];
  if (!replace) return given;
  const value = replace(given, context);
  const isProbability = (probabilities as readonly string[]).includes(name);
  if (isProbability ? value >= 0 && value <= 1 : Number.isFinite(value)) return value;
  const video = context.video >= 0 ? `, video ${context.video}` : "";
  throw new RangeError(
    `behaviour ${name}: ${String(value)} for user ${context.user}${video} on day ` +
      `${context.day}; allowed: ${isProbability ? "a probability in [0, 1]" : "a finite number"}`,
  );
}

/** A context to be filled. */
export function newBehaviourContext(): BehaviourContext {
  return {
    user: -1,
    day: 0,
    page: 0,
    timeMs: 0,
    device: 0,
    video: -1,
    position: -1,
    affinity: 0,
    fraction: 0,
    satisfaction: 0,
    worth: 0,
  };
}

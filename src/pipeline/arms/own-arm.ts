/** A recommender of one's own as an arm: a file with a policy, or the address of a service. */
import { basename, extname, resolve } from "node:path";
import { findOwnPolicy, type PolicyModule } from "../../serving/index.js";
import type { Arm, BuiltIn } from "./arm.js";

/**
 * The arms that paths and addresses name, each checked: a file is imported, an address is one of http. `play` marks a play of services,
 * since what they answer is no function of the seed (see remote.ts).
 *
 * @throws RangeError for an address that is none, or two arms of one name; what `findOwnPolicy` throws
 */
export async function ownArms(
  named: readonly string[],
  { play, taken }: { readonly play: string; readonly taken: readonly string[] },
): Promise<readonly Arm<BuiltIn<"remote"> | PolicyModule>[]> {
  const arms = named.map((text) => (/^https?:/i.test(text) ? service(text, play) : ofFile(text)));
  const names = [...taken, ...arms.map(({ name }) => name)];
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new RangeError(`two policies are named ${twice}; allowed: a name for each`);
  for (const { policy } of arms) if ("module" in policy) await findOwnPolicy(policy.module);
  return arms;
}

function ofFile(file: string): Arm<PolicyModule> {
  return { name: basename(file, extname(file)), policy: { module: resolve(file) } };
}

function service(text: string, play: string): Arm<BuiltIn<"remote">> {
  if (!URL.canParse(text)) throw new RangeError(`invalid policy: ${text}; allowed: a file, or http://host:port`);
  const { host, href } = new URL(text);
  return { name: host.replace(/\W/g, "-"), policy: { kind: "remote", url: href, play } };
}

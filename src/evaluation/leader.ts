/** Who leads in a metric, and which leads are not decided: the interval of the difference includes 0. */
type Estimate = Readonly<Record<"estimate" | "low" | "high", number>>;

/** A difference, treatment minus control, paired by user. */
export interface PairedLead {
  readonly control: string;
  readonly treatment: string;
  readonly difference: Estimate;
}

/** The policy with the best estimate, and those it is not decided against, best first. */
export interface Leader {
  readonly best: string;
  readonly undecided: readonly string[];
}

/**
 * The leader of at least one policy with a finite estimate (the first of equals). A rival is decided by its paired difference with the
 * leader where there is one, else as if the two were independent, which asks for more where users are shared.
 * @throws RangeError if there is no policy
 */
export function leaderOf(
  values: readonly { readonly policy: string; readonly value: Estimate }[],
  pairs: readonly PairedLead[] = [],
  better: "higher" | "lower" = "higher",
): Leader {
  const sign = better === "higher" ? 1 : -1;
  const ranked = values
    .filter(({ value }) => Number.isFinite(value.estimate))
    .sort((a, b) => sign * (b.value.estimate - a.value.estimate));
  const [best, ...others] = ranked;
  if (best === undefined) throw new RangeError("no policy has a finite estimate");
  const apart = ({ policy, value }: (typeof ranked)[number]): boolean => {
    const pair = pairs.find(
      ({ control, treatment }) =>
        (control === policy && treatment === best.policy) || (control === best.policy && treatment === policy),
    );
    if (pair !== undefined) return pair.difference.low > 0 || pair.difference.high < 0;
    const [ours, theirs] = better === "higher" ? ([best.value.low, value.high] as const) : [best.value.high, value.low];
    const margin = Math.hypot(best.value.estimate - ours, value.estimate - theirs);
    return sign * (best.value.estimate - value.estimate) > margin;
  };
  return { best: best.policy, undecided: others.filter((rival) => !apart(rival)).map(({ policy }) => policy) };
}

/** What was expected of the strategies, written before the first run: where the paired difference to the control lies. */
import type { Hypothesis } from "../ab-audit/hypotheses.js";

const of = (strategy: string, what: string, allowed: Hypothesis["allowed"], sentence: string): Hypothesis => {
  const measure = `${strategy}, ${what}`;
  return { id: measure, measure, allowed, sentence, whole: true };
};

/** All of them; "regret" is the share of the best page's watch time that is lost. */
export const coldHypotheses: readonly Hypothesis[] = [
  of(
    "popular by segment",
    "regret at 0",
    [0, Infinity],
    "On a newcomer's first page, what is popular in the segment loses more than the towers' metadata",
  ),
  of("three topics asked", "regret at 0", [-Infinity, 0], "Asking for three topics makes the first page better"),
  of("three topics asked", "newcomers: return", [0, Infinity], "… and brings newcomers back"),
  of("Thompson sampling", "regret at 0", [0, Infinity], "Thompson sampling costs something on the first page"),
  of("Thompson sampling", "regret at 20", [-Infinity, 0], "… and has paid by the twentieth interaction"),
  of("LinUCB", "regret at 20", [-Infinity, 0], "So has LinUCB"),
  of("ε-greedy", "newcomers: minutes", [-Infinity, 0], "ε-greedy costs newcomers' minutes"),
  of("no id dropout", "newcomers: regret", [0, Infinity], "Models that never met an unknown id serve newcomers worse"),
  of("no fresh places", "uploads: found", [-Infinity, 0], "Without places for fresh videos fewer uploads are found"),
  of("exploration slot", "uploads: found", [0, Infinity], "A slot for uploads finds more of them"),
  of("exploration slot", "established: minutes", [-Infinity, 0], "… and established users pay for it"),
  of("budgeted boost", "uploads: found", [0, Infinity], "A boost finds more uploads"),
  of(
    "creator prior",
    "uploads: regret at 0",
    [-Infinity, 0],
    "The creator's record picks better among uploads without an impression",
  ),
  of("thumbnail embedding", "uploads: regret at 0", [-Infinity, 0], "So does the thumbnail"),
  of(
    "three topics asked",
    "established: minutes",
    [-0.01, 0.01],
    "What is done for newcomers leaves established users as they are, to 1 %",
  ),
];

/** `stagecraft ab`: plan an experiment, judge one from a table of users of your own, and audit the method on worlds. */
import { Option } from "commander";
import { abAudit } from "./ab-audit.js";
import { planned, type PlanTyped } from "./ab-plan.js";
import { asked, scored, type ScoreTyped } from "./ab-score.js";
import { addOptions, collect, jsonOption, orUsageError } from "./options.js";
import type { Verb } from "./verb.js";

export const ab: Verb = (program, answer) => {
  const command = program
    .command("ab")
    .description("A/B tests: plan one, judge one from a table of users, or audit the method itself");
  const plan = command
    .command("plan")
    .description("users and days that an experiment needs, and the lift that so many users find");
  addOptions(plan, [
    new Option("--mean <number>", "mean of the metric per user, from past data").makeOptionMandatory(),
    new Option("--deviation <number>", "its standard deviation between users").makeOptionMandatory(),
    new Option("--lift <percent>", "lift to be found, in per cent of the mean"),
    new Option("--users <number>", "users of all arms together"),
    new Option("--daily <number>", "users who come into the experiment per day"),
    new Option("--share <number>", "share of the treatment").default("0.5"),
    new Option("--power <number>", "chance of finding it").default("0.8"),
    new Option("--alpha <number>", "chance of a false find, two-sided").default("0.05"),
    jsonOption(),
  ]);
  plan.action(async (typed: PlanTyped & { readonly json?: boolean }) => {
    const read = orUsageError(() => planned(typed));
    await answer("ab", typed, () => Promise.resolve(read));
  });
  const score = command
    .command("score")
    .argument("<file>", "one row per user (or per user and day, with --date): .csv, .tsv (also .gz) or .parquet")
    .description(
      "judges an experiment: decision, effects with intervals, guardrails, sample ratio; a scorecard as HTML and JSON",
    );
  addOptions(score, [
    new Option("--metric <name[=column[/column]]>", "a metric: its column, or a ratio of two; the first decides")
      .argParser(collect)
      .makeOptionMandatory(),
    new Option("--unit <column>", "column of users").default("user"),
    new Option("--arm <column>", "column of arms").default("arm"),
    new Option("--control <name>", "the control's name in that column").default("control"),
    new Option("--lower <name>", "a metric that should go down").argParser(collect),
    new Option("--guardrail <name=percent>", "a metric that may get worse by so many per cent at most").argParser(
      collect,
    ),
    new Option("--covariate <name=column>", "what was known of the user before, for CUPED").argParser(collect),
    new Option(
      "--segment <column[@column]>",
      "effects by segment, known before exposure; @: column of its date",
    ).argParser(collect),
    new Option("--exposed <column>", "date on which the user came into the experiment: the split by day, looks by day"),
    new Option("--date <column>", "rows are users by day: the effect by days since exposure too"),
    new Option("--pre-period", "rows before a user's exposure are covariates for CUPED, not a fault"),
    new Option("--shares <numbers>", "planned shares of control and treatment, for example 50,50 (default: equal)"),
    new Option("--winsorise <number>", "quantile above which a user's value is cut, for example 0.99"),
    new Option("--level <number>", "of intervals").default("0.95"),
    new Option("--tuned-for <number>", "always-valid intervals, for looking every day: narrowest at so many users"),
    new Option("--no-header", "no line names the columns; they are called 1, 2, …"),
    new Option("--separator <text>", "what is between two fields of the file (default: recognised)"),
    new Option("--encoding <name>", "of the file (default: utf-8)"),
    jsonOption(),
  ]);
  score.action(async (file: string, typed: ScoreTyped & { readonly json?: boolean }) => {
    const read = orUsageError(() => asked(typed));
    await answer("ab", typed, () => scored(file, read));
  });
  abAudit(command, (_, typed, run) => answer("ab", typed, run));
};

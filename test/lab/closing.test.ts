import { afterEach, expect, it, vi } from "vitest";
import { answers, record } from "../../src/lab/closing.js";

afterEach(() => void vi.restoreAllMocks());

it("numbers the answers", () => {
  const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
  answers("Yes.", "No.");
  expect(said).toHaveBeenCalledWith("1. Yes.\n2. No.");
});

it("shows each number of a record under its path, lists of values as one", () => {
  const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
  record({
    notebook: "00",
    auc: 0.61234,
    recall: { all: 0.5, none: undefined },
    won: [0.1, 0.05, 0.15],
    curves: [{ y: [1, 2] }],
  });
  const lines = String(said.mock.calls[0]![0])
    .split("\n")
    .slice(2)
    .map((line) => line.trim().replace(/\s{2,}/g, " | "));
  expect(lines).toEqual([
    "notebook | 00",
    "auc | 0.612",
    "recall · all | 0.500",
    "recall · none | undefined",
    "won | 0.100, 0.0500, 0.150",
    "curves · 0 · y | 1, 2",
  ]);
});

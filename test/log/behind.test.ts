import { describe, expect, it } from "vitest";
import { workBehind } from "../../src/log/behind.js";

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("work behind", () => {
  it("runs jobs in order, one at a time, without holding up who begins the first", async () => {
    const heard: string[] = [];
    const behind = workBehind();
    const job = (name: string) => async (): Promise<void> => {
      heard.push(`${name} begins`);
      await pause(5);
      heard.push(`${name} ends`);
    };
    await behind.begin(job("a"));
    heard.push("went on");
    await behind.begin(job("b"));
    await behind.end();
    expect(heard).toEqual(["a begins", "went on", "a ends", "b begins", "b ends"]);
  });

  it("tells a job's failure to who begins the next, which is not begun, and to who ends", async () => {
    const behind = workBehind();
    let begun = false;
    await behind.begin(() => Promise.reject(new Error("no bread")));
    await pause(1); // no unhandled rejection in between
    await expect(behind.begin(async () => void (begun = true))).rejects.toThrow("no bread");
    await expect(behind.end()).rejects.toThrow("no bread");
    expect(begun).toBe(false);
    await behind.settle();
  });
});

import { defineConfig } from "vitest/config";

const slow = process.env.STAGECRAFT_SLOW === "1"; // the slow tier: *.slow.test.ts

export default defineConfig({
  resolve: { alias: { stagecraft: new URL("./dist/index.js", import.meta.url).pathname } }, // the built package by its own name
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/fixtures/**", ...(slow ? [] : ["test/**/*.slow.test.ts"])],
    pool: "forks", // native addons do not all live in worker threads
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 180_000,
    env: { TF_CPP_MIN_LOG_LEVEL: "2" },
  },
});

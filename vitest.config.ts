import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const slow = process.env.STAGECRAFT_SLOW === "1"; // the nightly tier: *.slow.test.ts

/** Files that change what all share (the environment, the backend, signals, a module): each in a process of its own. */
const apart = [
  "test/kernel/**/*.test.ts",
  "test/lab/{check,display,interrupt,progress}.test.ts",
  "test/models/network/{portable,tensor}.test.ts",
  "test/models/retrievers/sasrec.test.ts", // mocks a module, which others of its process may have loaded before
];

export default defineConfig({
  resolve: { alias: { stagecraft: fileURLToPath(new URL("./dist/index.js", import.meta.url)) } }, // the built package by its own name
  test: {
    pool: "forks", // native addons do not all live in worker threads
    maxWorkers: 2,
    globalSetup: "test/support/shared-folder.ts",
    testTimeout: 60_000,
    hookTimeout: 180_000,
    env: { TF_CPP_MIN_LOG_LEVEL: "2" },
    projects: [
      {
        extends: true, // what is imported once serves all files of a process
        test: {
          name: "shared",
          isolate: false,
          include: ["test/**/*.test.ts"],
          exclude: ["test/fixtures/**", ...apart, ...(slow ? [] : ["test/**/*.slow.test.ts"])],
        },
      },
      { extends: true, test: { name: "apart", include: apart } },
    ],
  },
});

// Lint without type information (types are tsc's), so it stays under a few seconds. Which file may import what is in .dependency-cruiser.cjs.
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

// The world and everything that is repeated from a seed: same seed, same bytes.
const seeded = [
  "src/random.ts",
  "src/platform.ts",
  ...["platform", "world", "log", "data", "models", "evaluation", "serving", "monitoring"].map(
    (room) => `src/${room}/**/*.ts`,
  ),
];

export default defineConfig(
  {
    ignores: [
      "dist/",
      "dist.*/",
      ".build/",
      "node_modules/",
      ".venv/",
      ".stagecraft/",
      "results/",
      "my-notebooks/",
      "datasets/",
      "test/fixtures/",
    ],
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommended],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-var": "error",
      // `batch.campaign?.[i]!`: an absent column where the world promises one is a fault that the next line shows
      "@typescript-eslint/no-non-null-asserted-optional-chain": "off",
      "prefer-const": ["error", { destructuring: "all" }],
      "no-throw-literal": "error",
      "@typescript-eslint/consistent-type-imports": [
        "error",
        { disallowTypeAnnotations: false, fixStyle: "inline-type-imports" },
      ],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrorsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
    },
  },
  {
    files: ["src/**/*.ts"],
    rules: {
      "max-len": ["error", { code: 140 }], // prettier leaves comments and texts as they are
      // the notebooks' TypeScript 5.0 reads our .d.ts: what is inferred by 5.9 (Float32Array<ArrayBuffer>) would silently be `any` there
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-explicit-any": "error",
    },
  },
  {
    files: seeded,
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Use draws by name from random.ts: same seed, same bytes." },
        {
          object: "Date",
          property: "now",
          message: "Simulated time is an argument; to time a computation use performance.now().",
        },
        {
          object: "crypto",
          property: "randomUUID",
          message: "Use draws by name from random.ts: same seed, same bytes.",
        },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: "Simulated time is an argument, not the clock.",
        },
        { selector: "CallExpression[callee.name='Date']", message: "Simulated time is an argument, not the clock." },
      ],
    },
  },
);

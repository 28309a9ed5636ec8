// Imports point one way (ARCHITECTURE.md). For each room: what it may see. Anything else is an error, types included, so that
// neither the system can look at the truth (world/) nor a heavy library slip in by a second door.
const types = ["types", "random"];
const room = {
  random: ["types"],
  types: [],
  brief: [...types],
  world: [...types, "brief"],
  artifacts: [...types],
  log: [...types, "artifacts"],
  data: [...types, "artifacts", "log"],
  models: [...types, "artifacts", "log", "data"],
  serving: [...types, "artifacts", "log", "data", "models"],
  monitoring: [...types, "artifacts", "log", "data", "models", "serving", "evaluation"],
  evaluation: [...types],
  platform: [...types, "artifacts", "brief", "world", "log", "data", "serving", "monitoring", "evaluation"],
  lab: [...types, "artifacts", "evaluation", "log", "data"],
  pipeline: [
    ...types,
    "artifacts",
    "brief",
    "world",
    "log",
    "data",
    "models",
    "serving",
    "monitoring",
    "evaluation",
    "platform",
  ],
  studies: [
    ...types,
    "artifacts",
    "brief",
    "world",
    "log",
    "data",
    "models",
    "serving",
    "monitoring",
    "evaluation",
    "platform",
    "pipeline",
  ],
  cases: [
    ...types,
    "artifacts",
    "brief",
    "world",
    "log",
    "data",
    "models",
    "serving",
    "monitoring",
    "evaluation",
    "platform",
    "lab",
  ],
  publish: [...types, "artifacts", "brief", "world", "log", "data", "evaluation", "platform", "pipeline"],
  commands: [
    ...types,
    "lab",
    "artifacts",
    "brief",
    "world",
    "log",
    "data",
    "models",
    "serving",
    "monitoring",
    "evaluation",
    "platform",
    "pipeline",
    "studies",
    "cases",
    "publish",
  ],
  cli: ["index", "commands"],
};

// A room is a file, a folder, or both: src/platform.ts and src/platform/.
const inRoom = (names) => `^src/(${names.join("|")})(\\.ts$|/)`;

const roomRules = Object.entries(room).map(([name, sees]) => ({
  name: `${name}-sees-only`,
  comment: `src/${name} may import: ${[name, ...sees].join(", ")}.`,
  severity: "error",
  from: { path: inRoom([name]) },
  to: { path: "^src/", pathNot: inRoom([name, ...sees]) },
}));

// A heavy library is imported by one file, which says what the other files may rely on.
const doors = {
  "@tensorflow/": ["src/models/network/tensor(-types)?\\.ts$"],
  usearch: ["src/models/retrievers/ann-index\\.ts$"],
  koffi: ["src/models/rankers/gbdt/library\\.ts$", "src/models/network/graph/graph\\.ts$"], // one door a library that it opens
  "@duckdb/": ["src/log/"],
  "onnxruntime-node": ["src/serving/rank/onnx[^/]*\\.ts$", "src/models/onnx/"],
  "@?fastify": ["src/serving/online/(server|routes)\\.ts$"],
  "prom-client": ["src/serving/online/metrics\\.ts$"],
  lmdb: ["src/serving/online/online-store\\.ts$"],
  ioredis: ["src/serving/online/redis-store\\.ts$"],
  seedrandom: ["src/random\\.ts$"],
  "danfojs-node": ["src/lab/"],
  plotly: ["src/lab/"],
};
const doorRules = Object.entries(doors).map(([library, files]) => ({
  name: `one-door-to-${library.replace(/\W+/g, "")}`,
  comment: `Only ${files.join(", ")} may import ${library}.`,
  severity: "error",
  from: { path: "^src/", pathNot: files.map((file) => `^${file}`) },
  to: { path: `(^|node_modules/)(@types/)?${library}` },
}));

module.exports = {
  forbidden: [
    {
      name: "no-cycle",
      comment: "Nothing imports itself in a circle.",
      severity: "error",
      from: { path: "^src/" },
      to: { circular: true },
    },
    {
      name: "known-room",
      comment: `A file of src/ lies in a room: ${Object.keys(room).join(", ")}, index. A new room needs a line here and in ARCHITECTURE.md.`,
      severity: "error",
      from: { path: "^src/", pathNot: inRoom([...Object.keys(room), "index"]) },
      to: {},
    },
    {
      name: "resolvable",
      comment: "The imported file or package does not exist.",
      severity: "error",
      from: { path: "^src/" },
      to: { couldNotResolve: true },
    },
    {
      name: "no-dev-dependency",
      comment: "src/ may not import what only tests have.",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev"], pathNot: "node_modules/(@types|playwright-core|typescript)/" },
    },
    ...roomRules,
    ...doorRules,
  ],
  options: {
    tsPreCompilationDeps: true, // `import type` counts
    tsConfig: { fileName: "tsconfig.json" },
    exoticRequireStrings: ["require", "nodeRequire", "requireFromHere"],
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};

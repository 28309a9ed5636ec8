/** The files a stage reaches, judged by TypeScript's own program, and what editing them does to an artifact's id. */
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeHash, codeHashBelow } from "../../src/artifacts/hash.js";
import { reachOf, type ReachCache } from "../../src/artifacts/reach.js";

const src = resolve("src");
const sources = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const stages = sources.filter((name) => readFileSync(join(src, name), "utf8").includes("codeHash(import.meta.url"));
const read: ReachCache = new Map();
const reach = (stage: string): string[] => reachOf([join(src, stage)], read).map(({ path }) => relative(src, path));

describe("the files that a stage reaches", () => {
  const program = ts.createProgram(
    sources.map((name) => join(src, name)),
    { noLib: true, types: [] },
    ownModulesOnly(),
  );
  const judge = oracle(program);

  it("finds the stages", () => {
    expect(stages).toEqual(
      expect.arrayContaining(["pipeline/simulate.ts", "pipeline/prepare.ts", "pipeline/arms/played-arm.ts"]),
    );
  });

  it.each(stages)("%s: those that TypeScript's own program resolves", (stage) => {
    expect(reach(stage)).toEqual(judge(join(src, stage)));
  });

  it("a log hangs on the world, the log and its policy, not on models, features or imports", () => {
    const files = reach("pipeline/simulate.ts");
    expect(files).toEqual(
      expect.arrayContaining([
        "world/world.ts",
        "log/append.ts",
        "serving/logging-policy.ts",
        "platform/rounds.ts",
        "platform.ts",
        "random.ts",
      ]),
    );
    expect(files).toEqual(expect.arrayContaining(["platform/crew-worker.ts", "pipeline/logging-arm.ts"])); // what its threads load
    expect(files.filter((name) => /^(models|evaluation|monitoring|studies|lab|commands)\//.test(name))).toEqual([]);
    expect(files.filter((name) => name.startsWith("data/"))).toEqual(["data/tables/tables.ts"]);
    expect(files.filter((name) => name.endsWith("index.ts"))).toEqual([]);
  });

  it("a two-tower does not hang on rankers, nor a ranker on retrievers", () => {
    const inside = (stage: string, room: string): string[] => reach(stage).filter((name) => name.startsWith(room));
    expect(inside("pipeline/train-two-tower.ts", "models/rankers/dcn")).toEqual([]);
    expect(inside("pipeline/train-two-tower.ts", "models/retrievers/ann-index.ts")).toHaveLength(1); // by `await import`
    expect(inside("pipeline/train-ranker.ts", "models/retrievers/two-tower")).toEqual([]);
    expect(inside("pipeline/train-ranker.ts", "data/sql/").length).toBeGreaterThan(20);
  });

  it("costs a stage less than 50 ms", () => {
    const { user, system } = process.cpuUsage();
    for (const stage of stages) codeHash(pathToFileURL(join(src, stage)).href);
    const used = process.cpuUsage();
    expect((used.user + used.system - user - system) / 1000 / stages.length).toBeLessThan(50);
  });
});

describe("editing code", () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "reach-"));
    cpSync(src, root, { recursive: true });
  });
  afterAll(() => rmSync(root, { recursive: true }));
  const cache: ReachCache = new Map();
  const idOf = (stage: string): string => codeHashBelow(root, [join(root, stage)], cache);
  const edited = (file: string, stage: string): string => {
    const before = readFileSync(join(root, file));
    try {
      appendFileSync(join(root, file), file.endsWith(".sql") ? "-- edited\n" : "// edited\n");
      cache.delete(join(root, file));
      return idOf(stage);
    } finally {
      writeFileSync(join(root, file), before);
      cache.delete(join(root, file));
    }
  };

  it("of any file that a stage reaches changes its id", () => {
    for (const stage of ["pipeline/simulate.ts", "pipeline/prepare.ts"]) {
      const id = idOf(stage);
      for (const file of reach(stage)) expect(edited(file, stage), file).not.toBe(id);
      expect(idOf(stage)).toBe(id);
    }
  });

  it("of DCN, of the leak check or of an index file leaves a log's id alone", () => {
    const id = idOf("pipeline/simulate.ts");
    for (const file of [
      "models/rankers/dcn/dcn.ts",
      "models/rankers/dcn/files.ts",
      "data/features/leak.ts",
      "data/index.ts",
      "world/contract/contract.ts",
    ])
      expect(edited(file, "pipeline/simulate.ts"), file).toBe(id);
  });
});

describe("forms of imports", () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "forms-"));
  });
  afterAll(() => rmSync(root, { recursive: true }));
  const reached = (files: Readonly<Record<string, string>>): string[] => {
    rmSync(root, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    return reachOf([join(root, "stage.js")]).map(({ path }) => relative(root, path));
  };
  const leaf = "export const leaf = 1;\n";

  it("re-exports by name, under another name, by star and as a namespace", () => {
    const files = {
      "room/index.js":
        `export { leaf as a } from "./a.js";\nexport { leaf as b } from "./b.js";\nexport * from ` +
        `"./c.js";\nexport * as d from "./d.js";\n`,
      "room/a.js": leaf,
      "room/b.js": leaf,
      "room/c.js": "export function c() {}\n",
      "room/d.js": leaf,
    };
    const of = (stage: string): string[] => reached({ ...files, "stage.js": stage });
    expect(of(`import { a } from "./room/index.js";\n`)).toEqual(["room/a.js", "stage.js"]);
    expect(of(`import {\n  a as x, // one\n  b,\n} from "./room/index.js";\n`)).toEqual([
      "room/a.js",
      "room/b.js",
      "stage.js",
    ]);
    expect(of(`import { c } from "./room/index.js";\n`)).toEqual(["room/c.js", "stage.js"]);
    expect(of(`import { d } from "./room/index.js";\n`)).toEqual(["room/d.js", "stage.js"]);
    expect(of(`import * as room from "./room/index.js";\n`)).toEqual([
      "room/a.js",
      "room/b.js",
      "room/c.js",
      "room/d.js",
      "stage.js",
    ]);
    expect(() => of(`import { e } from "./room/index.js";\n`)).toThrow(
      /stage\.js imports e, which .*index\.js does not export/,
    );
  });

  it("side effects, defaults, awaited imports and files beside; no types, comments or choices", () => {
    const files = {
      "a.js": leaf,
      "b.js": "export default 1;\n",
      "c.js": leaf,
      "d.js": leaf,
      "e.js": leaf,
      "sql/x.sql": "SELECT 1",
      "sql/y.txt": "",
      "stage.js": [
        `import "./a.js";`,
        `import b from "./b.js";`,
        `import type { T } from "./e.js";`,
        `import { type U } from "./e.js";`,
        `// import { leaf } from "./e.js";`,
        `const choices = { e: () => import("./e.js") };`,
        `const { leaf } = await import("./c.js");`,
        `const worker = compiledUrl("d", import.meta.url);`,
        "const sql = new URL(`./sql/${table}.sql`, import.meta.url);",
        "",
      ].join("\n"),
    };
    expect(reached(files)).toEqual(["a.js", "b.js", "c.js", "d.js", "sql/x.sql", "stage.js"]);
  });

  it("a module that does not exist is named, with who imports it", () => {
    expect(() => reached({ "stage.js": `import { x } from "./gone.js";\n` })).toThrow(
      /stage\.js imports \.\/gone\.js, which does not exist/,
    );
  });
});

/** A host to which packages do not exist: symbols of our own files are all that is asked for, and loading the rest takes seconds. */
function ownModulesOnly(): ts.CompilerHost {
  const host = ts.createCompilerHost({});
  host.resolveModuleNameLiterals = (literals, importer) =>
    literals.map(({ text }) => ({
      resolvedModule: text.startsWith(".")
        ? { resolvedFileName: join(dirname(importer), text.replace(/js$/, "ts")), extension: ts.Extension.Ts }
        : undefined,
    }));
  return host;
}

/** Reach by TypeScript's symbols and syntax tree. */
function oracle(program: ts.Program): (entry: string) => string[] {
  const checker = program.getTypeChecker();
  return (entry) => {
    const reached = new Set<string>();
    const takeSymbol = (symbol: ts.Symbol): void => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      if (target.flags & ts.SymbolFlags.ValueModule) return takeAll(target);
      if (target.flags & ts.SymbolFlags.Value)
        for (const node of target.declarations ?? []) takeFile(node.getSourceFile());
    };
    const takeAll = (module: ts.Symbol): void => checker.getExportsOfModule(module).forEach(takeSymbol);
    const takeFile = (file: ts.SourceFile | undefined): void => {
      if (file === undefined || !file.fileName.startsWith(`${src}/`) || reached.has(file.fileName)) return;
      reached.add(file.fileName);
      const visit = (node: ts.Node): void => {
        if (ts.isImportDeclaration(node)) return takeImport(node);
        if (ts.isAwaitExpression(node) && ts.isCallExpression(node.expression)) {
          const {
            expression,
            arguments: [module],
          } = node.expression;
          const symbol = module && checker.getSymbolAtLocation(module);
          if (expression.kind === ts.SyntaxKind.ImportKeyword && symbol) takeAll(symbol);
        }
        if (
          ts.isCallExpression(node) &&
          node.expression.getText() === "compiledUrl" &&
          ts.isStringLiteral(node.arguments[0]!)
        )
          takeFile(program.getSourceFile(join(dirname(file.fileName), `${node.arguments[0].text}.ts`)));
        if (ts.isTemplateExpression(node) && node.head.text === "./sql/") {
          const folder = join(dirname(file.fileName), "sql");
          for (const name of readdirSync(folder)) if (name.endsWith(".sql")) reached.add(join(folder, name));
        }
        ts.forEachChild(node, visit);
      };
      visit(file);
    };
    const takeImport = ({ importClause, moduleSpecifier }: ts.ImportDeclaration): void => {
      const bindings = importClause?.namedBindings;
      const module = checker.getSymbolAtLocation(moduleSpecifier);
      if (importClause === undefined) takeFile(module?.declarations?.[0]?.getSourceFile());
      else if (bindings && ts.isNamespaceImport(bindings) && module && !importClause.isTypeOnly) takeAll(module);
      else if (bindings && ts.isNamedImports(bindings) && !importClause.isTypeOnly)
        for (const { name, isTypeOnly } of bindings.elements)
          if (!isTypeOnly) takeSymbol(checker.getSymbolAtLocation(name)!);
    };
    takeFile(program.getSourceFile(entry));
    return [...reached].map((path) => relative(src, path)).sort();
  };
}

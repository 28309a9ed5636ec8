"use strict";
/**
 * Starts this checkout's tslab kernel:  node --enable-source-maps kernel/launch.cjs {connection_file}
 *
 * It patches the internals of tslab 1.0.22 and so refuses any other version. Over stock tslab it gives:
 *   - the project root as working folder (LAB_NOTEBOOK_DIR keeps the notebook's), strict types, `exports` maps, ES2023;
 *   - a finding's sentence once, also where it ends the cell;
 *   - `{ x }` with x of an earlier cell, `const { x: y } = q` with q of an earlier cell, top-level `await (x)` and top-level `for await`,
 *   which fail in stock tslab;
 *   - Jupyter `error` messages with ename, evalue and traceback; unhandled rejections fail the cell;
 *   - cells allowed to fail do not make the following ones be skipped (stop_on_error is honoured);
 *   - more than 500 prints in one synchronous loop keep all output and do not hang;
 *   - nothing is answered before iopub is bound: on a busy machine the refused status failed the first cell;
 *   - a taken port, or the end of the process that started it, ends the kernel instead of leaving a zombie;
 *   - globalThis.__stagecraftInterrupt__, a Set of functions called when the person interrupts the kernel: an interrupt only
 *     stops waiting for a cell, so long functions take an AbortSignal and the lab aborts it from here.
 * test/kernel/ has a test on the real kernel for each.
 */
const path = require("node:path");
const { format } = require("node:util");
const { createRequire } = require("node:module");

const tslabVersion = "1.0.22";
const root = path.resolve(__dirname, "..");
process.env.TF_CPP_MIN_LOG_LEVEL ??= "2"; // TensorFlow's start-up notes would land in the first cell
process.env.LAB_NOTEBOOK_DIR ??= process.cwd();

// 0. Is this what the patches below were written for?
function refuse(message) {
  process.stderr.write(`stagecraft kernel: ${message}\n`);
  process.exit(1);
}
let found;
try {
  found = require("tslab/package.json").version;
} catch {
  refuse(`tslab is not installed; run npm run setup`);
}
if (found !== tslabVersion)
  refuse(
    `tslab ${found} is installed, but this launcher patches the internals of ${tslabVersion} and of no other; run npm ci`,
  );
process.argv[2] = path.resolve(process.argv[2] ?? ""); // before the working folder changes
try {
  JSON.parse(require("node:fs").readFileSync(process.argv[2], "utf8"));
} catch (error) {
  refuse(`${error.message}; usage: node --enable-source-maps kernel/launch.cjs {connection_file}`); // tslab would wait for ever
}
process.chdir(root);

// 1. Compiler options (tslab ignores tsconfig.json).
const tslabRequire = createRequire(require.resolve("tslab/dist/main.js"));
const tsPath = tslabRequire.resolve("@tslab/typescript-for-tslab");
const ts = tslabRequire(tsPath);
const options = {
  strict: true,
  types: ["node"],
  lib: ["lib.es2022.d.ts", "lib.es2023.d.ts"],
  moduleResolution: ts.ModuleResolutionKind.Bundler, // finds `import "stagecraft"` by package.json's exports
};
const patchedTs = Object.create(null, Object.getOwnPropertyDescriptors({ ...ts }));
patchedTs.createWatchCompilerHost = (files, base, system, _, ...rest) =>
  ts.createWatchCompilerHost(files, { ...base, ...options }, system, programOnly, ...rest);

/**
 * A program without the builder's record of what each of its 1,000 files refers to, which cost a third of every cell: tslab asks it only
 * for what one file depends on.
 */
function programOnly(...args) {
  const builder = ts.createAbstractBuilder(...args);
  builder.getProgram().getTypeChecker(); // tslab reads the symbols of a cell at once: this binds them
  builder.getAllDependencies = (file) => {
    const found = new Set();
    (function visit(name) {
      if (name === undefined || found.has(name)) return;
      found.add(name);
      builder.getSourceFile(name)?.resolvedModules?.forEach((to) => visit(to?.resolvedFileName));
    })(file.fileName);
    return [...found];
  };
  return builder;
}
patchedTs.hasOwnProperty = Object.prototype.hasOwnProperty;
tslabRequire.cache[tsPath].exports = patchedTs;

// 2. Cell source. A cell that ends in `lab.finding(…)`, which prints its sentence and returns it, does not show the sentence again as its
//    value. Four ordinary forms fail at run time in tslab; they are rewritten to equal ones that do not:
//    `{ x }` with x of an earlier cell -> `{ x: x }`; `const { x: y } = q` with q of an earlier cell -> `const { "x": y } = q`; top-level
//    `await (e)` -> `await Promise.resolve((e))`; top-level `for await` -> an `await` before it, so that tslab wraps the cell in an async
//    function.
function rewrite(code) {
  const head = "export {};"; // parse as a module: a top-level await is an await
  const file = ts.createSourceFile("cell.ts", head + code, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS);
  if (file.parseDiagnostics.length > 0) return code;
  const edits = [];
  let prefix = "";
  const call = file.statements.at(-1).expression;
  if (call && ts.isCallExpression(call) && call.expression.name?.text === "finding")
    edits.push([call.getStart(file), "void "]);
  (function visit(node, inFunction) {
    if (ts.isShorthandPropertyAssignment(node)) edits.push([node.name.end, `: ${node.name.text}`]);
    const renamed = ts.isBindingElement(node) && node.propertyName;
    if (renamed && ts.isIdentifier(renamed)) edits.push([renamed.getStart(file), '"'], [renamed.end, '"']);
    if (!inFunction && ts.isAwaitExpression(node)) {
      const at = node.expression.getStart(file);
      if (!/[\w$"']/.test(file.text[at])) edits.push([at, "Promise.resolve("], [node.expression.end, ")"]);
    }
    if (!inFunction && ts.isForOfStatement(node) && node.awaitModifier) prefix = "await null; ";
    ts.forEachChild(node, (child) => visit(child, inFunction || ts.isFunctionLike(node)));
  })(file, false);
  edits.sort((a, b) => b[0] - a[0]);
  let text = file.text;
  for (const [at, insert] of edits) text = text.slice(0, at) + insert + text.slice(at);
  return prefix + text.slice(head.length);
}

// 3. Errors.
const jupyter = require("tslab/dist/jupyter.js");
const main = require("tslab/dist/main.js");
let reported = []; // what tslab's executor printed as errors for the running cell
let asyncErrors = []; // unhandled rejections and uncaught exceptions since the last cell ended

const noise = /\/tslab\/dist\/|kernel\/launch\.cjs|node:vm:|node:internal\/|sigintHandlersWrap/;
const cleanStack = (e) =>
  String((e && e.stack) || format(e))
    .split("\n")
    .filter((line) => !(/^\s+at /.test(line) && noise.test(line)))
    .map((line) =>
      line
        .replaceAll("evalmachine.<anonymous>", "cell(js)")
        .replaceAll(`file://${root}/`, "")
        .replaceAll(`${root}/`, ""),
    );

function toError(items) {
  const thrown = items.find((item) => "error" in item);
  if (!thrown)
    return {
      ename: "TypeScriptError",
      evalue: items[0]?.text ?? "",
      traceback: items.map((item) => `cell:${item.text}`),
    };
  const e = thrown.error;
  const isError = typeof e === "object" && e !== null && "message" in e;
  if (isError && (e.code === "ERR_SCRIPT_EXECUTION_INTERRUPTED" || e.message === "Interrupted asynchronously")) {
    return {
      ename: "Interrupted",
      evalue: "the cell was interrupted",
      traceback: ["Interrupted: the cell was interrupted"],
    };
  }
  const traceback = cleanStack(e);
  if (isError && e.cause) traceback.push("Caused by:", ...cleanStack(e.cause));
  return {
    ename: isError ? String(e.name || "Error") : "Thrown",
    evalue: isError ? String(e.message) : format(e),
    traceback,
  };
}

// 4. Execution. Prints are gathered for 50 ms or 16 kB: one message a print floods the browser.
function coalesce(writeStream) {
  let name = "",
    text = "",
    last = 0,
    timer;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (text) {
      const t = text;
      text = "";
      last = Date.now();
      writeStream(name, t);
    }
  };
  const write = (n, s) => {
    if (n !== name) {
      flush();
      name = n;
    }
    text += s;
    if (text.length > 16384 || Date.now() - last > 100) flush();
    else timer ??= setTimeout(flush, 50);
  };
  return { write, flush };
}

const consoleError = console.error;
const Handler = jupyter.JupyterHandlerImpl.prototype;
const turn = () => new Promise((resolve) => setImmediate(resolve));
Handler.handleExecuteImpl = async function (req, writeStream, writeDisplayData, onStart) {
  const out = coalesce(writeStream);
  process.stdout.write = this.createWriteToIopub("stdout", out.write);
  process.stderr.write = this.createWriteToIopub("stderr", out.write);
  jupyter.lastWriteDisplayData = (data, update) => {
    out.flush();
    writeDisplayData(data, update);
  };
  if (this.execCount === 0) asyncErrors = []; // of the start-up: no code of a person's has run
  onStart(++this.execCount);
  reported = [];
  let ok = await this.executor.execute(rewrite(req.code));
  await turn();
  await turn(); // let rejections surface
  if (asyncErrors.length > 0) {
    ok = false;
    reported.push(...asyncErrors);
    asyncErrors = [];
  }
  out.flush();
  return ok ? null : toError(reported);
};
Handler.handleExecute = function (req, ...callbacks) {
  const run = async () => {
    if (Date.now() < (this.abortUntil ?? 0)) return { status: "aborted" };
    const error = await this.handleExecuteImpl(req, ...callbacks).catch((e) => toError([{ error: e }]));
    if (!error) return { status: "ok", execution_count: this.execCount, payload: [], user_expressions: {} };
    if (req.stop_on_error !== false) this.abortUntil = Date.now() + 200; // drop what "Run All" queued behind it
    return { status: "error", execution_count: this.execCount, ...error };
  };
  return (this.tail = (this.tail ?? Promise.resolve()).then(run));
};
const kernelInfo = Handler.handleKernel;
Handler.handleKernel = function () {
  const info = kernelInfo.call(this);
  Object.assign(info.language_info, { version: ts.version, pygments_lexer: "typescript" });
  return { status: "ok", ...info };
};

// 5. Messages.
const Server = jupyter.ZmqServer.prototype;
const bindSocket = Server.bindSocket;
Server.bindSocket = async function (sock, port) {
  // A request may come as soon as its socket is bound, and its answer begins with a status on iopub: while that one is still
  // being bound, zeromq.js refuses to send, and the refusal would fail the first cell.
  if (sock === this.iopub) this.published = bindOne.call(this, sock, port);
  await this.published;
  if (sock !== this.iopub) await bindOne.call(this, sock, port);
};
function bindOne(sock, port) {
  // zeromq.js stops sending synchronously after 512 sends in one tick and tslab never awaits a send:
  // without this, more than about 500 prints in one synchronous loop lose output and hang the cell.
  if (sock === this.iopub) {
    sock.sendTimeout = 0;
    sock.sendHighWaterMark = 0;
  }
  const { transport, ip } = this.connInfo;
  const bound = transport === "ipc" ? sock.bind(`ipc://${ip}-${port}`) : bindSocket.call(this, sock, port); // tslab knows TCP only
  return bound.catch((e) => refuse(`cannot bind port ${port}: ${e.message}`)); // the client sees it at once and may try again
}
Server.handleExecute = async function (sock, msg) {
  const send = (socket, msg_type, content) => {
    const m = msg.createReply();
    m.header.msg_type = msg_type;
    m.content = content;
    m.signAndSend(this.connInfo.key, socket);
  };
  const content = await this.handler.handleExecute(
    msg.content,
    (name, text) => send(this.iopub, "stream", { name, text }),
    (data, update) => send(this.iopub, update ? "update_display_data" : "display_data", data),
    (execution_count) => send(this.iopub, "execute_input", { code: msg.content.code, execution_count }),
  );
  if (content.status === "error") {
    const { ename, evalue, traceback } = content;
    send(this.iopub, "error", { ename, evalue, traceback });
  }
  send(sock, "execute_reply", content);
};

// 6. Interrupt.
globalThis.__stagecraftInterrupt__ = new Set();
process.on("SIGINT", () => {
  for (const stop of [...globalThis.__stagecraftInterrupt__]) {
    try {
      stop();
    } catch (error) {
      asyncErrors.push({ error });
    }
  }
});

// 7. A runner that is killed outright leaves its kernels behind: end when the parent is gone.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(0);
}, 1000).unref();

// 8. Start. tslab keeps the console.error it finds now and uses it only to report a cell's errors.
console.error = (...a) => reported.push(a[0] === "%s%d:%d - %s" ? { text: format(...a) } : { error: a[0] });
main.startKernel({ configPath: process.argv[2], enableFindLocal: false, jsKernel: false, globalVersion: "" });
console.error = consoleError;
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.removeAllListeners(event);
  process.on(event, (error) => asyncErrors.push({ error }));
}

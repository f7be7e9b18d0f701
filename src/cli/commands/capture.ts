import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { constants, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CaptureError } from "../../capture/index.ts";
import { generic } from "../../targets/index.ts";
import type { Arguments } from "../arguments.ts";
import { withInput } from "../input.ts";
import { CliError, type Io, OutputClosed } from "../io.ts";
import { checkFile } from "../output-file.ts";
import { importCapture } from "./import.ts";

/** In a clone beside the sources; in the package there, too: the command line is one bundle in dist/cli. */
const source = ["../../capture/recorder.c", "../src/capture/recorder.c", "../../src/capture/recorder.c"]
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find(existsSync);

/** Runs a program, and writes the record of what it told its decoder. Returns the exit status: the program's where it failed. */
export async function capture(io: Io, args: Arguments): Promise<number> {
  const [program, ...words] = args.inputs as readonly [string, ...string[]];
  const library = builtRecorder();
  const folder = mkdtempSync(join(tmpdir(), "v4l2-stateless-"));
  const log = join(folder, "calls.log");
  let isKept = false;
  try {
    // The program may run for hours: what is wrong with the output must be said before.
    if (args.output !== "-") await checkFile(args.output);
    const ended = await runWith(library, log, [program, ...words], args);
    if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) === 0) throw noCall(program, ended);
    isKept = true;
    await importLog(io, program, log, ended, args);
    isKept = false;
    return ended.status;
  } catch (thrown) {
    isKept &&= !(thrown instanceof OutputClosed);
    throw thrown;
  } finally {
    if (!isKept) rmSync(folder, { recursive: true, force: true });
  }
}

/** How a program ended. */
interface Ended {
  /** As shells give it: 128 and the signal's number where a signal ended it. */
  readonly status: number;
  readonly signal: NodeJS.Signals | null;
}

/** What must be said before all else of a program that failed. */
function failureText(program: string, { status, signal }: Ended): string {
  return `${program} ended with ${signal === null ? `exit status ${status}` : `the signal ${signal}`}`;
}

function noCall(program: string, ended: Ended): CliError {
  if (ended.status !== 0) {
    return new CliError(`${failureText(program, ended)}, and made no call on a device before`, ended.status);
  }
  return new CliError(
    `${program} made no call on a device that the recorder saw. It sees neither programs that are linked statically nor sandboxed processes (Chromium: --no-sandbox), and programs of 32 bits only with CC="cc -m32"; strace sees those`,
  );
}

/** Writes the record of the recorder's log. Where it cannot, it says what can read the log. */
async function importLog(io: Io, program: string, log: string, ended: Ended, args: Arguments): Promise<void> {
  const job = { ...args, input: log, target: generic };
  let isRecord = false;
  try {
    await withInput(io, job, async (input) => {
      isRecord = true;
      try {
        await importCapture(io, { ...input, name: program }, job);
      } catch (thrown) {
        isRecord = !(thrown instanceof CaptureError);
        throw thrown;
      }
    });
  } catch (thrown) {
    if (!(thrown instanceof Error) || thrown instanceof OutputClosed) throw thrown;
    const before = ended.status === 0 ? "" : `${failureText(program, ended)}; `;
    const readers = isRecord ? "import reads it" : "stats and lint read it";
    const message = `${before}${thrown.message}; what the recorder wrote is in ${log}: v4l2-stateless ${readers}`;
    throw new CliError(message, ended.status === 0 ? 2 : ended.status);
  }
}

/** The path of the recorder, built once for each version of its source. */
function builtRecorder(): string {
  if (source === undefined) throw new CliError("recorder.c is not in this package");
  // CC may have options, as in makefiles: `CC="cc -m32"`.
  const command = process.env.CC ?? "cc";
  const [compiler = "cc", ...compilerOptions] = command.split(/\s+/).filter((word) => word !== "");
  const hash = createHash("sha256").update(readFileSync(source)).update(command).digest("hex").slice(0, 16);
  const folder = ownFolder();
  const library = join(folder, `recorder-${hash}.so`);
  if (existsSync(library)) return library;
  const building = `${library}.${process.pid}`;
  const options = [...compilerOptions, "-O2", "-shared", "-fPIC", "-o", building, source, "-ldl"];
  const built = spawnSync(compiler, options, { encoding: "utf8" });
  if (built.error !== undefined) {
    throw new CliError(
      `the recorder must be compiled, and there is no ${compiler}: install a C compiler, or build it elsewhere (aarch64-linux-gnu-gcc -O2 -shared -fPIC -o recorder.so ${source} -ldl), preload it with V4L2_STATELESS_LOG=calls.log, and read calls.log with v4l2-stateless import, stats and lint`,
    );
  }
  if (built.status !== 0) {
    const said = built.stderr.trimEnd() || `it says nothing, and ends with ${built.status ?? built.signal}`;
    throw new CliError(`${command} could not compile ${source}:\n${said}`);
  }
  renameSync(building, library);
  return library;
}

/** A folder that only this user can write: what lies in it is loaded into programs. */
function ownFolder(): string {
  const { uid } = userInfo();
  const folder = join(tmpdir(), `v4l2-stateless-${uid}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const facts = lstatSync(folder);
    if (facts.isDirectory() && facts.uid === uid && (facts.mode & 0o022) === 0) return folder;
  } catch {
    // A file, or a link to nothing.
  }
  throw new CliError(
    `${folder} is not a folder of yours that nobody else can write: the recorder would be loaded from it. Remove it, or set TMPDIR`,
  );
}

/** In words, with the error's name. */
function whyNotRun({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return "there is no such program; give its path, or a name that PATH leads to (ENOENT)";
  return code === "EACCES" ? "it may not be executed: see its permissions (EACCES)" : message;
}

/** Runs the program with the terminal's input and output; its output goes where errors go, if the record goes to standard output. */
function runWith(
  library: string,
  log: string,
  [program, ...words]: readonly [string, ...string[]],
  { withData, output }: Arguments,
): Promise<Ended> {
  const before = process.env.LD_PRELOAD;
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    LD_PRELOAD: before === undefined ? library : `${library}:${before}`,
    V4L2_STATELESS_LOG: log,
    ...(withData ? { V4L2_STATELESS_DATA: "1" } : {}),
  };
  const child = spawn(program, words, { env, stdio: ["inherit", output === "-" ? 2 : 1, 2] });
  // The record has what the program did until a signal ends it. A terminal sends its signals to the program, too.
  const handlers = new Map<NodeJS.Signals, () => void>([
    ["SIGINT", () => {}],
    ["SIGQUIT", () => {}],
    ["SIGTERM", () => child.kill("SIGTERM")],
    ["SIGHUP", () => child.kill("SIGHUP")],
  ]);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return new Promise<Ended>((resolve, reject) => {
    child.once("error", (thrown) => reject(new CliError(`${program}: ${whyNotRun(thrown)}`)));
    child.once("exit", (code, signal) => {
      resolve({ status: code ?? 128 + constants.signals[signal as NodeJS.Signals], signal });
    });
  }).finally(() => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  });
}

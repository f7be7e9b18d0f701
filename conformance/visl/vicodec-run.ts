/**
 * In the machine: decodes the FWHT fixtures with `v4l2-stateless decode` on vicodec's stateless decoder, and compares every byte of every
 * frame with those of two witnesses: vicodec's stateful decoder, which reads the frames' headers itself, and v4l2-ctl, which drives the
 * stateless one. Prints a line for each check; status 1 when one is not fine.
 *
 *     node vicodec-run.js [part of a name…]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Sink } from "../../src/cli/io.ts";
import { main } from "../../src/cli/run.ts";
import type { SequenceEvent } from "../../src/events.ts";
import { openFwhtSession } from "../../src/fwht/index.ts";
import { fixtures, inputOf } from "./fwht-fixtures.ts";
import { nodeOf } from "./vicodec-nodes.ts";

const folder = "/project/test/fixtures";
let failed = 0;

function report(name: string, check: string, compared: string, difference: string | undefined): void {
  if (difference !== undefined) failed++;
  console.log(`${name} ${check}: ${difference === undefined ? compared : `FAILED: ${difference}`}`);
}

class Collector implements Sink {
  readonly isTerminal = false;
  text = "";

  async write(data: string | Uint8Array): Promise<void> {
    this.text += data;
  }
}

async function command(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const importContainerLibrary = () => import("mediabunny");
  const io = { stdin: process.stdin, stdout, stderr, environment: process.env, importContainerLibrary };
  return { status: await main(args, io), stdout: stdout.text, stderr: stderr.text };
}

/** What `decode` writes, and the format that it names. */
async function ours(node: string, path: string): Promise<{ frames: Buffer; pixelFormat: string; said: string }> {
  const output = "/tmp/ours.raw";
  const { status, stderr } = await command("decode", "--device", node, "-o", output, path);
  if (status !== 0) throw new Error(`decode ended with status ${status}: ${stderr}`);
  const frames = readFileSync(output);
  rmSync(output);
  return { frames, pixelFormat: /frames of \d+x\d+ (\S+)/.exec(stderr)?.[1] ?? "", said: stderr };
}

/** What v4l2-ctl writes from one of vicodec's decoders: the visible part of every frame. */
function theirs(node: string, format: string, path: string): Buffer {
  const output = "/tmp/theirs.raw";
  const args = ["-d", node, `--set-fmt-video=${format}`, "--stream-mmap", "--stream-out-mmap"];
  spawnSync("v4l2-ctl", [...args, `--stream-from=${path}`, `--stream-to=${output}`], { stdio: "ignore" });
  const frames = readFileSync(output);
  rmSync(output);
  return frames;
}

function differenceOf(a: Buffer, b: Buffer, frameBytes: number): string | undefined {
  if (a.equals(b) && a.length > 0) return undefined;
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return `${a.length} and ${b.length} bytes; the first difference is at byte ${at}, in frame ${Math.floor(at / frameBytes)}`;
}

function sequenceOf(stream: Uint8Array): SequenceEvent {
  return openFwhtSession()
    .push(stream)
    .find(({ type }) => type === "sequence") as SequenceEvent;
}

/**
 * The Cb plane that the encoder stored as it was: `decode` gives back its input, but 254 for 255 (codec-fwht.c, encode_plane). In NV12
 * vicodec would spread it wrongly.
 */
function checkStored(name: string, pixelFormat: string, frames: Buffer): void {
  const fixture = fixtures.find((each) => each.name === name);
  if (fixture?.noisy === undefined) return;
  if (pixelFormat !== "YU12") report(name, "stored plane", "", `the frames are ${pixelFormat}, not YU12`);
  const { width, height } = fixture;
  const [luma, chroma] = [width * height, (width / 2) * (height / 2)];
  const input = inputOf(fixture);
  const size = luma + 2 * chroma;
  for (let frame = 0; frame < fixture.frames; frame++) {
    const start = frame * size + luma;
    const expected = Buffer.from(input.subarray(start, start + chroma).map((byte) => Math.min(byte, 254)));
    const found = frames.subarray(start, start + chroma);
    report(name, `stored plane of frame ${frame}`, `${chroma} bytes`, differenceOf(found, expected, chroma));
  }
}

async function checkStream(name: string, nodes: { stateful: string; stateless: string }): Promise<Buffer> {
  const path = `${folder}/${name}.fwht`;
  const { frames, pixelFormat } = await ours(nodes.stateless, path);
  const { visible, codedWidth, codedHeight } = sequenceOf(readFileSync(path));
  const count = openFwhtSession()
    .push(readFileSync(path))
    .filter(({ type }) => type === "output").length;
  const frameBytes = frames.length / count;
  const compared = `${count} frames of ${visible.width}x${visible.height} ${pixelFormat}, ${frames.length} bytes`;
  const stateful = theirs(nodes.stateful, `pixelformat=${pixelFormat}`, path);
  report(name, "stateful decoder", compared, differenceOf(frames, stateful, frameBytes));
  const format = `width=${codedWidth},height=${codedHeight},pixelformat=${pixelFormat}`;
  report(
    name,
    "v4l2-ctl, stateless",
    compared,
    differenceOf(frames, theirs(nodes.stateless, format, path), frameBytes),
  );
  checkStored(name, pixelFormat, frames);
  return frames;
}

/** Streams of two sizes in one file: every frame is as in the stream's own file. */
async function checkJoined(node: string, a: readonly [string, Buffer], b: readonly [string, Buffer]): Promise<void> {
  const path = "/tmp/joined.fwht";
  writeFileSync(path, Buffer.concat([a, b, a].map(([name]) => readFileSync(`${folder}/${name}.fwht`))));
  const { frames } = await ours(node, path);
  const expected = Buffer.concat([a[1], b[1], a[1]]);
  report(`${a[0]} + ${b[0]}`, "changes of size", `${expected.length} bytes`, differenceOf(frames, expected, 1));
}

execFileSync("modprobe", ["vicodec"]);
const nodes = { stateful: nodeOf("stateful-decoder"), stateless: nodeOf("stateless-decoder") };
const { stdout } = await command("devices");
const listed = new RegExp(`^${nodes.stateless} +vicodec .*\\n +fwht `, "m").test(stdout);
report("devices", "lists vicodec", nodes.stateless, listed ? undefined : stdout);

const parts = process.argv.slice(2);
const names = readdirSync(folder).flatMap((file) => /^(fwht_.*)\.fwht$/.exec(file)?.[1] ?? []);
const results = new Map<string, Buffer>();
for (const name of names.filter((each) => parts.length === 0 || parts.some((part) => each.includes(part)))) {
  results.set(name, await checkStream(name, nodes));
}
const [small, other] = ["fwht_yuv420", "fwht_yuv422_odd_size"].map((name) => [name, results.get(name)] as const);
if (small?.[1] !== undefined && other?.[1] !== undefined) {
  await checkJoined(nodes.stateless, [small[0], small[1]], [other[0], other[1]]);
}
process.exitCode = failed === 0 ? 0 : 1;

/** The machine that runs scripts of variants. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { linesFromMachine } from "../driver-machine.ts";
import { jobsOf } from "../journal.ts";
import type { HardwareCodec as Codec, FakeNode } from "../nodes.ts";
import { hashOf, programOf } from "../program.ts";
import { encodeScript, type Script, type Variant } from "./variants.ts";

export interface Pair {
  readonly node: FakeNode;
  readonly codec: Codec;
}

/** A request of a stream with its controls, as it is or changed; and what can be varied of it. */
export interface Base {
  readonly stream: string;
  readonly request: number;
  readonly script: Script;
  /** No field is varied. */
  readonly plain: Variant;
  readonly variants: readonly Variant[];
}

/** A script in the machine. The first and the last of its variants are the base itself. */
export interface Trial {
  readonly name: string;
  readonly number: number;
  readonly node: FakeNode;
  readonly variants: readonly Variant[];
}

export interface TrialOutcome {
  /** Of each variant its label, what became of its changed request ("ok" and others, replay.c), and why. */
  readonly results: readonly (readonly string[])[];
  /** The hash of what the driver programmed for the changed request, by the variant's number, and for the next one (`"0>"`). */
  readonly programs: ReadonlyMap<string, string>;
}

/**
 * A script with more variants is split. The fake hardware keeps a copy of each table that a driver allocates until the journal is
 * emptied, and a variant allocates them anew: where its 96 MiB are full, the journal loses records.
 */
const mostVariants: Readonly<Record<string, number>> = { "imx8mq-vpu-g2 vp9": 12 };
const mostVariantsElsewhere = 60;

/** A machine that runs scripts, each when the one before it is done. */
export class TrialMachine {
  readonly #share: string;
  readonly #lines: AsyncGenerator<string, void, undefined>;
  #count = 0;

  /** @param share a folder for scripts, results and journals. */
  constructor(share: string, seconds: number) {
    this.#share = share;
    writeFileSync(join(share, "trials.sh"), guestScript);
    this.#lines = linesFromMachine(share, seconds, ["sh", "/share/trials.sh"]);
  }

  /** Writes scripts of these variants, in parts that each begin and end with the request as it is; at least one. */
  add({ node, codec }: Pair, { stream, script, request, plain }: Base, variants: readonly Variant[]): Trial[] {
    const most = mostVariants[`${node.name} ${codec}`] ?? mostVariantsElsewhere;
    const trials: Trial[] = [];
    for (let at = 0; at === 0 || at < variants.length; at += most) {
      const number = this.#count++;
      const part = [plain, ...variants.slice(at, at + most), plain];
      writeFileSync(join(this.#share, `${number}.script`), encodeScript(script, request, part));
      this.#write(number, `run ${number} ${node.name}`);
      trials.push({ name: `${node.name}, ${codec}, ${stream}, script ${number}`, number, node, variants: part });
    }
    return trials;
  }

  /** Waits for the next trial of those that were added. Its files, which take much room, are gone after it. */
  async finish({ name, number, node }: Trial): Promise<TrialOutcome> {
    const { value, done } = await this.#lines.next();
    if (value !== `done ${number}`) throw new Error(`${name}: ${done === true ? "the machine ended" : value}`);
    const files = ["script", "results", "journal"].map((kind) => join(this.#share, `${number}.${kind}`));
    const [, results, journal] = files.map((file) => readFileSync(file));
    for (const file of files) rmSync(file);
    const lines = String(results).trim().split("\n");
    return {
      results: lines.map((line) => line.split("\t")),
      programs: programsByLabel(journal as Buffer, node.name),
    };
  }

  async end(): Promise<void> {
    this.#write(this.#count++, "exit 0");
    for await (const line of this.#lines) throw new Error(line);
  }

  /** The machine sees the file when it is whole. */
  #write(number: number, command: string): void {
    writeFileSync(join(this.#share, "next"), command);
    renameSync(join(this.#share, "next"), join(this.#share, `${number}.sh`));
  }
}

/** Notes each node's decoder and media device in a file of its name; then does what the host writes. */
const guestScript = `
for video in /sys/class/video4linux/video*; do
  case $(cat $video/name) in *enc*) continue ;; esac
  media=$(echo $video/device/media*)
  media=\${media%% *}
  echo "/dev/\${video##*/} /dev/\${media##*/}" >/tmp/$(tr -d '\\0' <$video/device/of_node/name)
done
fake=/sys/kernel/debug/fakehw
run() {
  echo empty >$fake/journal
  replay $(cat /tmp/$2) /share/$1.script >/share/$1.results || echo "replay failed"
  cat $fake/journal >/share/$1.journal
  [ $(cat $fake/lost) = 0 ] || echo "the journal lost records"
  echo "done $1"
}
number=0
while :; do
  while [ ! -e /share/$number.sh ]; do sleep 0.05; done
  . /share/$number.sh
  number=$((number + 1))
done
`;

/** The hash of each labelled job, by its label. */
function programsByLabel(journal: Buffer, node: string): Map<string, string> {
  const programs = new Map<string, string>();
  for (const job of jobsOf(journal)) {
    if (job.node !== node || job.labels.length === 0) continue;
    const hash = hashOf(programOf(job));
    for (const label of job.labels) programs.set(label, hash);
  }
  return programs;
}

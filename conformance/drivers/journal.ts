/** Reads the fake hardware's journal (fakehw/fakehw.h): which jobs the drivers ran, and all that they programmed for each. */

/** A buffer of the job's device when it began: the OUTPUT buffer, or one of CAPTURE. */
export interface JobBuffer {
  readonly index: number;
  readonly isCapture: boolean;
  readonly address: number;
  readonly bytes: number;
  readonly timestamp: bigint;
}

/** Memory that the driver gave to the device. */
export interface Table {
  /** The function that allocated it, and its number among those: `"rkvdec_h264_start#0"`. */
  readonly name: string;
  readonly address: number;
  readonly bytes: number;
}

/** One job, from the driver's first access to the start of the device. */
export interface Job {
  /** The node's name in the device tree: `"rk3399-vdec"`. */
  readonly node: string;
  readonly model: string;
  readonly bytesUsed: number;
  /** CRC-32 of the bitstream, before its last inversion. */
  readonly crc: number;
  readonly timestamp: bigint;
  readonly buffers: readonly JobBuffer[];
  /** The order in which the timestamps of this node's jobs came. */
  readonly order: ReadonlyMap<bigint, number>;
  /** What was written to the registers before the start, in this order: the register's name, and the value. */
  readonly writes: readonly (readonly [register: string, value: number])[];
  /** All tables of the device at the start. */
  readonly tables: readonly Table[];
  /** Their contents, as far as anything was ever written to them. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** The timestamps of the jobs that wrote their pictures into tables (of hantro's post-processor), by the tables' names. */
  readonly pictures: ReadonlyMap<string, bigint>;
  /** What user space wrote before the job. */
  readonly labels: readonly string[];
  /** How the fake hardware ended it; undefined where it did not. */
  readonly outcome: Outcome | undefined;
}

export type Outcome = "ok" | "error" | "hang";
const outcomes: readonly Outcome[] = ["ok", "error", "hang"];

const kinds = { node: 1, access: 2, allocated: 3, freed: 4, job: 5, started: 6, memory: 7, finished: 8, label: 9 };
const windowNames: Readonly<Record<string, readonly string[]>> = {
  vdpu381: ["link.", "function.", "cache."],
  vdpu383: ["link.", "function.", "cache."],
};

interface Allocation extends Table {
  readonly node: number;
  readonly owner: string;
  readonly number: number;
  contents: Buffer | undefined;
  /** The job that last had it as the place of its picture. */
  picture: bigint | undefined;
}

/** hantro's second buffer for each CAPTURE buffer, from which its post-processor makes the frames. */
export const postprocessorOwner = "hantro_postproc_alloc";
/** The register with the place of a job's picture, of nodes that use such buffers: word 65 of G2 and of VPU981. */
const placesOfPictures: Readonly<Record<string, string>> = { "imx8mq-vpu-g2": "0104", "rk3588-av1-vpu": "0104" };

interface Node {
  readonly name: string;
  readonly model: string;
  readonly order: Map<bigint, number>;
  current: { -readonly [Key in keyof Job]: Job[Key] } | undefined;
  /** The device is started: what comes now is the end of the job. */
  isStarted: boolean;
}

function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("latin1", 0, end < 0 ? bytes.length : end);
}

/** All jobs that were started, in that order. */
export function readJournal(journal: Buffer): Job[] {
  const jobs: Job[] = [];
  for (const job of jobsOf(journal)) {
    const copies = Array.from(job.contents, ([name, bytes]) => [name, Uint8Array.from(bytes)] as const);
    jobs.push(Object.assign(job, { contents: new Map(copies) }));
  }
  return jobs;
}

/** The same one by one: a job's contents are valid until the next one, its outcome is known after the end. */
export function jobsOf(journal: Buffer): Generator<Job, void, undefined> {
  return new JournalReader().read(journal);
}

class JournalReader {
  readonly #nodes: Node[] = [];
  readonly #allocations = new Map<number, Allocation>();
  #labels: string[] = [];
  /** The job whose memory is being told. */
  #open: { readonly node: number; readonly job: Job & { contents: ReadonlyMap<string, Uint8Array> } } | undefined;

  *read(journal: Buffer): Generator<Job, void, undefined> {
    for (let at = 0; at + 8 <= journal.length; ) {
      const kind = journal.readUInt32LE(at);
      const length = journal.readUInt32LE(at + 4);
      const body = journal.subarray(at + 8, at + 8 + length);
      at += 8 + Math.ceil(length / 8) * 8;
      if (kind !== kinds.memory) yield* this.#closeJob();
      this.#record(kind, body);
    }
    yield* this.#closeJob();
  }

  #record(kind: number, body: Buffer): void {
    if (kind === kinds.node) {
      const [name, model] = [textOf(body.subarray(8, 40)), textOf(body.subarray(40, 56))];
      this.#nodes[body.readUInt32LE(0)] = { name, model, order: new Map(), current: undefined, isStarted: false };
    } else if (kind === kinds.access) this.#access(body);
    else if (kind === kinds.allocated) this.#allocated(body);
    else if (kind === kinds.freed) this.#allocations.delete(body.readUInt32LE(0));
    else if (kind === kinds.job) this.#begin(body);
    else if (kind === kinds.started) this.#start(body.readUInt32LE(0));
    else if (kind === kinds.memory) this.#memory(body);
    else if (kind === kinds.label) this.#labels.push(textOf(body));
    else if (kind === kinds.finished) {
      const job = this.#nodes[body.readUInt32LE(0)]?.current;
      if (job !== undefined) job.outcome = outcomes[body.readUInt32LE(8)];
    }
  }

  #access(body: Buffer): void {
    const node = this.#nodes[body[0]!]!;
    const isWrite = body[2] === 1;
    if (!isWrite || node.current === undefined || node.isStarted) return;
    const window = windowNames[node.model]?.[body[1]!] ?? "";
    const offset = body.readUInt32LE(4);
    for (let word = 0; word < Math.max(1, body[3]! / 4); word++) {
      const register = `${window}${(offset + 4 * word).toString(16).padStart(4, "0")}`;
      (node.current.writes as [string, number][]).push([register, body.readUInt32LE(8 + 4 * word)]);
    }
  }

  #allocated(body: Buffer): void {
    const node = body.readUInt32LE(4);
    const owner = textOf(body.subarray(24)).replace(/ \[.*$/, "");
    const taken = new Set<number>();
    for (const each of this.#allocations.values()) {
      if (each.node === node && each.owner === owner) taken.add(each.number);
    }
    let number = 0;
    while (taken.has(number)) number++;
    this.#allocations.set(body.readUInt32LE(0), {
      node,
      owner,
      number,
      name: `${owner}#${number}`,
      address: Number(body.readBigUInt64LE(8)),
      bytes: Number(body.readBigUInt64LE(16)),
      contents: undefined,
      picture: undefined,
    });
  }

  #begin(body: Buffer): void {
    const node = this.#nodes[body.readUInt32LE(0)]!;
    const timestamp = body.readBigUInt64LE(24);
    if (!node.order.has(timestamp)) node.order.set(timestamp, node.order.size);
    node.isStarted = false;
    node.current = {
      node: node.name,
      model: node.model,
      bytesUsed: body.readUInt32LE(8),
      crc: body.readUInt32LE(12),
      timestamp,
      buffers: Array.from({ length: body.readUInt32LE(20) }, (_, i) => bufferAt(body, 32 + 32 * i)),
      order: node.order,
      writes: [],
      tables: [],
      contents: new Map(),
      pictures: new Map(),
      labels: this.#labels,
      outcome: undefined,
    };
    this.#labels = [];
  }

  #start(number: number): void {
    const node = this.#nodes[number]!;
    if (node.current === undefined || node.isStarted) return;
    node.isStarted = true;
    const tables = [...this.#allocations.values()].filter((each) => each.node === number && isTable(each));
    node.current.tables = tables;
    node.current.pictures = picturesIn(tables, node.current);
    this.#open = { node: number, job: node.current };
  }

  #memory(body: Buffer): void {
    const allocation = this.#allocations.get(body.readUInt32LE(0));
    if (allocation === undefined) return;
    allocation.contents ??= Buffer.alloc(allocation.bytes);
    body.copy(allocation.contents, body.readUInt32LE(4), 8);
  }

  /** The tables as they are now, after all of the changes were told. */
  *#closeJob(): Generator<Job, void, undefined> {
    if (this.#open === undefined) return;
    const { node, job } = this.#open;
    const contents = new Map<string, Uint8Array>();
    for (const each of this.#allocations.values()) {
      if (each.node === node && isTable(each) && each.contents !== undefined) {
        contents.set(each.name, each.contents);
      }
    }
    job.contents = contents;
    this.#open = undefined;
    yield job;
  }
}

/** Notes where the job's own picture goes. */
function picturesIn(tables: readonly Allocation[], { node, timestamp, writes }: Job): Map<string, bigint> {
  const register = placesOfPictures[node];
  const place = [...writes].reverse().find(([name]) => name === register)?.[1];
  const pictures = new Map<string, bigint>();
  for (const each of tables) {
    if (each.owner !== postprocessorOwner) continue;
    if (place !== undefined && place >= each.address && place < each.address + each.bytes) each.picture = timestamp;
    if (each.picture !== undefined) pictures.set(each.name, each.picture);
  }
  return pictures;
}

function isTable({ owner }: Allocation): boolean {
  return !owner.startsWith("vb2");
}

function bufferAt(body: Buffer, at: number): JobBuffer {
  return {
    index: body.readUInt32LE(at),
    isCapture: body.readUInt32LE(at + 4) === 1,
    address: Number(body.readBigUInt64LE(at + 8)),
    bytes: Number(body.readBigUInt64LE(at + 16)),
    timestamp: body.readBigUInt64LE(at + 24),
  };
}

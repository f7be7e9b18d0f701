/** Counts of a capture: what a board's bring-up is measured by. */

import { codecOfPixelFormat } from "../record/format.ts";
import { type Codec, codecNames, codecs } from "../uapi/codecs.ts";
import { controlById } from "../uapi/index.ts";
import type { Call, IoctlCall, Queue, RunRequest } from "./calls.ts";
import { type OpenDevice, OpenFiles } from "./open-files.ts";

/** How often an ioctl was called, and with which errors it ended. */
export interface IoctlCount {
  calls: number;
  readonly errors: Record<string, number>;
}

/** A refused or late change of a format. */
export interface FormatTrouble {
  readonly line: number;
  readonly queue: Queue;
  /** `"EBUSY"` */
  readonly error: string;
  /** Why, as far as the capture shows it. */
  readonly cause: string;
}

/** What a process did with the decoder of one codec; `codec` is undefined for devices that decoded nothing. */
export interface DecoderStats {
  readonly process: string;
  readonly codec: Codec | undefined;
  readonly ioctls: Readonly<Record<string, IoctlCount>>;
  /** Requests that were queued, allocated, and used again (MEDIA_REQUEST_IOC_REINIT). */
  readonly requests: number;
  readonly requestPool: number;
  readonly reinits: number;
  /** The most requests that were queued and whose OUTPUT buffer had not come back. */
  readonly mostInFlight: number;
  /** Buffers that came back. */
  readonly dequeued: Readonly<Record<Queue, number>>;
  /** Buffers that were exported as dma-bufs (VIDIOC_EXPBUF). */
  readonly exported: Readonly<Record<Queue, number>>;
  readonly formatTroubles: readonly FormatTrouble[];
}

/** What a process did beside decoding. */
export interface ProcessStats {
  readonly process: string;
  /** Anonymous mappings of 2 MiB and more, which a copied picture needs; and all. */
  readonly largeMappings: { readonly count: number; readonly bytes: number };
  readonly anonymousMappings: { readonly count: number; readonly bytes: number };
  /** Descriptors that a socket passed on (SCM_RIGHTS). */
  readonly filesSent: number;
  readonly filesReceived: number;
  readonly drm: Readonly<Record<string, number>>;
}

/** Where a picture goes from one owner to the next, and how, as far as the capture shows it. */
export interface Handoff {
  readonly process: string;
  readonly boundary: "decoder to presentation buffer" | "presentation buffer to compositor";
  readonly way: "dma-buf" | "copy" | "not seen";
  /** What shows it. */
  readonly evidence: string;
}

/** What a driver's own tracepoints show of a codec: the ioctls that made it are not among them. */
export interface DriverStats {
  readonly codec: Codec;
  /** Requests that it ran. */
  readonly requests: number;
  /** What was in their OUTPUT buffers, as far as it is traced. */
  readonly bytes: number | undefined;
}

export interface CaptureStats {
  readonly decoders: readonly DecoderStats[];
  readonly drivers: readonly DriverStats[];
  readonly processes: readonly ProcessStats[];
  readonly handoffs: readonly Handoff[];
}

const largeMapping = 2 << 20;

/** A device of which no call was counted. `told` is what the statistics say of it, `state` what counting needs. */
function newDevice() {
  return {
    told: {
      process: "",
      codec: undefined as Codec | undefined,
      ioctls: {} as Record<string, IoctlCount>,
      requests: 0,
      requestPool: 0,
      reinits: 0,
      mostInFlight: 0,
      dequeued: { OUTPUT: 0, CAPTURE: 0 },
      exported: { OUTPUT: 0, CAPTURE: 0 },
      formatTroubles: [] as FormatTrouble[],
    },
    state: {
      format: "",
      inFlight: 0,
      buffers: { OUTPUT: 0, CAPTURE: 0 },
      isStreaming: { OUTPUT: false, CAPTURE: false },
      /** How often a CAPTURE buffer was queued whose memory is a dma-buf of the program. */
      importedCapture: 0,
    },
  };
}
type Device = ReturnType<typeof newDevice>;

function newProcess(process: string) {
  return {
    process,
    largeMappings: { count: 0, bytes: 0 },
    anonymousMappings: { count: 0, bytes: 0 },
    filesSent: 0,
    filesReceived: 0,
    drm: {} as Record<string, number>,
  };
}

/**
 * Counts the calls of a capture.
 *
 * @throws CaptureError where the capture cannot be read.
 */
export async function captureStats(calls: Iterable<Call> | AsyncIterable<Call>): Promise<CaptureStats> {
  const counter = new StatsCounter();
  for await (const call of calls) counter.take(call);
  return counter.result();
}

class StatsCounter {
  readonly #devices: Device[] = [];
  readonly #files = new OpenFiles<Device>(
    () => {
      const device = newDevice();
      this.#devices.push(device);
      return device;
    },
    (device) => {
      // Which buffers came back in the hole is not known.
      device.state.inFlight = 0;
      return device;
    },
  );
  readonly #processes = new Map<string, ReturnType<typeof newProcess>>();
  readonly #drivers = new Map<Codec, DriverStats>();
  /** The device that a thread asked last: requests are files of their own. */
  readonly #last = new Map<string, OpenDevice<Device>>();

  take(call: Call): void {
    this.#files.note(call);
    if (call.call === "run") {
      this.#run(call);
      return;
    }
    if (call.call === "hole") {
      this.#files.forget();
      return;
    }
    const name = this.#files.process(call.thread);
    const process = this.#processes.get(name) ?? newProcess(name);
    this.#processes.set(name, process);
    switch (call.call) {
      case "map":
        if (call.fd !== undefined) break;
        addMapping(process.anonymousMappings, call.length);
        if (call.length >= largeMapping) addMapping(process.largeMappings, call.length);
        break;
      case "pass":
        if (call.direction === "sent") process.filesSent += call.count;
        else process.filesReceived += call.count;
        break;
      case "start":
      case "open":
      case "close":
      case "duplicate":
        break;
      default:
        this.#ioctl(call, process.drm);
    }
  }

  result(): CaptureStats {
    const decoders = new Map<string, Device>();
    for (const device of this.#devices) {
      const { told } = device;
      if (Object.keys(told.ioctls).length === 0) continue;
      // A format that was only tried is none that was decoded.
      if (told.requests === 0) told.codec = undefined;
      const key = `${told.process} ${told.codec}`;
      const same = decoders.get(key);
      if (same === undefined) decoders.set(key, device);
      else addDevice(same, device);
    }
    const devices = [...decoders.values()];
    const processes = [...this.#processes.values()];
    const handoffs = devices.flatMap((each) => handoffsOf(each, processes));
    return { decoders: devices.map(({ told }) => told), drivers: [...this.#drivers.values()], processes, handoffs };
  }

  #run({ controls, bytes }: RunRequest): void {
    const names = controls.map(({ id }) => controlById(id)?.name ?? "");
    const codec = codecNames.find((each) => names.some((name) => Object.hasOwn(codecs[each].controls, name)));
    if (codec === undefined) return;
    const before = this.#drivers.get(codec);
    const sum = bytes === undefined ? before?.bytes : (before?.bytes ?? 0) + bytes;
    this.#drivers.set(codec, { codec, requests: (before?.requests ?? 0) + 1, bytes: sum });
  }

  #ioctl(call: IoctlCall, drm: Record<string, number>): void {
    const name = call.call === "ioctl" ? call.name : call.call;
    if (/^(DRM_|d )/.test(name)) {
      drm[name] = (drm[name] ?? 0) + 1;
      return;
    }
    const isOfRequest = name.startsWith("MEDIA_");
    const device = isOfRequest ? this.#last.get(call.thread) : this.#files.deviceOf(call);
    if (device === undefined) return;
    if (!isOfRequest) this.#last.set(call.thread, device);
    const { state: counted, process } = device;
    const { told } = counted;
    told.process = process;
    const count = told.ioctls[name] ?? { calls: 0, errors: {} };
    told.ioctls[name] = count;
    count.calls++;
    if (call.error === undefined) noteCall(call, counted);
    else {
      count.errors[call.error] = (count.errors[call.error] ?? 0) + 1;
      if (call.call === "VIDIOC_S_FMT") {
        const { line, queue, error } = call;
        told.formatTroubles.push({ line, queue, error, cause: causeOf(error, queue, counted) });
      }
    }
  }
}

/** What a call that was carried out changes. */
function noteCall(call: IoctlCall, { told, state }: Device): void {
  switch (call.call) {
    case "VIDIOC_S_FMT":
      if (call.queue === "OUTPUT") state.format = call.pixelFormat;
      break;
    case "VIDIOC_REQBUFS":
      state.buffers[call.queue] = call.count;
      break;
    case "VIDIOC_CREATE_BUFS":
      state.buffers[call.queue] += call.count;
      break;
    case "VIDIOC_STREAMON":
    case "VIDIOC_STREAMOFF":
      state.isStreaming[call.queue] = call.call === "VIDIOC_STREAMON";
      // Its buffers are the program's again, without VIDIOC_DQBUF.
      if (call.call === "VIDIOC_STREAMOFF" && call.queue === "OUTPUT") state.inFlight = 0;
      break;
    case "VIDIOC_EXPBUF":
      told.exported[call.queue]++;
      break;
    case "VIDIOC_QBUF":
      if (call.queue === "CAPTURE" && call.isImported === true) state.importedCapture++;
      break;
    case "VIDIOC_DQBUF":
      told.dequeued[call.queue]++;
      if (call.queue === "OUTPUT") state.inFlight = Math.max(0, state.inFlight - 1);
      break;
    case "MEDIA_IOC_REQUEST_ALLOC":
      told.requestPool++;
      break;
    case "MEDIA_REQUEST_IOC_REINIT":
      told.reinits++;
      break;
    case "MEDIA_REQUEST_IOC_QUEUE":
      told.requests++;
      told.codec ??= codecOfPixelFormat(state.format);
      state.inFlight++;
      told.mostInFlight = Math.max(told.mostInFlight, state.inFlight);
      break;
  }
}

/** Why the kernel refused a format, as far as the calls before it show. */
function causeOf(error: string, queue: Queue, { state: { buffers, isStreaming } }: Device): string {
  if (error !== "EBUSY") return "the driver does not take it";
  const other = queue === "OUTPUT" ? "CAPTURE" : "OUTPUT";
  if (isStreaming[queue]) return `${queue} is streaming: STREAMOFF and REQBUFS 0 must come before it`;
  if (buffers[queue] > 0) return `${queue} holds ${buffers[queue]} buffers: REQBUFS 0 must come before it`;
  if (buffers[other] > 0) return `${other} holds ${buffers[other]} buffers, and the driver ties both formats together`;
  return "a queue is busy";
}

function addMapping(sum: { count: number; bytes: number }, length: number): void {
  sum.count++;
  sum.bytes += length;
}

/** A program may open its device several times. */
function addDevice({ told: sum, state }: Device, { told: more, state: moreState }: Device): void {
  for (const [name, { calls, errors }] of Object.entries(more.ioctls)) {
    const count = sum.ioctls[name] ?? { calls: 0, errors: {} };
    sum.ioctls[name] = count;
    count.calls += calls;
    for (const [error, times] of Object.entries(errors)) count.errors[error] = (count.errors[error] ?? 0) + times;
  }
  for (const key of ["requests", "requestPool", "reinits"] as const) sum[key] += more[key];
  sum.mostInFlight = Math.max(sum.mostInFlight, more.mostInFlight);
  for (const queue of ["OUTPUT", "CAPTURE"] as const) {
    sum.dequeued[queue] += more.dequeued[queue];
    sum.exported[queue] += more.exported[queue];
  }
  for (const trouble of more.formatTroubles) sum.formatTroubles.push(trouble);
  state.importedCapture += moreState.importedCapture;
}

/** How the pictures of a decoder went on. */
function handoffsOf({ told, state }: Device, processes: readonly ProcessStats[]): Handoff[] {
  const { process, dequeued } = told;
  const of = processes.find((each) => each.process === process);
  if (told.codec === undefined || of === undefined) return [];
  const second =
    of.filesSent > 0
      ? {
          way: "dma-buf" as const,
          evidence: `${of.filesSent} descriptors sent (SCM_RIGHTS) for ${dequeued.CAPTURE} pictures`,
        }
      : { way: "not seen" as const, evidence: "no descriptor sent: only strace with sendmsg shows them" };
  return [
    { process, boundary: "decoder to presentation buffer", ...presentedFrom(told, state.importedCapture, of) },
    { process, boundary: "presentation buffer to compositor", ...second },
  ];
}

/** Some programs export all buffers, and copy them all the same: an export alone shows nothing. */
function presentedFrom(
  { exported }: DecoderStats,
  importedCapture: number,
  { drm, largeMappings, filesSent }: ProcessStats,
): Pick<Handoff, "way" | "evidence"> {
  if (importedCapture > 0) {
    const times = importedCapture === 1 ? "once" : `${importedCapture} times`;
    return { way: "dma-buf", evidence: `CAPTURE buffers with V4L2_MEMORY_DMABUF queued ${times}` };
  }
  const imports = Object.entries(drm).reduce((sum, [name, n]) => (/FD_TO_HANDLE|ADDFB/.test(name) ? sum + n : sum), 0);
  const exports = exported.CAPTURE > 0 ? `${exported.CAPTURE} CAPTURE buffers` : "no CAPTURE buffer";
  if (exported.CAPTURE > 0 && imports > 0) {
    return { way: "dma-buf", evidence: `${exports} exported, ${imports} imported by DRM` };
  }
  const megabytes = (largeMappings.bytes / 2 ** 20).toFixed(0);
  const mapped =
    largeMappings.count > 0
      ? `${largeMappings.count} anonymous mappings of 2 MiB and more (${megabytes} MiB)`
      : "no anonymous mapping of 2 MiB and more seen";
  const mayBeSent = exported.CAPTURE > 0 && filesSent > 0;
  return {
    way: largeMappings.count > 0 && !mayBeSent ? "copy" : "not seen",
    evidence: `${exports} exported, ${exported.CAPTURE > 0 ? "none imported by DRM, " : ""}${mapped}`,
  };
}

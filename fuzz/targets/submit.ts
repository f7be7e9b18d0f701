/** The submitter on the tests' fake kernel, whose calls fail or answer with nothing; the consumer closes, leaves and resets at any frame. */

import { constants } from "node:os";
import type { RequestEvent, SequenceEvent } from "../../src/events.ts";
import { chooseDevice, devicesOf } from "../../src/submit/devices/devices.ts";
import { DeviceError, type Frame, IoctlError, type SubmitEvent, Submitter } from "../../src/submit/index.ts";
import type { Libc } from "../../src/submit/libc.ts";
import type { Machine } from "../../src/submit/machine.ts";
import type { FakeDriver } from "../../test/submit/fake-driver.ts";
import { FakeKernel } from "../../test/submit/fake-kernel.ts";
import { eventsOf, output, plain, release, request, sequence } from "../../test/submit/submitting.ts";
import type { Case, OptionValue, Piece, Target } from "../case.ts";

/** Turns of the event loop after which a promise counts as one that never settles; the submitter's own timeout is far below. */
const MOST_TURNS = 400;
const errnos = ["EINVAL", "ENOMEM", "EBUSY", "EIO", "ENODEV", "EINTR", "ENOSPC"] as const;

interface Fault {
  /** Which call of the C library, from 0. */
  readonly at: number;
  readonly count: number;
  readonly errno: number;
  /** The call says that it worked, and did nothing. */
  readonly isShort: boolean;
}

/** After an ioctl that did nothing, the fake kernel is asked for what it has not; a real one answers with an error. */
const faultyAnswer = (isShort: boolean) => (call: () => number, otherwise: number) => {
  try {
    return call();
  } catch (thrown) {
    if (!isShort) throw thrown;
    return otherwise;
  }
};

function faulty(machine: Machine, fault: Fault | undefined, isArmed: () => boolean): Machine {
  if (fault === undefined) return machine;
  let calls = 0;
  const lied = faultyAnswer(fault.isShort);
  const fails = () => {
    if (!isArmed()) return false;
    const at = calls++;
    return at >= fault.at && at < fault.at + fault.count;
  };
  const libc: Libc = {
    ...machine.libc,
    ioctl: (fd, number, argument) => {
      if (fails()) return fault.isShort ? 0 : -fault.errno;
      return lied(() => machine.libc.ioctl(fd, number, argument), -fault.errno);
    },
    // A device that was given no buffer goes on waiting.
    wait: async (fd, events, timeout) => {
      try {
        return await machine.libc.wait(fd, events, timeout);
      } catch (thrown) {
        if (!fault.isShort) throw thrown;
        return 0;
      }
    },
    map: (fd, length, offset) => (fails() ? -fault.errno : machine.libc.map(fd, length, offset)),
  };
  return { ...machine, libc };
}

function driverOf({ options }: Case): FakeDriver {
  const canResize = options.canResize;
  return {
    ...plain,
    canHold: options.canHold !== false,
    canCreateBuffers: options.canCreateBuffers !== false,
    isSlow: options.isSlow === true,
    isSinglePlanar: options.isSinglePlanar === true,
    ...(canResize === "yes"
      ? { canResize: true }
      : canResize === "streaming"
        ? { canResize: "streaming" as const }
        : {}),
    ...(typeof options.mostBuffers === "number" && options.mostBuffers > 0 ? { mostBuffers: options.mostBuffers } : {}),
    ...(options.failing === true ? { failing: [1, 4] } : {}),
    ...(options.incomplete === true ? { incomplete: [2] } : {}),
  };
}

function faultOf({ options }: Case): Fault | undefined {
  const at = Number(options.faultAt ?? -1);
  if (at < 0) return undefined;
  const errno = constants.errno[errnos[Number(options.errno ?? 0)] ?? "EINVAL"];
  return { at, count: Number(options.faults ?? 1), errno, isShort: options.isShort === true };
}

/** What is done with a frame, by what the pieces before it say. */
interface Consumer {
  closeAt: number;
  turns: number;
  leaveAt: number;
  abortAt: number;
  holds: number;
}

/** What real requests and sequences carry, in the order of a stream. */
class RealControls {
  readonly #events = eventsOf("h264_size_change.264");
  readonly #requests = this.#events.filter((event) => event.type === "request");
  readonly #sequences = this.#events.filter((event) => event.type === "sequence");

  ofRequest(i: number): Partial<RequestEvent> {
    const { controls = [], bitstream = [] } = this.#requests[i % this.#requests.length] ?? {};
    return { controls, bitstream };
  }

  ofSequence(i: number): Partial<SequenceEvent> {
    return { controls: this.#sequences[i % this.#sequences.length]?.controls ?? [] };
  }
}

let realControls: RealControls | undefined;

/** The events of a session that this script stands for, in calls. */
class Script {
  readonly calls: (readonly SubmitEvent[] | "drain" | "reset")[] = [];
  readonly consumer: Consumer = { closeAt: Infinity, turns: 0, leaveAt: Infinity, abortAt: Infinity, holds: 0 };
  #events: SubmitEvent[] = [];
  #timestamp = 0;
  #waiting: number[] = [];
  #hasSequence = false;
  readonly #real: RealControls | undefined;

  /** @param isReal events carry the controls of a real stream; else they have none. */
  constructor(isReal: boolean) {
    if (isReal) realControls ??= new RealControls();
    this.#real = isReal ? realControls : undefined;
  }

  #request(changes: Partial<RequestEvent> = {}): RequestEvent {
    return request(this.#timestamp, { ...this.#real?.ofRequest(this.#timestamp / 1000 - 1), ...changes });
  }

  take({ call, bytes }: Piece): void {
    const [first = 0, second = 0] = bytes;
    if (call !== "sequence" && !this.#hasSequence) this.#sequence(0, 0);
    switch (call) {
      case "sequence":
        this.#sequence(first, second);
        return;
      case "picture":
        this.#timestamp += 1000;
        this.#events.push(this.#request(), output(this.#timestamp));
        // A picture stays a reference until the next but one.
        this.#waiting.push(this.#timestamp);
        if (this.#waiting.length > (first & 1)) this.#events.push(release(this.#waiting.shift() as number));
        return;
      case "fields":
        this.#timestamp += 1000;
        this.#events.push(this.#request({ hold: true }));
        if (first & 1) this.#events.push(this.#request());
        this.#events.push(output(this.#timestamp), release(this.#timestamp));
        return;
      case "close":
        this.consumer.closeAt = first & 15;
        this.consumer.turns = second & 7;
        return;
      case "leave":
        this.consumer.leaveAt = first & 15;
        return;
      case "abort":
        this.consumer.abortAt = first & 15;
        return;
      case "hold":
        this.consumer.holds = first & 3;
        return;
      case "reset":
        this.#end();
        this.calls.push("reset");
        this.#waiting = [];
        return;
      case "drain":
        this.#end();
        this.calls.push("drain");
        return;
      default:
        this.#end();
    }
  }

  #sequence(first: number, second: number): void {
    this.#hasSequence = true;
    const keepsReferences = (second & 1) === 1;
    if (!keepsReferences) this.#events.push(...this.#waiting.splice(0).map(release));
    const changes = { keepsReferences, captureBuffers: 3 + (second >> 7), ...this.#real?.ofSequence(first) };
    this.#events.push(sequence(16 * (1 + (first & 3)), changes));
  }

  #end(): void {
    if (this.#events.length > 0) this.calls.push(this.#events);
    this.#events = [];
  }

  done(): this {
    this.#events.push(...this.#waiting.splice(0).map(release));
    this.#end();
    this.calls.push("drain");
    return this;
  }
}

/** Whether a promise settles within some turns of the event loop. */
async function settles(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const done = () => {
    isSettled = true;
  };
  promise.then(done, done);
  const end = performance.now() + 2000;
  for (let turn = 0; !isSettled && (turn < MOST_TURNS || performance.now() < end); turn++) {
    await new Promise((next) => (turn < MOST_TURNS ? setImmediate(next) : setTimeout(next, 5)));
  }
  return isSettled;
}

/** What may be thrown at a consumer. */
function isTold(thrown: unknown): boolean {
  if (thrown instanceof IoctlError || thrown instanceof DeviceError) return true;
  return (
    thrown instanceof Error &&
    (thrown.message === "the submitter is closed" ||
      thrown.message === "aborted" ||
      /^(the frames of the last call|the device failed|the last call)/.test(thrown.message))
  );
}

async function consume(submitter: Submitter, script: Script, stop: AbortController, held: Frame[]): Promise<void> {
  const { consumer } = script;
  let count = 0;
  for (const call of script.calls) {
    if (call === "reset") {
      submitter.reset();
      continue;
    }
    for await (const frame of call === "drain" ? submitter.drain() : submitter.submit(call)) {
      if (consumer.holds > 0 && count % consumer.holds === 0 && held.length < 2) held.push(frame);
      else frame.release();
      const at = count++;
      if (at === consumer.closeAt) {
        submitter.close().catch(() => {});
        for (let turn = 0; turn < consumer.turns; turn++) await undefined;
      }
      if (at === consumer.abortAt) stop.abort(new Error("aborted"));
      if (at === consumer.leaveAt) break;
    }
  }
}

async function flawsOf(input: Case): Promise<string[]> {
  const script = new Script(input.options.isReal === true);
  for (const piece of input.pieces) script.take(piece);
  script.done();
  const kernel = new FakeKernel(driverOf(input));
  const device = chooseDevice(await devicesOf(kernel.machine, kernel.files), "h264");
  const stop = new AbortController();
  const held: Frame[] = [];
  const flaws: string[] = [];
  let isArmed = true;
  const machine = faulty(kernel.machine, faultOf(input), () => isArmed);
  const told = (thrown: unknown, where: string) => {
    if (!isTold(thrown))
      flaws.push(`${where}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
  };
  const options = {
    extraBuffers: Number(input.options.extraBuffers ?? 0),
    requests: Number(input.options.requests ?? 1),
    timeout: 20,
    signal: stop.signal,
  };
  const whole = (async () => {
    let submitter: Submitter;
    try {
      submitter = await Submitter.open(device, options, machine);
    } catch (thrown) {
      return told(thrown, "open");
    }
    await consume(submitter, script, stop, held).catch((thrown) => told(thrown, "frames"));
    // A close that fails gives back all the same.
    isArmed = input.options.failsAtClose === true;
    await submitter.close().catch((thrown) => told(thrown, "close"));
    for (const frame of held) frame.release();
  })();
  if (!(await settles(whole))) return [...flaws, "a promise never settles"];
  const left = { files: kernel.openFiles, mappings: kernel.mappings.size, buffers: kernel.buffers };
  if (left.files + left.mappings + left.buffers > 0) flaws.push(`left: ${JSON.stringify(left)}`);
  return flaws;
}

const piece = (call: string, ...bytes: number[]): Piece => ({ call, bytes: Uint8Array.from(bytes) });

function seeds(): Case[] {
  const pictures = (count: number) => Array.from({ length: count }, (_, i) => piece("picture", i));
  const scripts: readonly (readonly Piece[])[] = [
    [piece("sequence", 0, 0), ...pictures(8)],
    [piece("sequence", 0, 0), ...pictures(3), piece("sequence", 1, 0), ...pictures(4)],
    [piece("sequence", 0, 0), ...pictures(3), piece("sequence", 1, 1), ...pictures(4), piece("submit")],
    [piece("sequence", 0, 0), ...pictures(2), piece("fields", 0), piece("fields", 1), ...pictures(2), piece("drain")],
    [piece("close", 2, 1), ...pictures(5), piece("reset"), ...pictures(2)],
    [piece("leave", 1), ...pictures(4), piece("reset"), ...pictures(3)],
    [piece("abort", 3), piece("hold", 1), ...pictures(6)],
  ];
  return scripts.flatMap((pieces) => [
    { options: {}, pieces },
    { options: { isReal: true }, pieces },
    { options: { isReal: true, faultAt: 30, faults: 2 }, pieces },
    { options: { faultAt: 12, faults: 3, isSlow: true }, pieces },
    { options: { faultAt: 20, isShort: true, extraBuffers: 2, requests: 2 }, pieces },
  ]);
}

const counted = (count: number): OptionValue[] => Array.from({ length: count }, (_, i) => i - 1);

/** The target of the submitter. */
export function submitTarget(): Target {
  return {
    name: "submit",
    calls: ["picture", "picture", "sequence", "fields", "submit", "drain", "reset", "close", "leave", "abort", "hold"],
    bare: ["submit", "drain", "reset"],
    choices: {
      isReal: [false, true],
      canHold: [true, false],
      canCreateBuffers: [true, false],
      canResize: ["", "yes", "streaming"],
      isSlow: [false, true],
      isSinglePlanar: [false, true],
      failing: [false, true],
      incomplete: [false, true],
      mostBuffers: [0, 2, 4, 6, 9],
      extraBuffers: [0, 1, 4],
      requests: [1, 2, 4],
      faultAt: counted(120),
      faults: [1, 2, 5, 1000],
      errno: counted(errnos.length).slice(1),
      isShort: [false, true],
      failsAtClose: [false, true],
    },
    seeds,
    rewrite: (base, at, random) => {
      const bytes = base.pieces[at]?.bytes;
      return bytes === undefined ? undefined : Uint8Array.of(random.below(16), random.below(256));
    },
    flaws: flawsOf,
  };
}

/** Which device a descriptor means: descriptors belong to processes, and a log may begin in the middle. */

import type { Call, DuplicateFile, IoctlCall } from "./calls.ts";

/** An open device, as one process sees it, with what its user keeps of it. */
export interface OpenDevice<State> {
  readonly process: string;
  readonly fd: number;
  readonly path: string | undefined;
  readonly isClosed: boolean;
  /** After a hole it is another one. */
  readonly state: State;
}

/** How states are made. */
interface States<State> {
  /** The holes up to here. */
  holes: number;
  readonly first: () => State;
  readonly afterHole: (before: State) => State;
}

class Device<State> implements OpenDevice<State> {
  readonly process: string;
  readonly fd: number;
  path: string | undefined;
  isClosed = false;
  /** How many descriptors mean it. */
  descriptors = 0;
  readonly #states: States<State>;
  #state: State;
  /** Those after which the state was made. */
  #holes: number;

  constructor(process: string, { fd, path }: Pick<IoctlCall, "fd" | "path">, states: States<State>) {
    this.process = process;
    this.fd = fd;
    this.path = path;
    this.#states = states;
    this.#state = states.first();
    this.#holes = states.holes;
  }

  get state(): State {
    const { holes, afterHole } = this.#states;
    if (this.#holes !== holes) this.#state = afterHole(this.#state);
    this.#holes = holes;
    return this.#state;
  }
}

/** An open file, of whatever kind. */
interface File {
  /** Of all files that a process had, no two have the same. */
  readonly name: string;
  /** How many descriptors mean it. */
  descriptors: number;
}

/** So many processes, each forked by the next one, are asked for a device. */
const mostForks = 16;

export class OpenFiles<State> {
  readonly #states: States<State>;
  /** The process of each thread that a call started; the others belong to the first one. */
  readonly #processes = new Map<string, string>();
  /** Of a process that another one forked: that one. */
  readonly #parents = new Map<string, string>();
  readonly #devices = new Map<string, Device<State>>();
  /** Devices whose opening the capture shows. */
  readonly #opened = new WeakSet<Device<State>>();
  /** Processes that forked others. */
  readonly #forked = new Set<string>();
  /** What such a process closed: those that it forked may have it still. */
  readonly #left = new Map<string, Device<State>>();
  /** Of descriptors that a process closed, and may have had from its parent. */
  readonly #closed = new Set<string>();
  /** Of descriptors that were duplicated, or are used again after that. Any other one names its file alone. */
  readonly #duplicated = new Map<string, File>();
  #renamed = 0;

  /** @param afterHole what is still known of a device after `forget`; all, where it is left out. */
  constructor(first: () => State, afterHole: (before: State) => State = (state) => state) {
    this.#states = { holes: 0, first, afterHole };
  }

  /** Calls are missing here. A device gets its new state when it is used again: a log may have many holes and many devices. */
  forget(): void {
    this.#states.holes++;
  }

  process(thread: string): string {
    return this.#processes.get(thread) ?? "";
  }

  /**
   * A name of the request that a descriptor means: the same for all descriptors of a request, and another one where a descriptor means another
   * request than before.
   */
  requestKey(thread: string, request: number): string {
    const key = this.#key(thread, request);
    return `${this.process(thread)} request ${this.#duplicated.get(key)?.name ?? request}`;
  }

  /** A name of the request that a thread fills, where the capture does not show its descriptor. */
  threadKey(thread: string): string {
    return `${this.process(thread)} thread ${thread}`;
  }

  /**
   * Takes note of threads and processes that start, and of files that are opened, closed and duplicated.
   *
   * @returns the key of the request that is closed by it, if the file is one: no descriptor means it any more.
   */
  note(call: Call): string | undefined {
    if ("error" in call && call.error !== undefined) return undefined;
    switch (call.call) {
      case "start": {
        const process = call.isProcess ? call.started : this.process(call.thread);
        if (call.isProcess && call.started !== call.thread) {
          this.#parents.set(process, this.process(call.thread));
          this.#forked.add(this.process(call.thread));
        }
        if (process !== "") this.#processes.set(call.started, process);
        return undefined;
      }
      case "open": {
        const closed = this.#close(call.thread, call.fd);
        this.#opened.add(this.#openDevice(call));
        return closed;
      }
      case "close":
        return this.#close(call.thread, call.fd);
      case "MEDIA_IOC_REQUEST_ALLOC":
        // The capture may not show that the descriptor was closed before.
        return call.request === undefined ? undefined : this.#close(call.thread, call.request);
      case "duplicate":
        return this.#duplicate(call);
      default:
        return undefined;
    }
  }

  #duplicate(call: DuplicateFile): string | undefined {
    const { thread, fd, copy, path } = call;
    // dup2 of a descriptor onto itself does nothing.
    if (fd === copy) return undefined;
    const closed = this.#close(thread, copy);
    const [from, to] = [this.#key(thread, fd), this.#key(thread, copy)];
    const file = this.#duplicated.get(from) ?? { name: String(fd), descriptors: 1 };
    file.descriptors++;
    this.#duplicated.set(from, file).set(to, file);
    // The log may not show that it was opened.
    const mayBeDevice = path === undefined || path.startsWith("/dev/");
    const device = this.#devices.get(from) ?? (mayBeDevice ? this.#openDevice(call) : undefined);
    if (device !== undefined) this.#set(to, device);
    return closed;
  }

  /** The device that an ioctl asks. */
  deviceOf(call: Pick<IoctlCall, "thread" | "fd" | "path">): OpenDevice<State> {
    const { thread, fd, path } = call;
    const found = this.#devices.get(this.#key(thread, fd));
    // The log may not show when files are opened and closed. Then another name of the file shows it.
    if (found !== undefined && (path === undefined || found.path === undefined || found.path === path)) {
      found.path ??= path;
      return found;
    }
    return (found === undefined ? this.#inherited(call) : undefined) ?? this.#openDevice(call);
  }

  /**
   * The device that a forked process has from the one that forked it. Where the capture shows that it was opened there, it would also show
   * that the new process opens another one.
   */
  #inherited({ thread, fd, path }: Pick<IoctlCall, "thread" | "fd" | "path">): Device<State> | undefined {
    const key = this.#key(thread, fd);
    if (this.#closed.has(key)) return undefined;
    let process: string | undefined = this.process(thread);
    for (let i = 0; i < mostForks; i++) {
      process = this.#parents.get(process);
      if (process === undefined) return undefined;
      const device = this.#devices.get(`${process} ${fd}`) ?? this.#left.get(`${process} ${fd}`);
      if (device === undefined) continue;
      const isOther = path !== undefined && device.path !== undefined && device.path !== path;
      if (isOther || !this.#opened.has(device)) return undefined;
      this.#set(key, device);
      return device;
    }
    return undefined;
  }

  #key(thread: string, fd: number): string {
    return `${this.process(thread)} ${fd}`;
  }

  #openDevice(call: Pick<IoctlCall, "thread" | "fd" | "path">): Device<State> {
    const device = new Device(this.process(call.thread), call, this.#states);
    this.#set(this.#key(call.thread, call.fd), device);
    return device;
  }

  #set(key: string, device: Device<State>): void {
    const before = this.#devices.get(key);
    if (before !== undefined) before.descriptors--;
    this.#devices.set(key, device);
    device.descriptors++;
    device.isClosed = false;
  }

  #close(thread: string, fd: number): string | undefined {
    const key = this.#key(thread, fd);
    const device = this.#devices.get(key);
    if (device !== undefined) {
      this.#devices.delete(key);
      device.descriptors--;
      device.isClosed = device.descriptors === 0;
      if (this.#forked.has(this.process(thread))) this.#left.set(key, device);
    }
    if (this.#parents.has(this.process(thread))) this.#closed.add(key);
    const closed = this.requestKey(thread, fd);
    const file = this.#duplicated.get(key);
    if (file === undefined || file.descriptors === 1) return closed;
    file.descriptors--;
    this.#duplicated.set(key, { name: `${fd} again (${++this.#renamed})`, descriptors: 1 });
    return undefined;
  }
}

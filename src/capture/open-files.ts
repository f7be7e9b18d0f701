/** Which device a descriptor means: descriptors belong to processes, and a log may begin in the middle. */

import type { Call, IoctlCall } from "./calls.ts";

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

export class OpenFiles<State> {
  readonly #states: States<State>;
  /** The process of each thread that a call started; the others belong to the first one. */
  readonly #processes = new Map<string, string>();
  readonly #devices = new Map<string, Device<State>>();

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

  /** Takes note of threads and processes that start, and of files that are opened, closed and duplicated. */
  note(call: Call): void {
    switch (call.call) {
      case "start": {
        const process = call.isProcess ? call.started : this.process(call.thread);
        if (process !== "") this.#processes.set(call.started, process);
        break;
      }
      case "open":
        this.#close(call.thread, call.fd);
        this.#openDevice(call);
        break;
      case "close":
        this.#close(call.thread, call.fd);
        break;
      case "duplicate": {
        const device = this.#devices.get(this.#key(call.thread, call.fd));
        if (device !== undefined) this.#set(this.#key(call.thread, call.copy), device);
        break;
      }
    }
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
    return this.#openDevice(call);
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
  }

  #close(thread: string, fd: number): void {
    const key = this.#key(thread, fd);
    const device = this.#devices.get(key);
    if (device === undefined) return;
    this.#devices.delete(key);
    device.descriptors--;
    device.isClosed = device.descriptors === 0;
  }
}

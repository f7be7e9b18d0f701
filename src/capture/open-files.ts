/** Which device a descriptor means: descriptors belong to processes, and a log may begin in the middle. */

import type { Call, IoctlCall } from "./calls.ts";

/** An open device, as one process sees it, with what its user keeps of it. */
export interface OpenDevice<State> {
  readonly process: string;
  readonly fd: number;
  path: string | undefined;
  isClosed: boolean;
  readonly state: State;
}

export class OpenFiles<State> {
  readonly #newState: () => State;
  /** The process of each thread that a call started; the others belong to the first one. */
  readonly #processes = new Map<string, string>();
  readonly #devices = new Map<string, OpenDevice<State>>();

  constructor(newState: () => State) {
    this.#newState = newState;
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
        this.#devices.set(this.#key(call.thread, call.fd), this.#newDevice(call.thread, call.fd, call.path));
        break;
      case "close":
        this.#close(call.thread, call.fd);
        break;
      case "duplicate": {
        const device = this.#devices.get(this.#key(call.thread, call.fd));
        if (device !== undefined) this.#devices.set(this.#key(call.thread, call.copy), device);
        break;
      }
    }
  }

  /** The device that an ioctl asks. */
  deviceOf({ thread, fd, path }: Pick<IoctlCall, "thread" | "fd" | "path">): OpenDevice<State> {
    const key = this.#key(thread, fd);
    const found = this.#devices.get(key);
    // The log may not show when files are opened and closed. Then another name of the file shows it.
    if (found !== undefined && (path === undefined || found.path === undefined || found.path === path)) {
      found.path ??= path;
      return found;
    }
    const device = this.#newDevice(thread, fd, path);
    this.#devices.set(key, device);
    return device;
  }

  /** The devices that are open. */
  devices(): ReadonlySet<OpenDevice<State>> {
    return new Set(this.#devices.values());
  }

  #key(thread: string, fd: number): string {
    return `${this.process(thread)} ${fd}`;
  }

  #newDevice(thread: string, fd: number, path: string | undefined): OpenDevice<State> {
    return { process: this.process(thread), fd, path, isClosed: false, state: this.#newState() };
  }

  #close(thread: string, fd: number): void {
    const key = this.#key(thread, fd);
    const device = this.#devices.get(key);
    if (device === undefined) return;
    this.#devices.delete(key);
    device.isClosed = ![...this.#devices.values()].includes(device);
  }
}

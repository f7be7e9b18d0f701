/** The few calls of the C library that the submitter makes. Tests replace them with a fake kernel. */
export interface Libc {
  /** Opens a file for reading and writing, non-blocking. Returns the file descriptor, or the negative error number. */
  open(path: string): number;
  close(fd: number): void;
  /** Returns 0, or the negative error number. Repeats the call if a signal interrupts it. */
  ioctl(fd: number, request: number, argument: Uint8Array | undefined): number;
  /** Maps a device's memory, shared. Returns the negative error number when it fails. */
  map(fd: number, length: number, offset: bigint): Mapping | number;
  /** Returns those of the events that are present now; 0 when there are none. */
  poll(fd: number, events: number): number;
  /** The same, but waits for one of them, or until the time is over. Does not block the event loop. */
  wait(fd: number, events: number, milliseconds: number): Promise<number>;
  /** Memory whose address can be passed to the kernel. */
  allocate(size: number): Memory;
}

export interface Mapping {
  readonly bytes: Uint8Array;
  /**
   * Gives the memory back to the device.
   *
   * @param wasLent whether somebody may still hold `bytes`. If so, they read as zeros from now on, instead of crashing the
   * process.
   */
  unmap(wasLent: boolean): void;
}

/** Bytes that do not move. */
export interface Memory {
  readonly bytes: Uint8Array;
  readonly address: bigint;
}

/** poll(2): the same on every Linux. */
export const POLLIN = 0x1;
export const POLLPRI = 0x2;
export const POLLOUT = 0x4;
/** What poll(2) returns without being asked for it. */
export const pollErrors: ReadonlyMap<number, string> = new Map([
  [0x8, "POLLERR"],
  [0x10, "POLLHUP"],
  [0x20, "POLLNVAL"],
]);

/** The few calls of the C library that the submitter makes; the tests put a fake kernel there. */
export interface Libc {
  /** Opens for reading and writing, non-blocking. The file descriptor, or the negative error number. */
  open(path: string): number;
  close(fd: number): void;
  /** 0, or the negative error number. Repeated when a signal came in between. */
  ioctl(fd: number, request: number, argument: Uint8Array | undefined): number;
  /** Maps a device's memory, shared. The negative error number when it cannot. */
  map(fd: number, length: number, offset: bigint): Mapping | number;
  /** The events that there are now, of those asked for; 0 when there is none. */
  poll(fd: number, events: number): number;
  /** The same, as soon as there is one, or after some milliseconds. Does not block the event loop. */
  wait(fd: number, events: number, milliseconds: number): Promise<number>;
  /** Memory whose address can be given to the kernel. */
  allocate(size: number): Memory;
}

export interface Mapping {
  readonly bytes: Uint8Array;
  /**
   * Gives the memory back to the device.
   *
   * @param wasLent Somebody may still hold `bytes`: they read as zeros from now on, instead of ending the process.
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

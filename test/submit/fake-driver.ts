import type { Abi } from "../../src/submit/layout/abi.ts";
import type { IoctlName } from "../../src/submit/layout/ioctls.ts";

/** What the driver of the fake kernel is like. */
export interface FakeDriver {
  readonly driver?: string;
  readonly abi?: Abi;
  /** OUTPUT and CAPTURE formats, as fourccs in numbers. */
  readonly outputFormats: readonly number[];
  readonly captureFormats?: readonly number[];
  readonly maxSize?: number;
  /** That of CAPTURE, where it is another. */
  readonly maxCaptureSize?: number;
  readonly isSinglePlanar?: boolean;
  /** Controls by name: the elements of dynamic arrays, or the values of a menu. */
  readonly controls?: Readonly<Record<string, number | readonly number[]>>;
  readonly canHold?: boolean;
  /** S_FMT works while there are CAPTURE buffers; or also while the queues stream. */
  readonly canResize?: boolean | "streaming";
  /** The CAPTURE format that an SPS or VP9 frame with more than 8 bits leads to, where it is another than that before. */
  readonly deepFormat?: number;
  /** An opened device goes on with that format for ever. */
  readonly staysDeep?: boolean;
  readonly canCreateBuffers?: boolean;
  /** There is memory for so many buffers. REQBUFS makes as many as it can, as vb2_core_reqbufs. */
  readonly mostBuffers?: number;
  /** More CAPTURE buffers than these are too many for STREAMON. */
  readonly mostStarted?: number;
  /** Never finishes a request. */
  readonly isStuck?: boolean;
  /** Gives back no CAPTURE buffer. */
  readonly keepsCapture?: boolean;
  /** Finishes only one request while somebody waits. */
  readonly isSlow?: boolean;
  /** The requests that the device fails to decode, by their number from 0. */
  readonly failing?: readonly number[];
  /** Those of them that it does not even begin: it gives their buffers back, and does not complete them. */
  readonly incomplete?: readonly number[];
  /** Comes before the end of every wait. */
  readonly wait?: () => Promise<void>;
  /** The error numbers of ioctls, which see nothing of their argument then. */
  readonly errors?: (ioctl: IoctlName) => number | undefined;
  /** The error number of an mmap, by how many there were before. */
  readonly mapErrors?: (before: number) => number | undefined;
  /** The media device has an entity more after the first look. */
  readonly growsTopology?: boolean;
  /** Error numbers of files that cannot be opened, by path. */
  readonly openErrors?: Readonly<Record<string, number>>;
  /** Refuses a control's payload. */
  readonly refuses?: (name: string, payload: Uint8Array | number) => boolean;
  /** S_EXT_CTRLS tells which control it was. */
  readonly tellsControl?: boolean;
}

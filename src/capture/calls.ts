/** What a program asked of its devices, call by call: the form that every reader of captures gives. */

/** Where a call stands, and who made it. */
interface Made {
  /** The line of the capture, counted from 1; of a capture of JSON objects the number of the object. */
  readonly line: number;
  /** The thread, as the capture names it; `""` where it does not. */
  readonly thread: string;
  /** When it began, in seconds, where the capture tells it: since midnight, or since 1970. */
  readonly time?: number | undefined;
  /** The name of the error that the call ended with: `"EINVAL"`. */
  readonly error?: string | undefined;
}

/** A call on an open file. */
interface OnFile extends Made {
  readonly fd: number;
  /** The file's name, where the capture tells it. */
  readonly path?: string | undefined;
}

export type Queue = "OUTPUT" | "CAPTURE";

/** A control of VIDIOC_S_EXT_CTRLS. */
export interface CapturedControl {
  readonly id: number;
  readonly payload: Uint8Array | number;
  /** The paths of the fields that are known, and `"[]"` where the number of a list's elements is; absent where all are. */
  readonly known?: readonly string[] | undefined;
}

/** VIDIOC_S_EXT_CTRLS. */
export interface SetControls extends OnFile {
  readonly call: "VIDIOC_S_EXT_CTRLS";
  /** For a request: V4L2_CTRL_WHICH_REQUEST_VAL. */
  readonly isForRequest: boolean;
  /** The request's file, where the capture tells it. */
  readonly request?: number | undefined;
  readonly controls: readonly CapturedControl[];
  /** Why there are no `controls`: the capture does not have them whole. */
  readonly unread?: CaptureError | undefined;
}

/** VIDIOC_QBUF or VIDIOC_DQBUF. */
export interface BufferCall extends OnFile {
  readonly call: "VIDIOC_QBUF" | "VIDIOC_DQBUF";
  readonly queue: Queue;
  readonly index: number;
  /** In nanoseconds, where the capture tells it. */
  readonly timestamp?: bigint | undefined;
  /** V4L2_BUF_FLAG_REQUEST_FD. */
  readonly isForRequest: boolean;
  readonly request?: number | undefined;
  /** V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF; undefined where the capture shows the flags only after the kernel cleared it. */
  readonly hold: boolean | undefined;
  /** V4L2_BUF_FLAG_ERROR. */
  readonly isCorrupt: boolean;
  /** V4L2_MEMORY_DMABUF: the buffer's memory is a dma-buf that the program gives. */
  readonly isImported?: boolean | undefined;
  /** The length of what is in the buffer's first plane. */
  readonly bytes?: number | undefined;
  /** The CRC-32 of what is in it, as a record has it. */
  readonly crc32?: number | undefined;
  /** What is in it. */
  readonly data?: Uint8Array | undefined;
}

/** A call on a queue's format. */
export interface FormatCall extends OnFile {
  readonly call: "VIDIOC_S_FMT" | "VIDIOC_G_FMT" | "VIDIOC_TRY_FMT";
  readonly queue: Queue;
  /** A fourcc as text. */
  readonly pixelFormat: string;
  readonly width: number;
  readonly height: number;
}

/** VIDIOC_REQBUFS or VIDIOC_CREATE_BUFS. */
export interface BuffersCall extends OnFile {
  readonly call: "VIDIOC_REQBUFS" | "VIDIOC_CREATE_BUFS";
  readonly queue: Queue;
  readonly count: number;
}

export interface StreamCall extends OnFile {
  readonly call: "VIDIOC_STREAMON" | "VIDIOC_STREAMOFF";
  readonly queue: Queue;
}

/** VIDIOC_EXPBUF: a buffer gets a descriptor, as a dma-buf. */
export interface ExportBuffer extends OnFile {
  readonly call: "VIDIOC_EXPBUF";
  readonly queue: Queue;
}

/** A call on a request's file. */
export interface RequestCall extends OnFile {
  readonly call: "MEDIA_REQUEST_IOC_QUEUE" | "MEDIA_REQUEST_IOC_REINIT";
}

/** MEDIA_IOC_REQUEST_ALLOC. */
export interface AllocateRequest extends OnFile {
  readonly call: "MEDIA_IOC_REQUEST_ALLOC";
  readonly request?: number | undefined;
}

/** Any other ioctl of a device. */
export interface OtherIoctl extends OnFile {
  readonly call: "ioctl";
  /** `"VIDIOC_QUERYCAP"`, or its number. */
  readonly name: string;
}

export interface OpenFile extends OnFile {
  readonly call: "open";
  readonly path: string;
}

export interface CloseFile extends OnFile {
  readonly call: "close";
}

/** Another descriptor of the same open file: dup and its kin. */
export interface DuplicateFile extends OnFile {
  readonly call: "duplicate";
  readonly copy: number;
}

/** A new thread (which has the same files) or process (which has copies of them). */
export interface StartThread extends Made {
  readonly call: "start";
  readonly started: string;
  readonly isProcess: boolean;
}

/** Memory that was mapped. */
export interface MapMemory extends Made {
  readonly call: "map";
  readonly length: number;
  /** undefined where it is anonymous. */
  readonly fd: number | undefined;
}

/** Descriptors that a socket passed on (SCM_RIGHTS). */
export interface PassFiles extends Made {
  readonly call: "pass";
  readonly direction: "sent" | "received";
  readonly count: number;
}

/** A request that a driver ran, as its own tracepoints show it. The ioctls that made it are not shown. */
export interface RunRequest extends Made {
  readonly call: "run";
  /** Of the OUTPUT buffer, in nanoseconds. */
  readonly timestamp: bigint;
  /** The length of what is in the buffer's first plane, where the capture tells it. */
  readonly bytes?: number | undefined;
  /** The controls that the driver had, also those that an earlier request set. */
  readonly controls: readonly CapturedControl[];
  /** The names of controls that may be set, which nothing shows. */
  readonly unknown: readonly string[];
}

/** Calls are missing here, in the middle of the capture. `line` is where that shows. */
export interface Hole extends Made {
  readonly call: "hole";
  /** The last line before which nothing is missing, where that does not show at once: calls are missing between it and `line`. */
  readonly since?: number | undefined;
  /** What shows it. */
  readonly reason: string;
}

export type IoctlCall =
  | SetControls
  | BufferCall
  | FormatCall
  | BuffersCall
  | StreamCall
  | ExportBuffer
  | RequestCall
  | AllocateRequest
  | OtherIoctl;

export type Call =
  | IoctlCall
  | RunRequest
  | OpenFile
  | CloseFile
  | DuplicateFile
  | StartThread
  | MapMemory
  | PassFiles
  | Hole;

/** A capture that cannot be read, or from which no requests can be made. */
export class CaptureError extends Error {
  override readonly name = "CaptureError";
  /** Counted from 1; undefined where it is nowhere: something that the whole capture lacks. */
  readonly line: number | undefined;
  /** The message without the place. */
  readonly reason: string;

  constructor(reason: string, line?: number) {
    super(line === undefined ? reason : `line ${line}: ${reason}`);
    this.reason = reason;
    this.line = line;
  }
}

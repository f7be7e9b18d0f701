import { constants } from "node:os";
import { viewOf } from "../../uapi/struct.ts";
import { errorName, IoctlError } from "../errors.ts";
import type { KernelFile } from "../kernel-file.ts";

/** Media requests, which are used again and again. */
export class RequestPool {
  readonly #media: KernelFile;
  readonly #all = new Set<KernelFile>();
  #free: KernelFile[] = [];
  /** The most requests in the pool. */
  readonly #limit: number;

  constructor(media: KernelFile, most: number) {
    this.#media = media;
    this.#limit = most;
  }

  get hasFree(): boolean {
    return this.#free.length > 0 || this.#all.size < this.#limit;
  }

  /** Takes an empty request. @throws IoctlError */
  take(): KernelFile {
    return this.#free.pop() ?? this.#allocate();
  }

  /**
   * Takes back a request whose buffer is back. If the driver gave up its job and left it incomplete, a new request replaces it.
   */
  putBack(request: KernelFile): void {
    const ioctl = "MEDIA_REQUEST_IOC_REINIT";
    const errno = request.attempt(ioctl);
    if (errno === 0) this.#free.push(request);
    else if (errno !== constants.errno.EBUSY) {
      throw new IoctlError({ ioctl, code: errorName(errno), path: request.path });
    } else {
      this.#all.delete(request);
      void request.close();
    }
  }

  async close(): Promise<void> {
    for (const request of this.#all) await request.close();
    this.#all.clear();
    this.#free = [];
  }

  #allocate(): KernelFile {
    const bytes = new Uint8Array(4);
    this.#media.call("MEDIA_IOC_REQUEST_ALLOC", bytes);
    const request = this.#media.opened(viewOf(bytes).getInt32(0, true), "request");
    this.#all.add(request);
    return request;
  }
}

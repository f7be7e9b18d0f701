import type { Control, SequenceEvent } from "../events.ts";
import { fourccText } from "../record/format.ts";
import { CapturePool } from "./capture-pool.ts";
import { ControlSetter } from "./controls.ts";
import { type DeviceInfo, isMultiplanar } from "./devices.ts";
import { DeviceError, IoctlError } from "./errors.ts";
import { KernelFile, type Machine, read } from "./kernel-file.ts";
import { OutputBuffers } from "./output-buffers.ts";
import { pixelFormatsOf } from "./probe.ts";
import { Queue, type QueueFormat } from "./queue.ts";
import { RequestPool } from "./request-pool.ts";

/** What of a sequence the queues need. */
export type QueueSequence = Pick<SequenceEvent, "pixelFormat" | "codedWidth" | "codedHeight" | "captureBuffers">;

/** How the queues are to be. */
export interface StreamOptions {
  /** CAPTURE buffers beside those that decoding needs. */
  readonly extraBuffers: number;
  /** Requests that the device has at a time. */
  readonly requests: number;
  /** The CAPTURE formats to take, the best first; undefined or none of them there: the driver's own choice. */
  readonly pixelFormats: readonly number[];
}

/** OUTPUT buffers have half a byte for each sample, and this at least; a larger request gets a larger one. */
const smallestOutput = 1 << 17;

/** The two queues of an opened decoder, and what lies in them. */
export class Streams {
  readonly file: KernelFile;
  readonly output: Queue;
  readonly capture: Queue;
  readonly outputs: OutputBuffers;
  readonly pool: CapturePool;
  readonly controls: ControlSetter;
  readonly requests: RequestPool;
  readonly #media: KernelFile;
  readonly #options: StreamOptions;
  /** What the OUTPUT queue was made for. */
  #sequence: QueueSequence | undefined;

  private constructor(file: KernelFile, media: KernelFile, multiplanar: boolean, options: StreamOptions) {
    this.file = file;
    this.#media = media;
    this.#options = options;
    this.output = new Queue(file, "OUTPUT", multiplanar);
    this.capture = new Queue(file, "CAPTURE", multiplanar);
    this.outputs = new OutputBuffers(this.output);
    this.pool = new CapturePool(this.capture);
    this.controls = new ControlSetter(file);
    this.requests = new RequestPool(media, options.requests);
  }

  /** @throws DeviceError when the device cannot be opened. */
  static async open(machine: Machine, device: DeviceInfo, options: StreamOptions): Promise<Streams> {
    const file = KernelFile.open(machine, device.path);
    let media: KernelFile | undefined;
    try {
      media = KernelFile.open(machine, device.mediaPath);
      const capability = read(file, "VIDIOC_QUERYCAP", "v4l2_capability");
      return new Streams(file, media, isMultiplanar(capability, device.path), options);
    } catch (thrown) {
      await media?.close();
      await file.close();
      throw thrown;
    }
  }

  /** The queues are made for a sequence. */
  get isStarted(): boolean {
    return this.#sequence !== undefined;
  }

  /**
   * Makes the queues for a sequence, from the OUTPUT format to STREAMON. They must be empty.
   *
   * @param sets what to set before the CAPTURE format is read.
   */
  start(sequence: QueueSequence, sets: readonly (readonly Control[])[]): void {
    this.#sequence = sequence;
    const outputFormat = this.#setOutputFormat(sequence);
    for (const controls of sets) this.controls.set(controls);
    const format = this.#captureFormat();
    const { captureBuffers } = sequence;
    this.pool.allocate(format, captureBuffers, captureBuffers + this.#options.extraBuffers);
    this.#startOutput(outputFormat);
    this.capture.start();
  }

  /**
   * Goes on with another size or more buffers while the CAPTURE buffers stay, because references lie in them. The OUTPUT
   * queue stays too where its format does: drivers refuse to set one, even the same, while there are CAPTURE buffers.
   *
   * @returns false when the driver cannot; the OUTPUT queue may have stopped then.
   */
  resize(sequence: QueueSequence, sets: readonly (readonly Control[])[]): boolean {
    const before = this.#sequence;
    this.#sequence = sequence;
    let outputFormat: QueueFormat | undefined;
    try {
      if (before === undefined || !hasSameFormat(before, sequence)) outputFormat = this.#remakeOutput(sequence);
      for (const controls of sets) this.controls.set(controls);
    } catch (thrown) {
      if (thrown instanceof IoctlError && thrown.code === "EBUSY") return false;
      throw thrown;
    }
    const { captureBuffers } = sequence;
    const wanted = captureBuffers + this.#options.extraBuffers;
    if (!this.pool.change(this.capture.format(), captureBuffers, wanted)) return false;
    if (outputFormat !== undefined) this.#startOutput(outputFormat);
    return true;
  }

  /** Stops both queues and frees their buffers; CAPTURE buffers that are used keep their memory. */
  stop(): void {
    if (!this.isStarted) return;
    this.#sequence = undefined;
    try {
      this.output.stop();
      this.capture.stop();
    } finally {
      // Mappings would outlive the file.
      this.outputs.unmap();
      this.pool.abandon();
    }
    this.output.requestBuffers(0);
    this.capture.requestBuffers(0);
  }

  async close(): Promise<void> {
    try {
      this.stop();
    } finally {
      await this.requests.close();
      await this.#media.close();
      await this.file.close();
    }
  }

  #remakeOutput(sequence: QueueSequence): QueueFormat {
    this.output.stop();
    this.outputs.unmap();
    this.output.requestBuffers(0);
    return this.#setOutputFormat(sequence);
  }

  #startOutput(format: QueueFormat): void {
    this.outputs.allocate(format, this.#options.requests);
    this.output.start();
  }

  #setOutputFormat({ pixelFormat, codedWidth: width, codedHeight: height }: QueueSequence): QueueFormat {
    const planes = [{ sizeimage: Math.max(smallestOutput, (width * height) / 2), bytesperline: 0 }];
    const taken = this.output.setFormat({ pixelFormat, width, height, planes });
    if (taken.pixelFormat !== pixelFormat) {
      throw new DeviceError(`${this.file.path} does not take ${fourccText(pixelFormat)}`);
    }
    if (taken.width < width || taken.height < height) {
      const most = `${taken.width}x${taken.height}`;
      throw new DeviceError(`${this.file.path} takes pictures up to ${most}, and not ${width}x${height}`);
    }
    return taken;
  }

  #captureFormat(): QueueFormat {
    const format = this.capture.format();
    const { pixelFormats } = this.#options;
    if (pixelFormats.length === 0 || pixelFormats.includes(format.pixelFormat)) return format;
    const there = pixelFormatsOf(this.file, this.capture);
    const wanted = pixelFormats.find((pixelFormat) => there.includes(pixelFormat));
    if (wanted === undefined) return format;
    return this.capture.setFormat({ ...format, pixelFormat: wanted, planes: [] });
  }
}

function hasSameFormat(a: QueueSequence, b: QueueSequence): boolean {
  return a.pixelFormat === b.pixelFormat && a.codedWidth === b.codedWidth && a.codedHeight === b.codedHeight;
}

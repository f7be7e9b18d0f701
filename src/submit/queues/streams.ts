import type { Control, SequenceEvent } from "../../events.ts";
import { fourccText } from "../../record/format.ts";
import { v4l2_ctrl_av1_sequence } from "../../uapi/av1.ts";
import { type DeviceInfo, isMultiplanar } from "../devices/devices.ts";
import { pixelFormatsOf } from "../devices/probe.ts";
import { DeviceError, IoctlError } from "../errors.ts";
import { KernelFile, read } from "../kernel-file.ts";
import type { Machine } from "../machine.ts";
import { hasComponents, isDeep, isPlanar } from "../pixels.ts";
import { CapturePool } from "./capture-pool.ts";
import { ControlSetter } from "./controls.ts";
import { OutputBuffers } from "./output-buffers.ts";
import { Queue, type QueueFormat } from "./queue.ts";
import { RequestPool } from "./request-pool.ts";

/** The properties of a sequence that the queues need. */
export type QueueSequence = Pick<
  SequenceEvent,
  "pixelFormat" | "codedWidth" | "codedHeight" | "bitDepthLuma" | "chromaFormat" | "components" | "captureBuffers"
>;

/** Options of the queues. */
export interface StreamOptions {
  /** CAPTURE buffers in addition to those that decoding needs. */
  readonly extraBuffers: number;
  /** The most requests that the device has at a time. */
  readonly requests: number;
  /**
   * The CAPTURE formats to use, the best first. Formats with the stream's bit depth are preferred. If the driver has none of
   * them, it chooses.
   */
  readonly pixelFormats: readonly number[];
}

/**
 * The smallest size of an OUTPUT buffer. Normally it has half a byte for each sample; a larger request gets a larger buffer.
 */
const smallestOutput = 1 << 17;

/** The two queues of an opened decoder, and their buffers. */
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
  #isStarted = false;
  /** The OUTPUT format that the driver has, and the sequence that it was set for. */
  #lastOutput: { readonly sequence: QueueSequence; readonly format: QueueFormat } | undefined;

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

  /** Whether the queues have been made for a sequence. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  /**
   * Makes the queues for a sequence, from the OUTPUT format to STREAMON. They must be empty.
   *
   * @param sets the controls to set before the CAPTURE format is read.
   */
  start(sequence: QueueSequence, sets: readonly (readonly Control[])[]): void {
    this.#isStarted = true;
    const present = this.#formatFor(sequence);
    const isAnother = present === undefined && this.#lastOutput !== undefined;
    const outputFormat = present ?? this.#setOutputFormat(sequence);
    this.#setControls(sets, isAnother);
    const format = this.#captureFormat(sequence);
    const { captureBuffers } = sequence;
    // OUTPUT comes first, because CAPTURE can work with fewer buffers, and boards without an IOMMU have only a few dozen MB for
    // both.
    this.outputs.allocate(outputFormat, this.#options.requests);
    this.pool.allocate(format, captureBuffers, captureBuffers + this.#options.extraBuffers);
    this.#startOutput(() => {
      this.pool.abandon();
      this.pool.allocate(format, captureBuffers, captureBuffers);
    });
    this.capture.start();
  }

  /**
   * Continues with another size or more buffers. The CAPTURE buffers stay, because they hold references. The OUTPUT queue also
   * stays if its format does: drivers refuse to set a format, even the same one, while there are CAPTURE buffers.
   *
   * @returns false when the driver cannot do it. The OUTPUT queue may then have been stopped.
   */
  resize(sequence: QueueSequence, sets: readonly (readonly Control[])[]): boolean {
    const isSame = this.#formatFor(sequence) !== undefined;
    let outputFormat: QueueFormat | undefined;
    let format: QueueFormat;
    try {
      if (!isSame && !this.#hasChangedOutput(sequence)) outputFormat = this.#remakeOutput(sequence);
      this.#setControls(sets, !isSame);
      format = isSame ? this.capture.format() : this.#captureFormat(sequence);
    } catch (thrown) {
      if (isBusy(thrown)) return false;
      throw thrown;
    }
    if (outputFormat !== undefined) this.outputs.allocate(outputFormat, this.#options.requests);
    const { captureBuffers } = sequence;
    const wanted = captureBuffers + this.#options.extraBuffers;
    if (!this.pool.change(format, captureBuffers, wanted)) return false;
    if (outputFormat !== undefined) this.output.start();
    return true;
  }

  /** Stops both queues and frees their buffers; CAPTURE buffers in use keep their memory. */
  stop(): void {
    if (!this.isStarted) return;
    this.#isStarted = false;
    try {
      this.output.stop();
      this.capture.stop();
    } finally {
      // Mappings would stay after the file is closed.
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

  /**
   * Tries to change the size of the OUTPUT queue while it streams, with its present buffers; returns whether it worked. It
   * works with hantro, and is necessary there: at STREAMOFF hantro frees the pictures that its post-processor reads
   * (hantro_postproc_free).
   */
  #hasChangedOutput(sequence: QueueSequence): boolean {
    try {
      this.#setOutputFormat(sequence, this.#lastOutput?.format.planes[0]?.sizeimage);
      return true;
    } catch (thrown) {
      if (isBusy(thrown)) return false;
      throw thrown;
    }
  }

  /**
   * Starts the OUTPUT queue. At STREAMON(OUTPUT), hantro allocates a second buffer for each CAPTURE buffer if its
   * post-processor is used.
   */
  #startOutput(giveUpExtraBuffers: () => void): void {
    try {
      this.output.start();
    } catch (thrown) {
      if (!(thrown instanceof IoctlError && thrown.code === "ENOMEM")) throw thrown;
      giveUpExtraBuffers();
      this.output.start();
    }
  }

  #remakeOutput(sequence: QueueSequence): QueueFormat {
    this.output.stop();
    this.outputs.unmap();
    this.output.requestBuffers(0);
    return this.#setOutputFormat(sequence);
  }

  /**
   * The driver's present OUTPUT format, if it fits a sequence. It must not be set again: rkvdec and hantro would return to a
   * CAPTURE format for 8 bits, and the kernel does not notify them of an SPS that is already set (try_or_set_cluster).
   */
  #formatFor(sequence: QueueSequence): QueueFormat | undefined {
    const last = this.#lastOutput;
    return last !== undefined && hasSameFormat(last.sequence, sequence) ? last.format : undefined;
  }

  /**
   * Sets a sequence's controls. S_FMT(OUTPUT) takes hantro back to a CAPTURE format for 8 bits without film grain, and the kernel
   * tells it of a parameter set only when the value is new (try_or_set_cluster). An AV1 sequence header may be the same for frames
   * of another size, so another value comes first then. Those of the other codecs have the size.
   */
  #setControls(sets: readonly (readonly Control[])[], isAnotherFormat: boolean): void {
    for (const controls of sets) {
      if (isAnotherFormat) this.controls.set(controls.filter(isAv1Sequence).map(withOtherValue));
      this.controls.set(controls);
    }
  }

  #setOutputFormat(sequence: QueueSequence, size?: number): QueueFormat {
    const { pixelFormat, codedWidth: width, codedHeight: height } = sequence;
    const sizeimage = size ?? Math.max(smallestOutput, Math.ceil((width * height) / 2));
    const planes = [{ sizeimage, bytesperline: 0 }];
    const taken = this.output.setFormat({ pixelFormat, width, height, planes });
    if (taken.pixelFormat !== pixelFormat) {
      throw new DeviceError(`${this.file.path} does not take ${fourccText(pixelFormat)}`);
    }
    this.#checkSize(taken, sequence);
    this.#lastOutput = { sequence, format: taken };
    return taken;
  }

  /**
   * Sets the CAPTURE format, even if it is the driver's own choice: mediatek's firmware gets it only from S_FMT
   * (`capture_fourcc`). There, S_FMT returns estimated sizes, so they are read again. vicodec's own size is not that of the OUTPUT
   * format.
   */
  #captureFormat(sequence: QueueSequence): QueueFormat {
    const own = this.capture.format();
    const pixelFormat = this.#chosen(own.pixelFormat, sequence);
    const width = Math.max(own.width, sequence.codedWidth);
    const height = Math.max(own.height, sequence.codedHeight);
    this.capture.setFormat({ ...own, width, height, pixelFormat, planes: [] });
    const taken = this.capture.format();
    this.#checkSize(taken, sequence);
    return taken;
  }

  /**
   * Checks the size, also for CAPTURE: for VP8 on the RK3328 and RK3399, OUTPUT formats go up to 3840x2160, but CAPTURE ends at
   * 1920x1088 (hantro).
   */
  #checkSize(taken: QueueFormat, { codedWidth, codedHeight }: QueueSequence): void {
    if (taken.width >= codedWidth && taken.height >= codedHeight) return;
    const most = `${taken.width}x${taken.height}`;
    throw new DeviceError(`${this.file.path} takes pictures up to ${most}; this one is ${codedWidth}x${codedHeight}`);
  }

  #chosen(own: number, sequence: QueueSequence): number {
    const { pixelFormats } = this.#options;
    if (pixelFormats.length === 0 && sequence.components === undefined) return own;
    const there = pixelFormatsOf(this.file, this.capture);
    const wanted = pixelFormats.filter((pixelFormat) => there.includes(pixelFormat));
    if (sequence.components !== undefined) {
      const ofWanted = wanted.filter((pixelFormat) => hasComponents(pixelFormat, sequence));
      const fitting =
        ofWanted.length > 0 ? ofWanted : there.filter((pixelFormat) => hasComponents(pixelFormat, sequence));
      // vicodec copies a plane that is stored as it is as if nothing lay between its samples (decode_plane in codec-fwht.c).
      return fitting.find(isPlanar) ?? fitting[0] ?? wanted[0] ?? own;
    }
    const wantsDeep = sequence.bitDepthLuma > 8;
    // hantro's post-processor can also convert 10 bits to 8 bits.
    return wanted.find((pixelFormat) => isDeep(pixelFormat) === wantsDeep) ?? wanted[0] ?? own;
  }
}

function isAv1Sequence({ name }: Control): boolean {
  return name === "V4L2_CID_STATELESS_AV1_SEQUENCE";
}

/** Changes order_hint_bits, of which the kernel takes any value, and which drivers read only when they decode. */
function withOtherValue(control: Control): Control {
  if (typeof control.payload === "number") return control;
  const payload = control.payload.slice();
  const at = v4l2_ctrl_av1_sequence.offsets.order_hint_bits;
  payload[at] = (payload[at] as number) ^ 1;
  return { ...control, payload } as Control;
}

function isBusy(thrown: unknown): boolean {
  return thrown instanceof IoctlError && thrown.code === "EBUSY";
}

function hasSameFormat(a: QueueSequence, b: QueueSequence): boolean {
  return a.pixelFormat === b.pixelFormat && a.codedWidth === b.codedWidth && a.codedHeight === b.codedHeight;
}

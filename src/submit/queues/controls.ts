import type { Control } from "../../events.ts";
import { validate } from "../../kernel/index.ts";
import { controlByName } from "../../uapi/index.ts";
import { viewOf } from "../../uapi/struct.ts";
import { errorName, IoctlError, type RefusedControl } from "../errors.ts";
import type { KernelFile } from "../kernel-file.ts";
import { V4L2_CTRL_WHICH_CUR_VAL, V4L2_CTRL_WHICH_REQUEST_VAL } from "../layout/constants.ts";

/** Memory for the struct, its list, and the payloads one after the other. */
interface ArgumentMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The list's address. */
  readonly list: bigint;
  /** The memory's address in halves: a BigInt for each payload would cost more than copying the payload. */
  readonly low: number;
  readonly high: number;
}

/** Sets controls of a file, at once or in a request. */
export class ControlSetter {
  readonly #file: KernelFile;
  #memory: ArgumentMemory;

  constructor(file: KernelFile) {
    this.#file = file;
    this.#memory = this.#allocate(1 << 16);
  }

  #allocate(size: number): ArgumentMemory {
    const { bytes, address } = this.#file.allocate(size);
    return {
      bytes,
      view: viewOf(bytes),
      list: address + BigInt(this.#file.structs.v4l2_ext_controls.size),
      low: Number(address & 0xffff_ffffn),
      high: Number(address >> 32n),
    };
  }

  /**
   * @param requestFd the request that they go into; undefined means that they are set at once, for the file itself.
   * @throws IoctlError with the control that was refused, if the kernel says which, and the reasons of the kernel's rules.
   */
  set(controls: readonly Control[], requestFd?: number): void {
    if (controls.length === 0) return;
    const errno = this.#attempt("VIDIOC_S_EXT_CTRLS", controls, requestFd);
    if (errno === 0) return;
    throw new IoctlError({
      ioctl: "VIDIOC_S_EXT_CTRLS",
      code: errorName(errno),
      path: this.#file.path,
      what: requestFd === undefined ? undefined : "in a request",
      control: this.#refused(controls),
    });
  }

  /** The control at which a failed call stopped. The kernel's answer is still in the memory. */
  #refused(controls: readonly Control[]): RefusedControl | undefined {
    const control = controls[this.#errorIndex()] ?? this.#narrowed(controls);
    if (control === undefined) return undefined;
    const { name, payload } = control;
    return { name, refusals: controlByName(name) === undefined ? [] : validate(name, payload) };
  }

  /**
   * Where S_EXT_CTRLS failed before it set a control, it does not say which one is wrong (`error_idx` is `count`).
   * TRY_EXT_CTRLS of all controls says it, or TRY_EXT_CTRLS of each control alone.
   */
  #narrowed(controls: readonly Control[]): Control | undefined {
    if (this.#attempt("VIDIOC_TRY_EXT_CTRLS", controls, undefined) !== 0) {
      const named = controls[this.#errorIndex()];
      if (named !== undefined) return named;
    }
    return controls.find(
      (control) => this.#attempt("VIDIOC_TRY_EXT_CTRLS", [control], undefined) !== 0 && this.#errorIndex() === 0,
    );
  }

  #errorIndex(): number {
    return this.#memory.view.getUint32(this.#file.structs.v4l2_ext_controls.offsets.error_idx, true);
  }

  #attempt(
    ioctl: "VIDIOC_S_EXT_CTRLS" | "VIDIOC_TRY_EXT_CTRLS",
    controls: readonly Control[],
    requestFd: number | undefined,
  ): number {
    const { v4l2_ext_controls: head, v4l2_ext_control: entry } = this.#file.structs;
    const list = head.size;
    let end = align(list + controls.length * entry.size);
    let needed = end;
    for (const { payload } of controls) needed += align(sizeOf(payload));
    if (needed > this.#memory.bytes.length) this.#memory = this.#allocate(2 * needed);
    const { bytes, view, low, high } = this.#memory;
    bytes.fill(0, 0, end);
    const which = requestFd === undefined ? V4L2_CTRL_WHICH_CUR_VAL : V4L2_CTRL_WHICH_REQUEST_VAL;
    view.setUint32(head.offsets.which, which, true);
    view.setUint32(head.offsets.count, controls.length, true);
    // A call that fails before the kernel looks at the controls, as with ENODEV, does not write this field.
    view.setUint32(head.offsets.error_idx, controls.length, true);
    view.setInt32(head.offsets.request_fd, requestFd ?? 0, true);
    head.members.controls.write(view, head.offsets.controls, this.#memory.list);
    for (let i = 0; i < controls.length; i++) {
      const { id, payload } = controls[i] as Control;
      const at = list + i * entry.size;
      view.setUint32(at + entry.offsets.id, id, true);
      if (typeof payload === "number") {
        view.setInt32(at + entry.offsets.value64, payload, true);
        continue;
      }
      view.setUint32(at + entry.offsets.size, payload.length, true);
      view.setUint32(at + entry.offsets.value64, low + end, true); // modulo 2^32
      view.setUint32(at + entry.offsets.value64 + 4, low + end < 2 ** 32 ? high : high + 1, true);
      bytes.set(payload, end);
      end = align(end + payload.length);
    }
    return this.#file.attempt(ioctl, bytes);
  }
}

function sizeOf(payload: Uint8Array | number): number {
  return typeof payload === "number" ? 0 : payload.length;
}

function align(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}

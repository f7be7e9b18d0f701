import { constants } from "node:os";
import type { Refusal } from "../kernel/index.ts";
import type { TargetRefusal } from "../targets/target.ts";
import type { IoctlName } from "./layout/ioctls.ts";

/** There is no suitable device, or it cannot be used: one line for a person. */
export class DeviceError extends Error {
  override readonly name: string = "DeviceError";
}

/** The stream is known to be beyond the limits of the device's driver. */
export class RefusedStream extends DeviceError {
  override readonly name = "RefusedStream";
  readonly refusals: readonly TargetRefusal[];

  constructor(message: string, refusals: readonly TargetRefusal[]) {
    super(message);
    this.refusals = refusals;
  }
}

/** Why a submitter refuses a call. */
export const refusals = {
  busy: "the last call still has frames: take them all first",
  left: "the frames of the last call were not all taken: call reset() first",
  broken: "the device failed: call close()",
  closed: "the submitter is closed",
} as const;

/** Other names of EAGAIN and EOPNOTSUPP, which the kernel does not use. */
const aliases: readonly string[] = ["EWOULDBLOCK", "ENOTSUP"];

/** Linux's error numbers by name, the same on all the processors that are known here. */
const errorNames = new Map(
  Object.entries(constants.errno).flatMap(([name, value]) => (aliases.includes(name) ? [] : [[value as number, name]])),
);

/** `"EINVAL"`; for a number without a name, the number. */
export function errorName(errno: number): string {
  return errorNames.get(errno) ?? `errno ${errno}`;
}

/** A control that the kernel refused, and what is known about the reason. */
export interface RefusedControl {
  readonly name: string;
  /** Why the rules of `v4l2-stateless/kernel` refuse the payload. Empty when they accept it: then the driver refused it. */
  readonly refusals: readonly Refusal[];
}

/** The error of an ioctl, and what it was about. */
export interface IoctlFailure {
  readonly ioctl: IoctlName;
  /** `"EINVAL"` … */
  readonly code: string;
  readonly path: string;
  /** What the call was for, where the ioctl's name does not say it. */
  readonly what?: string | undefined;
  /** The control that was refused; undefined when there is none, or when the kernel does not say which. */
  readonly control?: RefusedControl | undefined;
}

/** An ioctl that failed. */
export class IoctlError extends Error implements IoctlFailure {
  override readonly name = "IoctlError";
  readonly ioctl: IoctlName;
  readonly code: string;
  readonly path: string;
  readonly what: string | undefined;
  readonly control: RefusedControl | undefined;

  constructor(failure: IoctlFailure) {
    super(failureText(failure));
    this.ioctl = failure.ioctl;
    this.code = failure.code;
    this.path = failure.path;
    this.what = failure.what;
    this.control = failure.control;
  }
}

/** Whether the device was removed, or its driver unbound: then there is nothing to stop. */
export function isGone(thrown: unknown): boolean {
  return thrown instanceof IoctlError && thrown.code === "ENODEV";
}

/** What to do about an error. */
const adviceOf: Readonly<Record<string, string>> = {
  EBUSY: "Another program may use the device, or the driver still works. See dmesg",
  EMFILE: "This program has too many open files: close some, or raise the limit (ulimit -n)",
  ENFILE: "The machine has too many open files: close some, or raise the limit (sysctl fs.file-max)",
  ENODEV: "The device was removed, or its driver unbound. See dmesg",
  ENOMEM:
    "There is too little memory that the device can use: release frames, ask for fewer buffers, or raise CMA (cma= for the kernel)",
  ENOTTY: "The kernel or the driver does not have this ioctl: is it a stateless decoder's, and new enough?",
};

/** What to do about an error, by its name. Of those that are not listed the kernel's log may say more. */
export function advice(code: string): string {
  return adviceOf[code] ?? "See dmesg";
}

function failureText({ ioctl, code, path, what, control }: IoctlFailure): string {
  const text = `${path}: ${ioctl}${what === undefined ? "" : ` (${what})`} failed with ${code}`;
  if (control === undefined) return `${text}. ${advice(code)}`;
  if (control.refusals.length === 0) {
    return `${text} at ${control.name}: the kernel's own rules accept the payload, so it was the driver that refused it`;
  }
  const reasons = control.refusals.map(({ path: field, value, reason }) =>
    [field, value === undefined ? "" : `= ${value}`, `(${reason})`].filter(Boolean).join(" "),
  );
  return `${text} at ${control.name}: the kernel refuses ${reasons.join(", ")}`;
}

/** The device did not finish in time. */
export class DeviceTimeout extends DeviceError {
  override readonly name = "DeviceTimeout";
}

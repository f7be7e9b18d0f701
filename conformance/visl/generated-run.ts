/**
 * In the machine: gives the kernel what `v4l2-stateless/testing` generates.
 *
 *     node generated-run.js [runs of each control] [seed]
 *
 * The kernel must take each valid payload and keep what `normalise` says, must refuse each hostile one, and must take the controls of
 * each generated request together. Prints a line for each control and codec; exit status 1 when one is wrong.
 */
import fc from "fast-check";
import type { Codec, Control } from "../../src/events.ts";
import { sameBytes } from "../../src/framing/bytes.ts";
import { normalise } from "../../src/kernel/index.ts";
import { IoctlError } from "../../src/submit/errors.ts";
import { listDevices } from "../../src/submit/index.ts";
import { KernelFile } from "../../src/submit/kernel-file.ts";
import { type Machine, thisMachine } from "../../src/submit/machine.ts";
import { ControlSetter } from "../../src/submit/queues/controls.ts";
import { hostileControl, validControl, validRequest } from "../../src/testing/index.ts";
import { codecNames, codecs } from "../../src/uapi/codecs.ts";
import type { ControlDefinition } from "../../src/uapi/control.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";

const [runs, seed] = [Number(process.argv[2] ?? 300), Number(process.argv[3] ?? 1)];

/** The argument of the last ioctl as the kernel left it: the list of controls, and the payloads after it. */
let answer: Uint8Array = new Uint8Array(0);

/** A machine whose ioctls leave their argument in `answer`. */
async function listeningMachine(): Promise<Machine> {
  const { libc, abi } = await thisMachine();
  const ioctl: typeof libc.ioctl = (fd, number, argument) => {
    const status = libc.ioctl(fd, number, argument);
    answer = argument ?? answer;
    return status;
  };
  return { abi, libc: Object.assign(Object.create(libc), { ioctl }) };
}

const [device] = (await listDevices()).devices;
if (device === undefined) throw new Error("there is no decoder");
const file = KernelFile.open(await listeningMachine(), device.path);
const setter = new ControlSetter(file);

/** Sets controls of the file. @returns what the kernel kept of the first one; undefined where it refused one. */
function kept(controls: readonly Control[]): Uint8Array | undefined {
  try {
    setter.set(controls);
  } catch (thrown) {
    // EFAULT and ENOSPC: less than an element, and too many of them.
    const isRefusal = thrown instanceof IoctlError && ["EINVAL", "ERANGE", "EFAULT", "ENOSPC"].includes(thrown.code);
    if (isRefusal) return undefined;
    throw thrown;
  }
  const { v4l2_ext_controls: head, v4l2_ext_control: entry } = file.structs;
  const payload = controls[0]?.payload;
  if (payload === undefined || typeof payload === "number") return new Uint8Array(0);
  const at = Math.ceil((head.size + controls.length * entry.size) / 8) * 8;
  return answer.subarray(at, at + payload.length);
}

let failed = 0;

/** Prints how many of the values the kernel treats as it must. The first that it does not is printed in full. */
function report<T>(name: string, values: readonly T[], wrong: (value: T) => string | undefined): void {
  let first: string | undefined;
  const fine = values.filter((value) => {
    const reason = wrong(value);
    first ??= reason;
    return reason === undefined;
  });
  if (first !== undefined) failed++;
  const share = `${fine.length} of ${values.length}`;
  console.log(first === undefined ? `ok      ${name}: ${share}` : `FAILED  ${name}: ${share}; the first one: ${first}`);
}

const hex = (payload: Uint8Array | number) =>
  typeof payload === "number" ? String(payload) : Buffer.from(payload).toString("hex");

function wrongValid(control: Control): string | undefined {
  const { name, payload } = control;
  const answered = kept([control]);
  if (answered === undefined) return `refused ${hex(payload)}`;
  if (typeof payload === "number" || sameBytes(answered, normalise(name, payload))) return undefined;
  return `kept ${hex(answered)} of ${hex(payload)}`;
}

function reportControl({ name, id, type }: ControlDefinition): void {
  const controlOf = (payload: Uint8Array | number) => ({ name, id, payload }) as Control;
  const valid = fc.sample(validControl(name), { seed, numRuns: runs });
  report(`${name}, ${type}, valid`, valid.map(controlOf), wrongValid);
  const hostile = fc.sample(hostileControl(name), { seed, numRuns: runs });
  report(`${name}, ${type}, hostile`, hostile, ({ payload, refusal }) =>
    kept([controlOf(payload)]) === undefined
      ? undefined
      : `took ${hex(payload)}, although ${refusal.path} ${refusal.reason}`,
  );
}

function reportRequests(codec: Codec, decodeMode: DecodeMode): void {
  const requests = fc.sample(validRequest(codec, { decodeMode }), { seed, numRuns: runs });
  report(`requests of ${codec}, ${decodeMode} mode`, requests, ({ controls }) =>
    kept(controls) === undefined
      ? controls.map(({ name, payload }) => `${name} ${hex(payload)}`).join(", ")
      : undefined,
  );
}

for (const codec of codecNames) {
  const { controls, modes } = codecs[codec];
  for (const control of Object.values(controls)) reportControl(control);
  reportRequests(codec, "frame");
  if (modes !== null) reportRequests(codec, "slice");
}
file.close();
process.exitCode = failed === 0 ? 0 : 1;

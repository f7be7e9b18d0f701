import { DeviceError, listDevices, noDecoder } from "../../submit/index.ts";
import type { TargetCodec } from "../../targets/index.ts";
import { CliError, type Io, Printer } from "../io.ts";
import { printable, styleFor } from "../printing/terminal.ts";

/** The decoders of this machine, and what each takes. Returns the exit status. */
export async function devices(io: Io): Promise<number> {
  const list = await listDevices().catch((thrown: unknown) => {
    throw thrown instanceof DeviceError ? new CliError(thrown.message) : thrown;
  });
  const style = styleFor(io);
  const printer = new Printer(io.stdout);
  for (const { path, mediaPath, driver, card, kernel, target } of list.devices) {
    const heading = `${path}  ${driver}  ${card}  (${mediaPath}, Linux ${kernel})`;
    printer.add(`${style.bold(printable(heading))}\n`);
    for (const [codec, taken] of Object.entries(target.codecs)) printer.add(codecText(codec, taken));
  }
  await printer.flush();
  if (list.devices.length === 0) throw new CliError(list.problems.join("; ") || noDecoder);
  for (const problem of list.problems) await io.stderr.write(`v4l2-stateless: ${printable(problem)}\n`);
  return 0;
}

function codecText(codec: string, { decodeModes, startCodes, controls, limits }: TargetCodec): string {
  const { maxWidth, maxHeight } = limits;
  const size = maxWidth === undefined ? "" : `up to ${maxWidth}x${maxHeight}`;
  const facts = [size, decodeModes.join("|"), startCodes.join("|")].filter(Boolean).join("  ");
  const names = Object.entries(controls).map(([name, elements]) => {
    const short = name.replace(/^V4L2_CID_STATELESS_/, "");
    return elements === 1 ? short : `${short}[${elements}]`;
  });
  return `  ${codec.padEnd(5)}  ${facts}\n         ${names.join(" ")}\n`;
}

import { DeviceError, type DeviceInfo, listDevices, noDecoder } from "../../submit/index.ts";
import type { TargetCodec } from "../../targets/index.ts";
import type { Arguments } from "../arguments.ts";
import { CliError, type Io, Printer } from "../io.ts";
import { jsonLine } from "../printing/json.ts";
import { fold, printable, type Style, styleFor } from "../printing/terminal.ts";

/** The decoders of this machine, and what each takes. Returns the exit status. */
export async function devices(io: Io, { json, color }: Pick<Arguments, "json" | "color">): Promise<number> {
  const list = await listDevices().catch((thrown: unknown) => {
    throw thrown instanceof DeviceError ? new CliError(thrown.message) : thrown;
  });
  const style = styleFor(io, color);
  const printer = new Printer(io.stdout);
  for (const device of list.devices)
    printer.add(json ? deviceJson(device) : deviceText(device, style, io.stdout.columns));
  await printer.flush();
  if (list.devices.length === 0) throw new CliError(list.problems.join("; ") || noDecoder);
  for (const problem of list.problems) await io.stderr.write(`v4l2-stateless: ${printable(problem)}\n`);
  return 0;
}

function deviceText(device: DeviceInfo, style: Style, columns: number | undefined): string {
  const { path, mediaPath, driver, card, kernel, target } = device;
  const heading = `${path}  ${driver}  ${card}  (${mediaPath}, Linux ${kernel})`;
  const lines = Object.entries(target.codecs).flatMap(([codec, taken]) => codecLines(codec, taken));
  const folded = lines.map((line) => `${fold(line, columns, 9)}\n`).join("");
  return `${style.bold(fold(printable(heading), columns, 4))}\n${folded}`;
}

function codecLines(codec: string, { decodeModes, startCodes, controls, limits }: TargetCodec): string[] {
  const { maxWidth, maxHeight } = limits;
  const size = maxWidth === undefined ? "" : `up to ${maxWidth}x${maxHeight}`;
  const facts = [size, decodeModes.join("|"), startCodes.join("|")].filter(Boolean).join("  ");
  const names = Object.entries(controls).map(([name, elements]) => {
    const short = name.replace(/^V4L2_CID_STATELESS_/, "");
    return elements === 1 ? short : `${short}[${elements}]`;
  });
  const controlLines = names.length === 0 ? [] : [`         ${names.join(" ")}`];
  return [`  ${codec.padEnd(5)}  ${facts}`, ...controlLines];
}

function deviceJson({ path, mediaPath, driver, card, kernel, target }: DeviceInfo): string {
  const codecs = Object.entries(target.codecs).map(([codec, { decodeModes, startCodes, controls, limits }]) => {
    return [codec, { decodeModes, startCodes, controls, limits }] as const;
  });
  return jsonLine({ type: "device", path, mediaPath, driver, card, kernel, codecs: Object.fromEntries(codecs) });
}

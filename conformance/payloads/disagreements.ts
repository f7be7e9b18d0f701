import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { targets } from "../../src/targets/index.ts";
import type { Condition } from "./comparator.ts";
import { comparators } from "./comparators.ts";
import { readVerdicts, type Transform, type Verdict } from "./verdicts.ts";

const names = { gst: "GStreamer", ff: "FFmpeg", neither: "neither" } as const;

const head = `# Where GStreamer and FFmpeg disagree, and who is right

Two programs drive V4L2 stateless decoders: GStreamer's \`v4l2codecs\` (1.28.8) and FFmpeg with the v4l2request patches (2024). For the
same stream they do not always send the same values. If your driver shows a fault with one of them and not with the other, look here
first: each section says what differs and when, which side the specification and the kernel's text support, and which drivers it matters to.
A section's name begins with the side that is wrong; "neither" is right where both are.

The sections are data, \`conformance/payloads/disagreements.json\`, and they are checked: \`npm run conformance -- <codec>\` compares our requests with both
programs' over a corpus of streams, and fails when a value differs that no section explains, when the side named here does not send
exactly our value, or, over the whole corpus, when a section explains nothing any more. Where neither side is right, a test computes our value from the bits.
Conditions look at decoded controls and at slice headers, never at a stream's name.
\`npx tsx conformance/payloads/disagreements.ts\` makes this file.`;

/** DISAGREEMENTS.md as the rows say it. */
export function disagreementsText(): string {
  const sections = Object.values(comparators).flatMap(({ codec, conditions }) => {
    const rows = readVerdicts(codec);
    return [`## ${codec.toUpperCase()}`, overview(rows), ...rows.map((row) => section(row, conditions))];
  });
  return `${[head, ...sections, ...otherReadings()].join("\n\n")}\n`;
}

/** What targets say of their drivers, as a last chapter. */
function otherReadings(): string[] {
  const readings = targets.flatMap(({ name, source, codecs }) =>
    Object.values(codecs).flatMap(({ quirks = {} }) =>
      Object.entries(quirks).map(([control, quirk]) => ({ name, source, control, ...quirk })),
    ),
  );
  return [
    "## Drivers that read otherwise",
    "What some drivers want is not what the kernel's text says. `record --target` and `controlsFor` of `v4l2-stateless/targets`\n" +
      "give them that; the target `generic` stays with the text.",
    ...readings.map(({ name, source, control, fields, text }) => {
      const paths = fields.map((field) => `\`${control.replace("V4L2_CID_STATELESS_", "")}.${field}\``).join(", ");
      return [`### ${name}: ${paths}`, "", `${text}.`, "", `* Authority: ${source}.`].join("\n");
    }),
  ];
}

function overview(rows: readonly Verdict[]): string {
  const lines = rows.map((row) => {
    const [what = ""] = /^.*?[.](?= |$)/.exec(row.note) ?? [row.note];
    return `| [${row.id}](#${row.id}) | ${what} | ${fieldOf(row)} | ${driversOf(row)} |`;
  });
  return ["| | what happens | field | matters to |", "|---|---|---|---|", ...lines].join("\n");
}

function fieldOf({ control, field }: Verdict): string {
  if (control === "@") return field === "request" ? "the request itself" : "the OUTPUT buffer";
  return `\`${control}.${field}\``;
}

function rightOf({ right }: Verdict): string {
  return names[right];
}

function driversOf({ matters }: Verdict): string {
  return matters.length === 0
    ? "no driver"
    : matters
        .join(", ")
        .replace("rkvdec, vdpu381, vdpu383", "rkvdec (all)")
        .replace("hantro G1, hantro VPU2", "hantro");
}

/** `"a, b, and not c"`. */
function conditionsOf({ when }: Verdict, conditions: Readonly<Record<string, Condition>>): string {
  const text = (name: string): string => conditions[name.replace(/^not /, "")]?.text ?? name;
  const holds = when.filter((name) => !name.startsWith("not ")).map(text);
  const fails = when.filter((name) => name.startsWith("not ")).map((name) => `unless ${text(name)}`);
  return [...(holds.length === 0 ? [] : [`when ${holds.join(", and ")}`]), ...fails].join(", ");
}

function section(row: Verdict, conditions: Readonly<Record<string, Condition>>): string {
  const when = conditionsOf(row, conditions);
  const lines = [
    `### ${row.id}`,
    "",
    `${fieldOf(row)}${when === "" ? "" : `, ${when}`}.`,
    "",
    row.note,
    "",
    `* Right: **${rightOf(row)}**. ${row.authority}.`,
    `* Matters to: ${driversOf(row)}.`,
  ];
  if (row.transform !== undefined) lines.push(`* Checked exactly: ${transformText(row.transform)}, every time.`);
  if (row.test !== undefined) lines.push(`* Our value is computed by hand in \`${row.test}\`.`);
  return lines.join("\n");
}

function transformText(transform: Transform): string {
  const peer = names[transform.peer];
  if ("remove" in transform) return `${peer}'s buffer without the ${transform.remove} is ours`;
  return `${peer}'s value ${transform.add < 0 ? "-" : "+"} ${Math.abs(transform.add)} is ours`;
}

/** The file that is made. */
export const disagreementsPath = fileURLToPath(new URL("../../DISAGREEMENTS.md", import.meta.url));

/** Whether the file says what the rows say. */
export function disagreementsAreCurrent(): boolean {
  return readFileSync(disagreementsPath, "utf8") === disagreementsText();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(disagreementsPath, disagreementsText());

import type { Condition } from "../../src/compare/comparator.ts";
import { type Peer, peers } from "../../src/compare/request.ts";
import { verdictsOf } from "../../src/compare/rows.ts";
import { type Effect, effects, effectText, type Transform, type Verdict } from "../../src/compare/rules.ts";
import type { Value } from "../../src/compare/values.ts";
import { targets } from "../../src/targets/index.ts";
import { acceptedDifferences } from "../drivers/accepted.ts";
import { comparators } from "./comparators.ts";
import { type Example, readExamples } from "./examples.ts";

/** A row with all that its section says. */
interface Entry {
  readonly row: Verdict;
  readonly conditions: Readonly<Record<string, Condition>>;
  readonly example: Example | undefined;
}

const names = { ours: "ours", gst: "GStreamer", ff: "FFmpeg", neither: "neither" } as const;
const codecNames = {
  h264: "H.264",
  h265: "HEVC",
  vp8: "VP8",
  vp9: "VP9",
  av1: "AV1",
  mpeg2: "MPEG-2",
  fwht: "FWHT",
} as const;

const head = `# Where GStreamer and FFmpeg disagree, and who is right

GStreamer's \`v4l2codecs\` (1.28.8) and FFmpeg with the v4l2request patches (2024) do not always send the same values for the
same stream. If your driver shows a fault with one of them and not with the other, look for the driver or for the control
in the indices below. Each section then says what differs and when, which side the specification and the kernel's text support, and
what happens to which driver. Sections are ordered by that effect; those that matter to no driver are in the appendix.

A section's name begins with the side that is wrong: \`gst-\`, \`ff-\`, or neither. \`hantro-g1\` stands for the VPU2 too, which reads
the same fields. In the examples \`#3\` is the picture of our request 3, \`gst #6\` a picture that only GStreamer has, and
\`none\` no picture. \`npx v4l2-stateless inspect <stream> --request <n>\` prints our request; a record in \`test/fixtures\` in place of
the stream, a peer's. Streams that are not in \`test/fixtures\` are those of the corpus that conformance/README.md describes.

FFmpeg's newer series (v3, December 2025) sends the same for H.264, HEVC, MPEG-2 and VP8; where VP9 changed, the section says so.

This file is generated (\`npx tsx conformance/payloads/disagreements.ts\`) from \`src/compare/<codec>/disagreements.json\`.
The rows are checked: \`npm run conformance -- <codec>\` fails when a value differs that no row explains, when the side that a row names
does not send exactly our value, or when a row explains nothing any more. Where neither side is right, a test computes our value
from the bits. Conditions look at decoded controls and at slice headers, never at a stream's name.`;

/** DISAGREEMENTS.md as the rows say it. */
export function disagreementsText(): string {
  const entries = Object.values(comparators).flatMap(({ codec, conditions }) => {
    const examples = readExamples(codec);
    return verdictsOf(codec).map((row): Entry => ({ row, conditions, example: examples[row.id] }));
  });
  const chapters = effects.flatMap((effect) => {
    const ofEffect = entries.filter(({ row }) => worstEffect(row) === effect);
    return ofEffect.length === 0 ? [] : [`## ${titles[effect]}`, ...ofEffect.map(section)];
  });
  const rest = entries.filter(({ row }) => worstEffect(row) === undefined);
  const parts = [head, driverIndex(entries), controlIndex(entries), ...chapters, ...formats(), ...otherReadings()];
  return `${[...parts, appendixHead, ...rest.map(section)].join("\n\n")}\n`;
}

const titles: Readonly<Record<Effect, string>> = {
  hang: "Hang",
  refusal: "Refusal: the driver refuses the request or fails the job",
  "wrong picture": "Wrong picture",
  "wrong output": "Wrong output: a picture is missing or decoded twice",
};

const appendixHead = `## Appendix: what matters to no driver

No driver reads these fields, or the other value has the same effect.`;

/** The worst of a row's effects; undefined where it matters to no driver. */
export function worstEffect({ matters }: Pick<Verdict, "matters">): Effect | undefined {
  return effects.find((effect) => matters[effect] !== undefined);
}

function link({ row }: Entry): string {
  return `[${row.id}](#${row.id})`;
}

/** A table for each driver: who is wrong, in which codec, with which effect. */
function driverIndex(entries: readonly Entry[]): string {
  const isNamed = (name: string): boolean => entries.some(({ row }) => driversOf(row).includes(name));
  const drivers = targets.map(({ name }) => name).filter(isNamed);
  const tables = drivers.map((driver) => {
    const lines = effects.flatMap((effect) =>
      Object.entries(codecNames).flatMap(([codec, name]) => {
        const hit = entries.filter(({ row }) => row.codec === codec && row.matters[effect]?.includes(driver));
        const cells = peers.map((peer) =>
          hit
            .filter(({ row }) => isWrong(row, peer))
            .map(link)
            .join(", "),
        );
        return hit.length === 0 ? [] : [`| ${effect} | ${name} | ${cells.join(" | ")} |`];
      }),
    );
    const heading = [`### ${driver}`, "", "| effect | codec | GStreamer is wrong | FFmpeg is wrong |"];
    return [...heading, "|---|---|---|---|", ...lines].join("\n");
  });
  return ["## By driver", "The names are those of `--target`.", ...tables].join("\n\n");
}

/** Where neither is right, the id says whether both are wrong. */
function isWrong({ id, right }: Verdict, peer: Peer): boolean {
  if (right !== "neither") return right !== peer;
  const [prefix] = id.split("-");
  return prefix === peer || (prefix !== "gst" && prefix !== "ff");
}

function controlIndex(entries: readonly Entry[]): string {
  const fields = new Map<string, Entry[]>();
  for (const entry of entries) {
    const name =
      entry.row.control === "@" ? `${fieldOf(entry.row)}, ${codecNames[entry.row.codec]}` : fieldOf(entry.row);
    fields.set(name, [...(fields.get(name) ?? []), entry]);
  }
  const lines = [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = lines.map(([name, ofField]) => `| ${name} | ${ofField.map(link).join(", ")} |`);
  return ["## By control", "", "| field | sections |", "|---|---|", ...rows].join("\n");
}

function driversOf({ matters }: Verdict): readonly string[] {
  return effects.flatMap((effect) => matters[effect] ?? []);
}

/** What is no control. */
const wholeNames: Readonly<Record<string, string>> = {
  request: "the request itself",
  bitstream: "the OUTPUT buffer",
  timestamp: "whether the OUTPUT buffer has the timestamp of the one before",
};

function fieldOf({ control, field }: Verdict): string {
  if (control === "@") return wholeNames[field] ?? field;
  return `\`${control}.${field}\``;
}

/** `"a, b, and not c"`. */
function conditionsOf({ row: { when }, conditions }: Entry): string {
  const text = (name: string): string => conditions[name.replace(/^not /, "")]?.text ?? name;
  const holds = when.filter((name) => !name.startsWith("not ")).map(text);
  const fails = when.filter((name) => name.startsWith("not ")).map((name) => `unless ${text(name)}`);
  return [...(holds.length === 0 ? [] : [`when ${holds.join(", and ")}`]), ...fails].join(", ");
}

function section(entry: Entry): string {
  const { row, example } = entry;
  const when = conditionsOf(entry);
  const lines = [
    `### ${row.id}`,
    "",
    row.note,
    "",
    `* Field: ${fieldOf(row)}${when === "" ? "" : `, ${when}`}.`,
    `* Right: **${names[row.right]}**. ${row.authority}.`,
    `* Effect: ${effectText(row)}.`,
  ];
  if (example !== undefined) lines.push(`* Example: ${exampleText(example)}.`);
  if (row.transform !== undefined) lines.push(`* Checked exactly: ${transformText(row.transform)}, every time.`);
  if (row.test !== undefined) lines.push(`* Our value is computed by hand in \`${row.test}\`.`);
  if (row.reports !== undefined) lines.push(`* Report: ${row.reports.map((path) => `[${path}](${path})`).join(", ")}.`);
  return lines.join("\n");
}

function transformText(transform: Transform): string {
  const peer = names[transform.peer];
  if ("remove" in transform) return `${peer}'s buffer without the ${transform.remove} is ours`;
  return `${peer}'s value ${transform.add < 0 ? "-" : "+"} ${Math.abs(transform.add)} is ours`;
}

/** Stream, place and the three values. */
export function exampleText({ stream, mode, request, field, values }: Example): string {
  const place = placeText(field, request);
  const missing = { ours: "", gst: "no request", ff: mode === "slice" ? "not compared" : "no request" };
  const shown = (["ours", "gst", "ff"] as const).map((side) => {
    const value = values[side];
    return `${names[side]} ${value === undefined ? missing[side] : `\`${shortened(value)}\``}`;
  });
  return `\`${stream}\`${mode === "slice" ? " in slice mode" : ""}, ${place}: ${shown.join(", ")}`;
}

const exampleNames: Readonly<Record<string, string>> = {
  "@.bitstream": "its OUTPUT buffer",
  "@.timestamp": "its timestamp",
};

/** `"@.request (3 of gst)"` is a request that only GStreamer makes; its number is GStreamer's. */
function placeText(field: string, request: number): string {
  const added = /^@[.]request [(](\d+) of (gst|ff)[)]$/.exec(field);
  if (added !== null) return `${names[added[2] as "gst" | "ff"]}'s request ${added[1]}`;
  if (field === "@.request") return `request ${request}`;
  return `request ${request}, ${exampleNames[field] ?? `\`${field}\``}`;
}

const longest = 48;

/** A list of numbers by its first ones. */
function shortened(value: Value): string {
  const text = String(value);
  return text.length <= longest ? text : `${text.slice(0, text.lastIndexOf(" ", longest))} …`;
}

/** What targets say of their drivers, as a chapter of its own. */
/** What is no control's: rows of conformance/drivers/accepted.json that say which side is wrong. */
function formats(): string[] {
  const rows = acceptedDifferences.filter(({ title }) => title !== undefined);
  return [
    "## Formats, seen in the registers",
    "What a program sets with S_FMT shows in no control. These differences were seen in what the drivers program on fake hardware;\n" +
      "`npm run conformance:drivers -- --gstreamer` fails where one appears that no row has.",
    ...rows.map(({ id, title, reason }) => [`### ${id}`, "", `${title}.`, "", reason].join("\n")),
  ];
}

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

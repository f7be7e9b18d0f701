import { describe, expect, it } from "vitest";
import {
  corpusFiles,
  corpusPlace,
  fixtureStreams,
  hasCorpus,
  type StreamFile,
} from "../../conformance/streams/corpus-files.ts";
import type { DecodeEvent } from "../../src/events.ts";
import { openH264Session } from "../../src/h264/index.ts";
import { difference, pushed } from "../../support/cuts.ts";
import { digest, eventKey } from "../../support/events.ts";
import {
  accessUnits,
  annexB,
  avcC,
  h264References,
  kernelRefusals,
  lengthPrefixed,
  typeOf,
  unitsByDefinition,
} from "../../support/h264-requests.ts";
import { poolFlaws } from "../../support/pool.ts";
import { Random } from "../../support/random.ts";

const whole = (bytes: Uint8Array, session = openH264Session()) => [...session.push(bytes), ...session.flush()];

/** What a decoder does: without errors, whose offsets depend on the framing, and without the sequence. */
const actions = (events: readonly DecodeEvent[]) =>
  events.filter(({ type }) => type === "request" || type === "output" || type === "release").map(eventKey);

/** How many pictures have been output when each request comes. */
function outputsAtRequests(events: readonly DecodeEvent[]): number[] {
  let outputs = 0;
  return events.flatMap(({ type }) => {
    if (type === "output") outputs++;
    return type === "request" ? [outputs] : [];
  });
}

const isRequest = (key: string) => key.startsWith("request ");

type Property = (stream: StreamFile, bytes: Uint8Array) => string[];

const SMALL = 40_000;

const properties: readonly [string, Property][] = [
  [
    "any cut of the bytes gives the same events",
    ({ name }, bytes) => {
      const expected = whole(bytes).map(eventKey);
      const random = new Random(name.length);
      const cuts: [string, () => number][] = [
        ["random", () => 1 + random.below(random.below(4) === 0 ? 9 : 30_000)],
        ...(bytes.length <= SMALL ? ([["one byte", () => 1]] as [string, () => number][]) : []),
      ];
      return cuts.flatMap(([cut, next]) =>
        difference(pushed(openH264Session(), bytes, next), expected).map((flaw) => `${cut}: ${flaw}`),
      );
    },
  ],
  [
    "a packet that holds the whole stream gives the events of push",
    (_, bytes) => {
      if (unitsByDefinition(bytes).length === 0) return []; // Of a packet that is an error; a stream may go on.
      const session = openH264Session();
      return difference([...session.decode(bytes), ...session.flush()].map(eventKey), whole(bytes).map(eventKey));
    },
  ],
  [
    "a pool of captureBuffers never runs dry, and references live (ARCHITECTURE, What lives how long); Max(max_num_ref_frames, 1) holds (8.2.5.1)",
    (_, bytes) => poolFlaws(whole(bytes), h264References),
  ],
  [
    "the pool holds in slice mode, with any startAt and missingReferences",
    (_, bytes) =>
      [
        { decodeMode: "slice", missingReferences: "nearest" } as const,
        { startAt: "random-access", missingReferences: "drop" } as const,
      ].flatMap((options) => {
        const events = whole(bytes, openH264Session(options));
        return [...poolFlaws(events, h264References), ...kernelRefusals(events)].map(
          (flaw) => `${JSON.stringify(options)}: ${flaw}`,
        );
      }),
  ],
  [
    "both moments of output give the same order, and the earliest is never the later one",
    (_, bytes) => {
      const earliest = whole(bytes);
      const atFull = whole(bytes, openH264Session({ output: "c.4.5.3" }));
      const keys = (events: readonly DecodeEvent[]) => events.filter(({ type }) => type === "output").map(eventKey);
      const late = outputsAtRequests(earliest).filter((count, i) => count < (outputsAtRequests(atFull)[i] ?? 0));
      return [...difference(keys(earliest), keys(atFull)), ...late.map((count) => `only ${count} outputs so far`)];
    },
  ],
  ["the kernel takes every control", (_, bytes) => kernelRefusals(whole(bytes))],
  [
    "what was returned never changes",
    (_, bytes) => {
      const payloads = new Map<Uint8Array, string>();
      const session = openH264Session();
      const keys: [DecodeEvent, string][] = [];
      const keep = (events: DecodeEvent[]) => {
        for (const event of events) {
          keys.push([event, JSON.stringify({ ...event, controls: 0, bitstream: 0, error: 0 })]);
          if (event.type !== "request" && event.type !== "sequence") continue;
          for (const { payload } of event.controls) {
            if (payload instanceof Uint8Array && !payloads.has(payload)) payloads.set(payload, digest([payload]));
          }
        }
      };
      const half = bytes.length >> 1;
      keep(session.push(bytes.subarray(0, half)));
      keep(session.push(bytes.subarray(half)));
      keep(session.flush());
      const changed = [...payloads].filter(([payload, before]) => digest([payload]) !== before).length;
      const altered = keys.filter(
        ([event, key]) => JSON.stringify({ ...event, controls: 0, bitstream: 0, error: 0 }) !== key,
      ).length;
      return changed + altered > 0 ? [`${changed} payloads and ${altered} events changed`] : [];
    },
  ],
  [
    "length prefixes give the requests of start codes, with parameter sets in avcC or in band",
    (_, bytes) => {
      const units = unitsByDefinition(bytes);
      const expected = actions(whole(annexB(units)));
      const longest = Math.max(0, ...units.map(({ length }) => length));
      const random = new Random(1);
      return [4, 2, 1].flatMap((size) => {
        if (longest >= 256 ** size) return [];
        const packet = lengthPrefixed(units, size);
        const session = openH264Session();
        const inBand = [...session.configure(avcC(size, [])), ...session.decode(packet), ...session.flush()];
        const piecewise = openH264Session();
        piecewise.configure(avcC(size, []));
        const pieces = pushed(piecewise, packet, () => 1 + random.below(5000));
        const isAction = (key: string) => isRequest(key) || /^\{"type":"(output|release)/.test(key);
        return [
          ...difference(actions(inBand), expected).map((flaw) => `${size} bytes, decode: ${flaw}`),
          ...difference(pieces.filter(isAction), expected).map((flaw) => `${size} bytes, push: ${flaw}`),
          ...outOfBand(units, size, expected),
        ];
      });
    },
  ],
];

/** The same with the parameter sets in avcC alone, for streams that do not change them. */
function outOfBand(units: readonly Uint8Array[], size: number, expected: readonly string[]): string[] {
  const isSet = (unit: Uint8Array) => typeOf(unit) === 7 || typeOf(unit) === 8;
  const sets = new Map(units.filter(isSet).map((unit) => [digest([unit]), unit]));
  const ofType = (type: number) => [...sets.values()].filter((unit) => typeOf(unit) === type).length;
  const firstSlice = units.findIndex((unit) => typeOf(unit) === 1 || typeOf(unit) === 5);
  const comesFirst = units.slice(0, firstSlice).filter(isSet).length >= sets.size;
  if (ofType(7) !== 1 || ofType(8) !== 1 || !comesFirst) return [];
  const session = openH264Session();
  const packet = lengthPrefixed(
    units.filter((unit) => !isSet(unit)),
    size,
  );
  const events = [...session.configure(avcC(size, [...sets.values()])), ...session.decode(packet), ...session.flush()];
  // Requests only: a slice that is broken counts as the open picture's, unless a set before it has ended that picture.
  return difference(actions(events).filter(isRequest), expected.filter(isRequest)).map(
    (flaw) => `${size} bytes, sets in avcC: ${flaw}`,
  );
}

describe.each(properties)("%s", (_, property) => {
  const flawsOf = (streams: readonly StreamFile[]) =>
    streams.flatMap((stream) => property(stream, stream.read()).map((flaw) => `${stream.name}: ${flaw}`));

  it("in every fixture", { tags: "long" }, () => {
    expect(flawsOf(fixtureStreams("h264"))).toEqual([]);
  });

  it.skipIf(!hasCorpus)(`in every stream of the corpus (${corpusPlace})`, { tags: "long" }, () => {
    expect(flawsOf(corpusFiles("h264")).slice(0, 30)).toEqual([]);
  });
});

describe("packets of one access unit each", () => {
  it.each(fixtureStreams("h264").map((stream) => [stream.name, stream] as const))(
    "give the requests of push: %s",
    (_, stream) => {
      const bytes = stream.read();
      const session = openH264Session();
      const packets = accessUnits(unitsByDefinition(bytes));
      expect(packets.length).toBeGreaterThan(1);
      const events = packets.flatMap((units, pts) => {
        const given = session.decode(annexB(units), { pts });
        // A picture's requests come with its own packet.
        expect(given.filter(({ type }) => type === "request").length).toBeLessThanOrEqual(1);
        return given;
      });
      events.push(...session.flush());
      const withoutPts = (event: DecodeEvent) => (event.type === "output" ? { ...event, pts: undefined } : event);
      expect(difference(actions(events.map(withoutPts)), actions(whole(bytes)))).toEqual([]);
      const pts = events.flatMap((event) => (event.type === "output" ? [event.pts] : []));
      expect(pts.every((value) => value !== undefined)).toBe(true);
      expect(new Set(pts).size).toBe(pts.length);
    },
  );
});

/** Streams whose pictures do not all begin with macroblock 0 alone: the simple rule does not find their access units. */
const notSimple = [
  "encoded-jm__separate_colour_planes.264", // each of three colour planes begins with macroblock 0
  "jvt-avc_v1__FM1_FT_E.264", // arbitrary slice order
];

describe.skipIf(!hasCorpus)(`packets of one access unit each, in the corpus (${corpusPlace})`, { tags: "long" }, () => {
  it("give the requests of push", () => {
    const differing = corpusFiles("h264").filter((stream) => {
      const bytes = stream.read();
      const session = openH264Session();
      const packets = accessUnits(unitsByDefinition(bytes));
      const events = [...packets.flatMap((units) => session.decode(annexB(units))), ...session.flush()];
      const requests = (all: readonly DecodeEvent[]) => actions(all).filter(isRequest);
      return difference(requests(events), requests(whole(bytes))).length > 0;
    });
    expect(differing.map(({ name }) => name)).toEqual(notSimple);
  });
});

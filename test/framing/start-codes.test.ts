import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { startCodeModule } from "../../etc/wasm.ts";
import {
  findStartCodes,
  OffsetList,
  openWasmScan,
  type StartCodeScan,
  scanWithoutWasm,
} from "../../src/framing/start-codes.ts";

/** The definition, byte by byte. */
function naive(bytes: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = 0; at + 3 <= bytes.length; at++) {
    if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) found.push(at);
  }
  return found;
}

const listed = (offsets: OffsetList) => Array.from({ length: offsets.length }, (_, i) => offsets.at(i));

function found(scan: StartCodeScan, bytes: Uint8Array): number[] {
  const offsets = new OffsetList();
  scan(bytes, offsets);
  return listed(offsets);
}

const withWasm = openWasmScan() as StartCodeScan;
const scans: readonly [string, StartCodeScan][] = [
  ["in TypeScript", scanWithoutWasm],
  ["with SIMD", withWasm],
  ["that is chosen", findStartCodes],
];

describe.each(scans)("the scan %s", (_, scan) => {
  it("equals the definition on bytes that fast-check makes up", () => {
    const few = fc.uint8Array({ max: 2, maxLength: 1500 });
    fc.assert(
      fc.property(few, (bytes) => {
        expect(found(scan, bytes)).toEqual(naive(bytes));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("equals it on bytes with a few pairs in each block", () => {
    fc.assert(
      fc.property(fc.uint8Array({ max: 9, minLength: 512, maxLength: 3000 }), (bytes) => {
        expect(found(scan, bytes)).toEqual(naive(bytes));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("equals it around the ends of windows and blocks, whatever the windows before have left", () => {
    found(
      scan,
      new Uint8Array(300_000).map((_, i) => (i % 3 === 2 ? 1 : 0)),
    ); // a prefix at every third byte
    for (const length of [3, 63, 64, 65, 66, 67, 511, 512, 513, 131_071, 131_072, 131_073, 131_074, 262_144, 400_001]) {
      for (const fill of [0xff, 0]) {
        const bytes = new Uint8Array(length).fill(fill);
        for (const place of [0, 13, 61, 62, 63, 64, length / 2, 131_068, 131_069, 131_070, 131_071, length - 3]) {
          if (place + 3 <= length) bytes.set([0, 0, 1], Math.floor(place));
        }
        bytes.set([0, 0], length - 2);
        expect(found(scan, bytes)).toEqual(naive(bytes));
      }
    }
  });

  it("finds a prefix alone, at each place of a block", () => {
    for (let place = 0; place < 400; place++) {
      const bytes = new Uint8Array(1024).fill(0xff);
      bytes.set([0, 0, 1], place);
      expect(found(scan, bytes)).toEqual([place]);
    }
  });

  it("finds a prefix after many pairs that begin none", () => {
    for (let place = 600; place < 2200; place++) {
      const bytes = new Uint8Array(4096).fill(0xff);
      for (let at = 0; at < 500; at += 64) bytes.set([0, 0, 3], at);
      bytes.set([0, 0, 1], place);
      expect(found(scan, bytes)).toEqual([place]);
    }
  });

  it("finds a prefix at every third byte of a long piece", () => {
    const bytes = new Uint8Array(300_000).map((_, i) => (i % 3 === 2 ? 1 : 0));
    expect(found(scan, bytes).length).toBe(100_000);
  });

  it("adds to the list that it is given, and reads views of larger buffers", () => {
    const offsets = new OffsetList();
    offsets.push(-1);
    scan(new Uint8Array(900).fill(7).subarray(1, 899), offsets);
    scan(Uint8Array.of(9, 0, 0, 1, 0, 0, 1).subarray(1, 6), offsets);
    expect(listed(offsets)).toEqual([-1, 0]);
  });
});

describe("start-code-wasm.ts", () => {
  it("is what start-code.wat says", async () => {
    const path = fileURLToPath(new URL("../../src/framing/start-code-wasm.ts", import.meta.url));
    expect(readFileSync(path, "utf8")).toBe(await startCodeModule());
  });

  it("is not needed: without WebAssembly, or where a policy forbids it, the scan in TypeScript does the work", async () => {
    const bytes = new Uint8Array(2000).fill(5);
    bytes.set([0, 0, 1], 1234);
    const forbidden = {
      Module: class {
        constructor() {
          throw new Error("Wasm code generation disallowed by embedder");
        }
      },
    };
    for (const WebAssembly of [undefined, forbidden]) {
      vi.resetModules();
      vi.stubGlobal("WebAssembly", WebAssembly);
      try {
        const { findStartCodes: scan, openWasmScan: open } = await import("../../src/framing/start-codes.ts");
        expect(open()).toBeNull();
        expect(found(scan, bytes)).toEqual([1234]);
      } finally {
        vi.unstubAllGlobals();
      }
    }
  });
});

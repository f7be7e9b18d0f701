/**
 * Finds all start codes in a piece of a stream at once: with SIMD where WebAssembly supports it, else like `findStartCode`.
 */

import { findStartCode } from "./start-code.ts";
import { startCodeWasm } from "./start-code-wasm.ts";

/** A list of offsets that is used again and again: a plain array would grow anew for each piece. */
export class OffsetList {
  #offsets = new Int32Array(64);
  length = 0;

  at(i: number): number {
    return this.#offsets[i] as number;
  }

  push(offset: number): void {
    this.#reserve(1);
    this.#offsets[this.length++] = offset;
  }

  append(offsets: Int32Array): void {
    this.#reserve(offsets.length);
    this.#offsets.set(offsets, this.length);
    this.length += offsets.length;
  }

  #reserve(count: number): void {
    if (this.length + count <= this.#offsets.length) return;
    const larger = new Int32Array(2 * (this.length + count));
    larger.set(this.#offsets.subarray(0, this.length));
    this.#offsets = larger;
  }
}

/** Adds the offsets of all prefixes 00 00 01 that are completely inside `bytes` to `offsets`, ascending. */
export type StartCodeScan = (bytes: Uint8Array, offsets: OffsetList) => void;

/** Size of the module's window in bytes: see start-code.wat. */
const WINDOW = 1 << 17;
/** Address of the module's list of offsets: WINDOW + 128, after the bytes that the module may read. */
const LIST = 131_200;
/** For shorter pieces, calling the module costs more than it saves. */
const WASM_MIN = 512;

/**
 * The part of WebAssembly that is used here. It is declared because the core compiles without the types of a browser or of
 * Node.
 */
interface WebAssemblyLike {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

interface ScanExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly scan: (length: number, list: number, base: number) => number;
}

/** Undefined until a scan needs it; null where there is no WebAssembly, no SIMD, or a policy forbids it. */
let wasmScan: StartCodeScan | null | undefined;

/** Scans a piece with the method that is faster for its length. */
export function findStartCodes(bytes: Uint8Array, offsets: OffsetList): void {
  if (bytes.length >= WASM_MIN) {
    if (wasmScan === undefined) wasmScan = openWasmScan();
    if (wasmScan !== null) {
      wasmScan(bytes, offsets);
      return;
    }
  }
  scanWithoutWasm(bytes, offsets);
}

/** The scan in TypeScript. */
export function scanWithoutWasm(bytes: Uint8Array, offsets: OffsetList): void {
  const { length } = bytes;
  for (let at = findStartCode(bytes, 0, length); at >= 0; at = findStartCode(bytes, at + 3, length)) offsets.push(at);
}

/** The scan with SIMD; null where this machine or its policy does not allow it. */
export function openWasmScan(): StartCodeScan | null {
  const { WebAssembly } = globalThis as { readonly WebAssembly?: WebAssemblyLike };
  if (WebAssembly === undefined) return null;
  let exports: ScanExports;
  try {
    const pairs = startCodeWasm.match(/../g) ?? [];
    const module = new WebAssembly.Module(Uint8Array.from(pairs, (pair) => parseInt(pair, 16)));
    exports = new WebAssembly.Instance(module).exports as ScanExports;
  } catch {
    return null; // CompileError: there is no SIMD, or a Content-Security-Policy without 'wasm-unsafe-eval'.
  }
  const { memory, scan } = exports;
  const window = new Uint8Array(memory.buffer, 0, WINDOW);
  const list = new Int32Array(memory.buffer, LIST);
  return (bytes, offsets) => {
    // Windows overlap by two bytes, because a prefix may lie across two of them.
    for (let at = 0; at + 2 < bytes.length; at += WINDOW - 2) {
      const part = at === 0 && bytes.length <= WINDOW ? bytes : bytes.subarray(at, at + WINDOW);
      window.set(part);
      const count = scan(part.length, LIST, at);
      if (count > 0) offsets.append(list.subarray(0, count));
    }
  };
}

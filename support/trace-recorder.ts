import type { Trace, TraceElement, TraceUnit } from "../src/bitreader/index.ts";

/** A unit with all that was read of it. */
export interface TracedUnit {
  readonly name: string;
  /** Offset of its first byte in the input; -1 from the stateless parser. */
  readonly byte: number;
  readonly bytes: Uint8Array;
  readonly elements: TraceElement[];
}

/** Keeps what a parser reads. */
export class TraceRecorder implements Trace {
  readonly units: TracedUnit[] = [];

  unit({ name, byte, bytes }: TraceUnit): void {
    this.units.push({ name, byte, bytes: bytes.slice(), elements: [] });
  }

  element(element: TraceElement): void {
    this.units.at(-1)?.elements.push(element);
  }
}

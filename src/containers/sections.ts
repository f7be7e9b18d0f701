/** Program specific information of transport streams: H.222.0 2.4.4. */

import { sameBytes } from "../framing/bytes.ts";

/** The longest PAT or PMT section: section_length has 10 bits that count. */
const LONGEST_SECTION = 1024;

/** Collects the sections of one PID. */
export class SectionReader {
  #bytes: number[] = [];
  #isOpen = false;
  readonly #section: (bytes: Uint8Array) => void;
  readonly #refuse: () => void;

  /**
   * @param section Called with each section whose CRC_32 is right.
   * @param refuse Called for each section whose CRC_32 is wrong.
   */
  constructor(section: (bytes: Uint8Array) => void, refuse: () => void) {
    this.#section = section;
    this.#refuse = refuse;
  }

  /** Takes the payload of a packet. */
  payload(bytes: Uint8Array, payload_unit_start_indicator: boolean): void {
    if (!payload_unit_start_indicator) {
      this.#add(bytes);
      return;
    }
    const pointer_field = bytes[0] ?? 0;
    this.#add(bytes.subarray(1, 1 + pointer_field));
    this.#bytes = [];
    this.#isOpen = true;
    this.#add(bytes.subarray(1 + pointer_field));
  }

  #add(payload: Uint8Array): void {
    if (!this.#isOpen) return;
    for (const byte of payload) this.#bytes.push(byte);
    for (;;) {
      const bytes = this.#bytes;
      // 0xff after the last section is stuffing.
      if (bytes.length < 3 || bytes[0] === 0xff) break;
      const size = 3 + (((bytes[1] as number) & 0x0f) << 8) + (bytes[2] as number);
      if (size > LONGEST_SECTION) break;
      if (bytes.length < size) return;
      const section = Uint8Array.from(bytes.splice(0, size));
      if (crc32Mpeg(section) === 0) this.#section(section);
      else this.#refuse();
    }
    if (this.#bytes.length >= 3) this.#isOpen = false;
  }
}

/** Annex A: the remainder of a section with its CRC_32 is 0. */
function crc32Mpeg(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc;
}

/**
 * 2.4.4.3 to 2.4.4.5: the list of programs, which has the PID of each program's map by program_number. It may come in several
 * sections.
 */
export class ProgramList {
  readonly #programs = new Map<number, number>();
  /** The version of the table's sections so far; undefined before the first. */
  #version_number: number | undefined;
  #last_section_number = 0;
  readonly #sections = new Map<number, Uint8Array>();

  /**
   * Takes a section, and returns the PIDs of the program maps that it adds; "all" where the whole list is new. The programs of
   * the previous list stay in force until the new list is complete. Sections of other tables are ignored.
   *
   * The work is bounded by the number of bytes: a repeated section costs one comparison, and a list is built anew only after as
   * many sections as it has.
   */
  section(bytes: Uint8Array): readonly number[] | "all" {
    if (bytes[0] !== 0 || !isCurrent(bytes)) return [];
    const version_number = ((bytes[5] as number) >> 1) & 31;
    const section_number = bytes[6] as number;
    const last_section_number = bytes[7] as number;
    const stored = this.#sections.get(section_number);
    const isOtherTable = version_number !== this.#version_number || last_section_number !== this.#last_section_number;
    if (!isOtherTable && stored && sameBytes(stored, bytes)) return [];
    if (isOtherTable || stored) {
      this.#version_number = version_number;
      this.#last_section_number = last_section_number;
      this.#sections.clear();
    }
    this.#sections.set(section_number, bytes);
    if (this.#sections.size <= last_section_number) return this.#add(bytes);
    this.#programs.clear();
    for (const section of this.#sections.values()) this.#add(section);
    return "all";
  }

  #add(section: Uint8Array): number[] {
    const pids: number[] = [];
    for (const [program_number, pid] of programsOf(section)) {
      this.#programs.set(program_number, pid);
      pids.push(pid);
    }
    return pids;
  }

  /** Undefined where there is no such program. */
  mapPid(program_number: number): number | undefined {
    return this.#programs.get(program_number);
  }

  mapPids(): Set<number> {
    return new Set(this.#programs.values());
  }
}

function programsOf(section: Uint8Array): Map<number, number> {
  const programs = new Map<number, number>();
  for (let at = 8; at + 4 <= section.length - 4; at += 4) {
    const program_number = u16(section, at);
    if (program_number !== 0) programs.set(program_number, u16(section, at + 2) & 0x1fff);
  }
  return programs;
}

/** An elementary stream of a program. */
export interface ProgramElement {
  readonly stream_type: number;
  readonly elementary_PID: number;
  /** 2.6.8: four letters that say what a private stream_type holds. */
  readonly format_identifier: string | undefined;
}

/** 2.4.4.8. */
export interface ProgramMap {
  readonly program_number: number;
  readonly elements: readonly ProgramElement[];
}

/** Reads a program map. Null for another table, and for a map that is not yet in force. */
export function readProgramMap(section: Uint8Array): ProgramMap | null {
  if (section[0] !== 2 || !isCurrent(section)) return null;
  const elements: ProgramElement[] = [];
  let at = 12 + (u16(section, 10) & 0x0fff);
  while (at + 5 <= section.length - 4) {
    const next = at + 5 + (u16(section, at + 3) & 0x0fff);
    elements.push({
      stream_type: section[at] as number,
      elementary_PID: u16(section, at + 1) & 0x1fff,
      format_identifier: formatIdentifier(section.subarray(at + 5, next)),
    });
    at = next;
  }
  return { program_number: u16(section, 3), elements };
}

/** 2.6.8: the registration descriptor among the descriptors of an elementary stream. */
function formatIdentifier(descriptors: Uint8Array): string | undefined {
  for (let at = 0; at + 6 <= descriptors.length; at += 2 + (descriptors[at + 1] as number)) {
    const [tag, , ...letters] = descriptors.subarray(at, at + 6);
    if (tag === 5) return letters.map((letter) => String.fromCharCode(letter)).join("");
  }
  return undefined;
}

function isCurrent(section: Uint8Array): boolean {
  return section.length >= 12 && ((section[5] as number) & 1) === 1;
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

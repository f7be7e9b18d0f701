/** Program specific information of transport streams: H.222.0 2.4.4. */

/** The longest PAT or PMT section: section_length has 10 bits that count. */
const LONGEST_SECTION = 1024;

/** Collects the sections of one PID. */
export class SectionReader {
  private bytes: number[] = [];
  private isOpen = false;
  private readonly section: (bytes: Uint8Array) => void;

  /** @param section is told each section whose CRC_32 is right. */
  constructor(section: (bytes: Uint8Array) => void) {
    this.section = section;
  }

  /** The payload of a packet. */
  payload(bytes: Uint8Array, payload_unit_start_indicator: boolean): void {
    if (!payload_unit_start_indicator) {
      this.add(bytes);
      return;
    }
    const pointer_field = bytes[0] ?? 0;
    this.add(bytes.subarray(1, 1 + pointer_field));
    this.bytes = [];
    this.isOpen = true;
    this.add(bytes.subarray(1 + pointer_field));
  }

  private add(payload: Uint8Array): void {
    if (!this.isOpen) return;
    this.bytes.push(...payload);
    for (;;) {
      const { bytes } = this;
      // 0xff behind the last section is stuffing.
      if (bytes.length < 3 || bytes[0] === 0xff) break;
      const size = 3 + (((bytes[1] as number) & 0x0f) << 8) + (bytes[2] as number);
      if (size > LONGEST_SECTION) break;
      if (bytes.length < size) return;
      const section = Uint8Array.from(bytes.splice(0, size));
      if (crc32Mpeg(section) === 0) this.section(section);
    }
    if (this.bytes.length >= 3) this.isOpen = false;
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

/** 2.4.4.3: the PIDs of the programs' maps, in their order. Null for another table, and for one that is not yet in force. */
export function programMapPids(section: Uint8Array): number[] | null {
  if (section[0] !== 0 || !isCurrent(section)) return null;
  const pids: number[] = [];
  for (let at = 8; at + 4 <= section.length - 4; at += 4) {
    const program_number = u16(section, at);
    if (program_number !== 0) pids.push(u16(section, at + 2) & 0x1fff);
  }
  return pids;
}

/** An elementary stream of a program. */
export interface ProgramElement {
  readonly stream_type: number;
  readonly elementary_PID: number;
}

/** 2.4.4.8: the elementary streams of a program. Null for another table, and for one that is not yet in force. */
export function programElements(section: Uint8Array): ProgramElement[] | null {
  if (section[0] !== 2 || !isCurrent(section)) return null;
  const elements: ProgramElement[] = [];
  let at = 12 + (u16(section, 10) & 0x0fff);
  while (at + 5 <= section.length - 4) {
    elements.push({ stream_type: section[at] as number, elementary_PID: u16(section, at + 1) & 0x1fff });
    at += 5 + (u16(section, at + 3) & 0x0fff);
  }
  return elements;
}

function isCurrent(section: Uint8Array): boolean {
  return section.length >= 12 && ((section[5] as number) & 1) === 1;
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

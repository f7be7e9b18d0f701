import { TextDecoder } from "./text-decoder.ts";

/** The character codes of the two hex digits of each byte, the first one in the lower half. */
const hexOfByte = Uint16Array.from({ length: 256 }, (_, byte) => {
  const digits = byte.toString(16).padStart(2, "0");
  return digits.charCodeAt(0) | (digits.charCodeAt(1) << 8);
});

const decoder = new TextDecoder();
const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const base64Values = valuesOf(base64Digits);
const hexValues = valuesOf("0123456789abcdef", "0123456789ABCDEF");

/** The value of each digit by its character code; -1 for characters that are not digits. */
function valuesOf(...alphabets: readonly string[]): Int8Array {
  const values = new Int8Array(128).fill(-1);
  for (const digits of alphabets) {
    for (let i = 0; i < digits.length; i++) values[digits.charCodeAt(i)] = i;
  }
  return values;
}

/** The digit at `index`; -1 if there is none. */
function digitAt(text: string, index: number, values: Int8Array): number {
  const code = text.charCodeAt(index);
  return code < 128 ? (values[code] as number) : -1;
}

/** Encodes each byte as two lower-case hex digits. */
export function toHex(bytes: Uint8Array): string {
  // A decoder makes one string at once; strings that are joined digit by digit take twice the time.
  const codes = new Uint8Array(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    const digits = hexOfByte[bytes[i] as number] as number;
    codes[2 * i] = digits & 0xff;
    codes[2 * i + 1] = digits >> 8;
  }
  return decoder.decode(codes);
}

/** Decodes hex digits of either case; undefined for any other text. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = digitAt(text, 2 * i, hexValues);
    const low = digitAt(text, 2 * i + 1, hexValues);
    if (high < 0 || low < 0) return undefined;
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

/** RFC 4648, clause 4: with padding. */
export function toBase64(bytes: Uint8Array): string {
  const whole = bytes.length - (bytes.length % 3);
  let text = "";
  for (let i = 0; i < whole; i += 3) {
    const three = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number);
    text += (base64Digits[three >> 18] as string) + (base64Digits[(three >> 12) & 63] as string);
    text += (base64Digits[(three >> 6) & 63] as string) + (base64Digits[three & 63] as string);
  }
  if (bytes.length - whole === 1) {
    const one = bytes[whole] as number;
    text += `${base64Digits[one >> 2]}${base64Digits[(one & 3) << 4]}==`;
  } else if (bytes.length - whole === 2) {
    const two = ((bytes[whole] as number) << 8) | (bytes[whole + 1] as number);
    text += `${base64Digits[two >> 10]}${base64Digits[(two >> 4) & 63]}${base64Digits[(two & 15) << 2]}=`;
  }
  return text;
}

/** Decodes padded base64; undefined for any other text. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const digits = text.length - padding;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let bits = 0;
  let count = 0;
  let length = 0;
  for (let i = 0; i < digits; i++) {
    const value = digitAt(text, i, base64Values);
    if (value < 0) return undefined;
    bits = ((bits & 0xffff) << 6) | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[length++] = (bits >> count) & 0xff;
    }
  }
  return bytes;
}

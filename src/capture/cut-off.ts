const isCut = "the capture is cut off in the middle of";

/** What a reader says of a capture that ends in the middle. */
export function cutOff(line: number, what: string): string {
  return `line ${line}: ${isCut} ${what}; what comes before it is read: capture again where the rest matters`;
}

/** Whether a reader says this. */
export function isCutOff(message: string): boolean {
  return message.includes(isCut);
}

/** What a reader says of a capture that ends in the middle. */
export function cutOff(line: number, what: string): string {
  return `line ${line}: the capture is cut off in the middle of ${what}; what comes before it is read: capture again where the rest matters`;
}

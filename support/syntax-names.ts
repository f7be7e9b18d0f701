/**
 * What is wrong with the names in a `syntax.ts`: the string that a read is given is to be the name of the property or
 * variable that it is assigned to, and its last arguments are to be that property's subscripts.
 */
export function nameFlaws(source: string): string[] {
  const flaws: string[] = [];
  const read =
    /([\w.]+)((?:\[[^\]]*\])*)( as [\w[\]]+\))?((?:\[[^\]]*\])*) = (?:[^;]*? \? )?r\.(u|uMax|i|f|flag|b|ue|se|te|s|le)\(([^;]*?)\)[;,\s]/g;
  for (const [line, target, first = "", , second = "", , args] of source.matchAll(read)) {
    const wrong = (reason: string) => flaws.push(`${line.trim()}: ${reason}`);
    const property = (target as string).split(".").at(-1) as string;
    const name = /"(\w+)"/.exec(args as string)?.[1] ?? /\bnames\.(\w+)/.exec(args as string)?.[1];
    if (name === undefined) {
      if (!/\b(name|last)\b/.test(args as string)) wrong("no name");
      continue;
    }
    if (name !== property) wrong(`${name} is read into ${property}`);
    const subscripts = [...`${first}${second}`.matchAll(/\[([^\]]*)\]/g)].map(([, subscript]) => subscript as string);
    const given = (args as string).replace(/.*("\w+"|names\.\w+)/s, "").split(",");
    const told =
      subscripts.length === 0
        ? []
        : given
            .map((text) => text.trim())
            .filter(Boolean)
            .slice(-subscripts.length);
    if (told.join() !== subscripts.join()) wrong(`the subscripts are ${subscripts.join(", ") || "none"}`);
  }
  flaws.push(...tableFlaws(source));
  return flaws;
}

/** How many reads the check above has looked at. */
export function namedReads(source: string): number {
  return [...source.matchAll(/ = r\.\w+\(/g)].length;
}

/** A table of names by list (`l0`, `l1`): each row is the property with the list in its place. */
function tableFlaws(source: string): string[] {
  const flaws: string[] = [];
  for (const [, list, rows] of source.matchAll(/^ {2}(l[01]): \{\n((?: {4}\w+: "\w+",\n)+) {2}\}/gm)) {
    for (const [row, property, name] of (rows as string).matchAll(/(\w+): "(\w+)"/g)) {
      const [begin, flag] = (property as string).split(/(?=_flag$)/);
      if (name !== `${begin}_${list}${flag ?? ""}`) flaws.push(row);
    }
  }
  return flaws;
}

const READ = String.raw`[rb]\.(?:u|uMax|i|f|flag|b|ue|se|te|s|le|su|ns|leb128|uvlc)\(`;

/**
 * What is wrong with the names in a file that reads elements: the string that a read is given must be the name of the
 * property or variable that it is assigned to, and its last arguments must be that property's subscripts.
 */
export function nameFlaws(source: string): string[] {
  const flaws: string[] = [];
  const assigned = String.raw`([\w.]+)((?:\[[^\]]*\])*)( as [\w[\]]+\))?((?:\[[^\]]*\])*) = (?:[^;]*? [?:] )?${READ}`;
  for (const match of source.matchAll(new RegExp(assigned, "g"))) {
    const [line, target, first = "", , second = ""] = match;
    const args = argumentsFrom(source, match.index + line.length);
    const wrong = (reason: string) => flaws.push(`${line.trim()}${args}): ${reason}`);
    const property = (target as string).split(".").at(-1) as string;
    const name = /"(\w+)"/.exec(args)?.[1] ?? /\bnames\.(\w+)/.exec(args)?.[1];
    if (name === undefined) {
      if (!/\b(name|last)\b/.test(args)) wrong("no name");
      continue;
    }
    if (name !== property) wrong(`${name} is read into ${property}`);
    const subscripts = [...`${first}${second}`.matchAll(/\[([^\]]*)\]/g)].map(([, subscript]) => subscript as string);
    const given = args.replace(/.*("\w+"|names\.\w+)/s, "").split(",");
    const told =
      subscripts.length === 0
        ? []
        : given
            .map((text) => text.trim())
            .filter(Boolean)
            .slice(-subscripts.length);
    if (told.join() !== subscripts.join()) wrong(`the subscripts are ${subscripts.join(", ") || "none"}`);
  }
  flaws.push(...listNameFlaws(source));
  return flaws;
}

/** The text from `start`, which is after an opening parenthesis, to the one that closes it. */
function argumentsFrom(source: string, start: number): string {
  let depth = 1;
  let end = start;
  for (; depth > 0 && end < source.length; end++) {
    if (source[end] === "(") depth++;
    if (source[end] === ")") depth--;
  }
  return source.slice(start, end - 1);
}

/** How many reads the check above has looked at. */
export function namedReads(source: string): number {
  return [...source.matchAll(new RegExp(` = (?:[^;]*? [?:] )?${READ}`, "g"))].length;
}

/** Names by list (`l0`, `l1`): each row must be the property with the list in its place. */
function listNameFlaws(source: string): string[] {
  const flaws: string[] = [];
  for (const [, list, rows] of source.matchAll(/^ {2}(l[01]): \{\n((?: {4}\w+: "\w+",\n)+) {2}\}/gm)) {
    for (const [row, property, name] of (rows as string).matchAll(/(\w+): "(\w+)"/g)) {
      const [begin, flag] = (property as string).split(/(?=_flag$)/);
      if (name !== `${begin}_${list}${flag ?? ""}`) flaws.push(row);
    }
  }
  return flaws;
}

/**
 * What is wrong with the functions of a syntax file: one whose name is in snake_case must be a table of the
 * specification, and its comment must begin with the table's clause.
 *
 * @param tables clauses by the names of tables.
 */
export function tableFlaws(source: string, tables: Readonly<Record<string, string>>): string[] {
  const flaws: string[] = [];
  for (const { name, comment } of snakeCaseFunctions(source)) {
    const clause = tables[name];
    if (clause === undefined) flaws.push(`${name} is no table of the specification`);
    else if (!comment.startsWith(`${clause} `) && !comment.startsWith(`${clause}: `)) {
      flaws.push(`the comment of ${name} must begin with ${clause}`);
    }
  }
  return flaws;
}

/** The functions of a file that are named in snake_case, each with the text of the comment right before it. */
export function snakeCaseFunctions(source: string): { readonly name: string; readonly comment: string }[] {
  const found: { name: string; comment: string }[] = [];
  const head = String.raw`(?:export )?(?:function\*? (\w*_\w*)[(<]|const (\w*_\w*) = (?:\([^)]*\)[^=]*|\w+) =>)`;
  const functions = new RegExp(String.raw`(?:/\*\*((?:(?!\*/)[\s\S])*)\*/\n)?^[ ]*${head}`, "gm");
  for (const [, comment = "", declared, arrow] of source.matchAll(functions)) {
    found.push({ name: (declared ?? arrow) as string, comment: comment.replace(/^[\s*]+/, "") });
  }
  return found;
}

/** Where tiles are: tile_info of V4L2_CID_STATELESS_AV1_FRAME (5.9.15), and V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY (5.11.1). */
import type { Place, Rule, Rules } from "../field.ts";
import type { ReadUnit } from "../read-unit.ts";
import { computed, conditions, type Source, sourcesOf } from "../source.ts";
import { sizeSources } from "./size.ts";
import { type Av1State, coded, ruled, type TileUnit } from "./state.ts";

type Direction = "cols" | "rows";

/** Hundreds of fields have the same. */
const decisions = new WeakMap<Av1State, Map<Direction, readonly Source[]>>();

/** What decides how many tiles there are, and where they begin. */
function tileDecisions(state: Av1State, direction: Direction): readonly Source[] {
  const known = decisions.get(state) ?? new Map<Direction, readonly Source[]>();
  decisions.set(state, known);
  const found = known.get(direction) ?? tileConditions(state, direction);
  known.set(direction, found);
  return found;
}

function tileConditions(state: Av1State, direction: Direction): Source[] {
  const { unit, sequence } = state;
  const own = direction === "cols" ? "width" : "height";
  const names = ["uniform_tile_spacing_flag", "increment_tile_cols_log2", "width_in_sbs_minus_1"];
  // The rows depend on the columns, too: the area of a tile is limited.
  const more = direction === "cols" ? [] : ["increment_tile_rows_log2", "height_in_sbs_minus_1"];
  return conditions(
    unit.allNamed(names, more),
    sizeSources(state, own),
    direction === "rows" ? sizeSources(state, "width") : [],
    sequence.element("use_128x128_superblock"),
  );
}

function count(state: Av1State, direction: Direction): Rule {
  const { unit } = state;
  return () => {
    if (unit.value("uniform_tile_spacing_flag") !== 1) {
      const name = direction === "cols" ? "width_in_sbs_minus_1" : "height_in_sbs_minus_1";
      return ruled(`as many as there are ${name} until the frame is full (5.9.15)`, tileDecisions(state, direction));
    }
    const name = `increment_tile_${direction}_log2`;
    const increments = unit.elements.flatMap((each, place) => (each.name === name ? [unit.at(place)] : []));
    return sourcesOf(
      computed(`equal spacing: the least that the size allows, and more for each ${name} (5.9.15)`),
      increments,
      tileDecisions(state, direction),
    );
  };
}

/** MiColStarts, MiRowStarts. */
function starts(state: Av1State, direction: Direction): Rule {
  const { unit } = state;
  const field = `tile_info.tile_${direction}`;
  const size = direction === "cols" ? "width" : "height";
  const element = `${size}_in_sbs_minus_1`;
  const none = noTile(state, direction);
  return ({ at: [i = 0], field: other }: Place) => {
    const tiles = other(field);
    if (i === 0) return [computed("0: the first tile (5.9.15)")];
    if (i > tiles) return none();
    if (i === tiles) {
      const mi = direction === "cols" ? "MiCols" : "MiRows";
      return sourcesOf(
        computed(`${mi}: the frame's ${size} in units of 4 samples, rounded up to 8 (5.9.9)`),
        conditions(sizeSources(state, size)),
        tileDecisions(state, direction),
      );
    }
    const before = Array.from({ length: i }, (_, k) => unit.element(element, k));
    return sourcesOf(
      computed("the superblocks before it, in units of 4 samples (5.9.15)"),
      before,
      tileDecisions(state, direction),
    );
  };
}

/** The sources of all elements after those of tiles. */
function noTile(state: Av1State, direction: Direction): () => Source[] {
  let sources: Source[] | undefined;
  return () => {
    sources ??= ruled("0: no such tile", tileDecisions(state, direction));
    return sources;
  };
}

/** The sizes of tiles in superblocks. Equal ones are not coded. */
function sizes(state: Av1State, direction: Direction): Rule {
  const { unit } = state;
  const none = noTile(state, direction);
  return ({ at: [i = 0], name, field: other }: Place) => {
    const own = unit.element(name, i);
    if (own !== undefined) return [own];
    if (i >= other(`tile_info.tile_${direction}`)) return none();
    const isUniform = unit.value("uniform_tile_spacing_flag") === 1;
    const rule = isUniform
      ? "equal spacing: from one start to the next (5.9.15)"
      : "0: one superblock is left (5.9.15)";
    return ruled(rule, tileDecisions(state, direction));
  };
}

/** v4l2_av1_tile_info. */
export function tileInfoRules(state: Av1State): Rules {
  const { unit } = state;
  const log2 = () => [tileDecisions(state, "cols"), tileDecisions(state, "rows")];
  return {
    "tile_info.flags.V4L2_AV1_TILE_INFO_FLAG_UNIFORM_TILE_SPACING": () =>
      sourcesOf(unit.element("uniform_tile_spacing_flag")),
    "tile_info.context_update_tile_id": ({ value }) => {
      const sources = coded(unit, "0: one tile (5.9.15)", "context_update_tile_id", log2());
      const isCut = (unit.value("context_update_tile_id") ?? 0) !== value;
      return sourcesOf(isCut ? computed("the field has 8 bits: ids from 256 on are cut") : [], sources);
    },
    "tile_info.tile_size_bytes": () =>
      sourcesOf(
        unit.has("tile_size_bytes_minus_1") ? computed("TileSizeBytes: tile_size_bytes_minus_1 + 1 (5.9.15)") : [],
        coded(unit, "TileSizeBytes is 0: one tile (5.9.15)", "tile_size_bytes_minus_1", log2()),
      ),
    "tile_info.tile_cols": count(state, "cols"),
    "tile_info.tile_rows": count(state, "rows"),
    "tile_info.mi_col_starts[]": starts(state, "cols"),
    "tile_info.mi_row_starts[]": starts(state, "rows"),
    "tile_info.width_in_sbs_minus_1[]": sizes(state, "cols"),
    "tile_info.height_in_sbs_minus_1[]": sizes(state, "rows"),
  };
}

/** A tile in the OUTPUT buffer. */
interface Tile {
  /** The OBU that has it, its place among those with tiles. */
  readonly obu: number;
  /** The first tile of that OBU. */
  readonly first: number;
  readonly last: number;
}

/** 5.11.1: the tiles of each OBU. */
function tileOf(tiles: readonly TileUnit[], TileNum: number): Tile | undefined {
  let first = 0;
  for (const [obu, { unit }] of tiles.entries()) {
    const last = unit.value("tg_end") ?? Infinity;
    if (TileNum <= last) return { obu, first, last };
    first = last + 1;
  }
  return undefined;
}

/** How long the OBU is: obu_size, or obu_length of Annex B. */
function sizeOf({ unit, length }: TileUnit): Source[] {
  return sourcesOf(unit.element("obu_size") ?? length?.element("obu_length"));
}

/** The elements of the payload that are no sizes of tiles: their length counts. */
function headerSpan(unit: ReadUnit): Source[] {
  const header = /^(obu_(?!size)|temporal_id|spatial_id|extension_header)/;
  const first = unit.elements.findIndex(({ name }) => !header.test(name) && name !== "obu_size");
  const tile = unit.placeOf("tile_size_minus_1", [unit.value("tg_start") ?? 0]);
  const last = (tile < 0 ? unit.elements.length : tile) - 1;
  return sourcesOf(first < 0 ? [] : unit.span(first, last, "their length"));
}

export function tileGroupRules(state: Av1State): Rules {
  const { tiles, unit } = state;
  const sizesOf = (each: ReadUnit, from: number, to: number) =>
    each.elements.flatMap(({ name, subscripts: [n = 0] }, place) =>
      name === "tile_size_minus_1" && n >= from && n < to ? [each.at(place)] : [],
    );
  const bytes = (): Source[] => conditions(unit.element("tile_size_bytes_minus_1"));
  return {
    tile_offset: ({ element }) => {
      const tile = tileOf(tiles, element);
      const own = tiles[tile?.obu ?? -1];
      if (tile === undefined || own === undefined) return undefined;
      return sourcesOf(
        computed("the bytes before it: OBU payloads, the header and earlier tiles of its own (5.11.1)"),
        tiles.slice(0, tile.obu).map(sizeOf),
        headerSpan(own.unit),
        sizesOf(own.unit, tile.first, element),
        bytes(),
      );
    },
    tile_size: ({ element }) => {
      const tile = tileOf(tiles, element);
      const own = tiles[tile?.obu ?? -1];
      if (tile === undefined || own === undefined) return undefined;
      const size = own.unit.element("tile_size_minus_1", element);
      if (size !== undefined) return sourcesOf(computed("tile_size_minus_1 + 1 (5.11.1)"), size);
      return sourcesOf(
        computed("the last tile of its OBU: what is left of the payload (5.11.1)"),
        sizeOf(own),
        headerSpan(own.unit),
        sizesOf(own.unit, tile.first, element),
        bytes(),
      );
    },
    tile_row: () => ruled("TileNum / TileCols (5.11.1)", tileDecisions(state, "cols")),
    tile_col: () => ruled("TileNum % TileCols (5.11.1)", tileDecisions(state, "cols")),
  };
}

;; Finds every start code prefix 00 00 01 in a window of bytes. `npm run wasm` makes start-code-wasm.ts from this file.
(module
  ;; The window from address 0 on, and after it the list of offsets.
  (memory (export "memory") 5)

  ;; Writes the offset of each prefix that lies whole in the first `length` bytes, with `base` added, to the list at `list`,
  ;; 32 bits each, ascending, and returns how many they are. Reads up to 66 bytes after the window, whose values are of no consequence.
  (func (export "scan") (param $length i32) (param $list i32) (param $base i32) (result i32)
    (local $at i32) (local $end i32) (local $next i32) (local $found i32) (local $exact i32) (local $hits i64)
    (local $pairs i32) (local $word i32) (local $begins_at_pair i32)
    (local $one v128) (local $pair v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $one (i8x16.splat (i32.const 1)))
    (local.set $pair (i16x8.splat (i32.const 0xfeff)))
    (local.set $next (local.get $list))
    ;; No prefix begins in the last two bytes.
    (local.set $end (i32.sub (local.get $length) (i32.const 2)))
    (block $done
      (loop $blocks
        (br_if $done (i32.ge_s (local.get $at) (local.get $end)))
        (block $next_block
          ;; A prefix has a pair 00 00 or 00 01 at an odd address: at its own or at the next. With its lowest bit cleared, such
          ;; a pair is the halfword 0. Of ordinary bytes, one block in a thousand has a pair. Before $exact, pairs are too frequent
          ;; for this test.
          (if (i32.ge_s (local.get $at) (local.get $exact))
            (then
              ;; A byte is 0 where a halfword is: saturation makes no other 0.
              (local.set $a (i8x16.narrow_i16x8_s
                (v128.and (v128.load offset=1 (local.get $at)) (local.get $pair))
                (v128.and (v128.load offset=17 (local.get $at)) (local.get $pair))))
              (local.set $b (i8x16.narrow_i16x8_s
                (v128.and (v128.load offset=33 (local.get $at)) (local.get $pair))
                (v128.and (v128.load offset=49 (local.get $at)) (local.get $pair))))
              (br_if $next_block (i8x16.all_true (i8x16.min_u (local.get $a) (local.get $b))))
              ;; One bit for each of the 32 halfwords that are a pair.
              (local.set $pairs (i32.or
                (i8x16.bitmask (i8x16.eq (local.get $a) (v128.const i64x2 0 0)))
                (i32.shl (i8x16.bitmask (i8x16.eq (local.get $b) (v128.const i64x2 0 0))) (i32.const 16))))
              (if (i32.le_u (i32.popcnt (local.get $pairs)) (i32.const 4))
                (then
                  (loop $each_pair
                    (local.set $found (i32.add (local.get $at) (i32.shl (i32.ctz (local.get $pairs)) (i32.const 1))))
                    ;; The byte before the pair, the pair, and the byte after it.
                    (local.set $word (i32.load align=1 (local.get $found)))
                    (local.set $begins_at_pair (i32.eq (i32.shr_u (local.get $word) (i32.const 8)) (i32.const 0x10000)))
                    (local.set $found (i32.add (local.get $found) (local.get $begins_at_pair)))
                    (br_if $done (i32.ge_s (local.get $found) (local.get $end)))
                    (i32.store (local.get $next) (i32.add (local.get $base) (local.get $found)))
                    ;; It stays in the list where it is a prefix.
                    (local.set $next (i32.add (local.get $next) (i32.shl
                      (i32.or
                        (local.get $begins_at_pair)
                        (i32.eq (i32.shl (local.get $word) (i32.const 8)) (i32.const 0x1000000)))
                      (i32.const 2))))
                    (local.set $pairs (i32.and (local.get $pairs) (i32.sub (local.get $pairs) (i32.const 1))))
                    (br_if $each_pair (local.get $pairs)))
                  (br $next_block)))
              (local.set $exact (i32.add (local.get $at) (i32.const 1024)))))
          ;; A byte of $a is 0 where the next two are 00 01, as after the first byte of a prefix: next | (next but one ^ 1). $b, $c
          ;; and $d are the 48 bytes after.
          (local.set $a (v128.or (v128.load offset=1 (local.get $at))
            (v128.xor (v128.load offset=2 (local.get $at)) (local.get $one))))
          (local.set $b (v128.or (v128.load offset=17 (local.get $at))
            (v128.xor (v128.load offset=18 (local.get $at)) (local.get $one))))
          (local.set $c (v128.or (v128.load offset=33 (local.get $at))
            (v128.xor (v128.load offset=34 (local.get $at)) (local.get $one))))
          (local.set $d (v128.or (v128.load offset=49 (local.get $at))
            (v128.xor (v128.load offset=50 (local.get $at)) (local.get $one))))
          (br_if $next_block (i8x16.all_true
            (i8x16.min_u (i8x16.min_u (local.get $a) (local.get $b)) (i8x16.min_u (local.get $c) (local.get $d)))))
          ;; One bit for each of the 64 bytes that is 0 and that 00 01 follow.
          (local.set $hits (i64.or
            (i64.or
              (i64.extend_i32_u (i8x16.bitmask (i8x16.eq
                (v128.or (local.get $a) (v128.load (local.get $at))) (v128.const i64x2 0 0))))
              (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq
                (v128.or (local.get $b) (v128.load offset=16 (local.get $at))) (v128.const i64x2 0 0)))) (i64.const 16)))
            (i64.or
              (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq
                (v128.or (local.get $c) (v128.load offset=32 (local.get $at))) (v128.const i64x2 0 0)))) (i64.const 32))
              (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq
                (v128.or (local.get $d) (v128.load offset=48 (local.get $at))) (v128.const i64x2 0 0)))) (i64.const 48)))))
          (br_if $next_block (i64.eqz (local.get $hits)))
          (loop $each_hit
            (local.set $found (i32.add (local.get $at) (i32.wrap_i64 (i64.ctz (local.get $hits)))))
            (br_if $done (i32.ge_s (local.get $found) (local.get $end)))
            (i32.store (local.get $next) (i32.add (local.get $base) (local.get $found)))
            (local.set $next (i32.add (local.get $next) (i32.const 4)))
            (local.set $hits (i64.and (local.get $hits) (i64.sub (local.get $hits) (i64.const 1))))
            (br_if $each_hit (i64.ne (local.get $hits) (i64.const 0)))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $blocks)))
    (i32.shr_u (i32.sub (local.get $next) (local.get $list)) (i32.const 2))))

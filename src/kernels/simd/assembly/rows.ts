/*
 * How a row of a matrix lies in memory: its numbers, then zeros up to a multiple of 8 floats, so that a loop over pairs of vectors needs no tail.
 * The number of rows that are allocated is a multiple of 4, so that a loop over blocks of 4 rows may read past the last one.
 */

/** Bytes from one row to the next */
// @ts-ignore: decorator
@inline
export function strideOf(columns: i32): usize {
  return (<usize>(columns + 7) & ~7) << 2
}

/** Zeros after the numbers of a row: a product of zero and an infinity, which is NaN, must not stay there */
// @ts-ignore: decorator
@inline
export function clearPadding(row: usize, columns: i32): void {
  const end = row + strideOf(columns)
  for (let at = row + ((<usize>columns) << 2); at < end; at += 4) store<f32>(at, 0)
}

// @ts-ignore: decorator
@inline
export function clearRow(row: usize, stride: usize): void {
  for (let j: usize = 0; j < stride; j += 16) v128.store(row + j, f32x4.splat(0))
}

/** rows[k] = matrix[indices[k]], for `count` int32 indices; `stride`: bytes from one row to the next */
export function gatherRows(rows: usize, matrix: usize, indices: usize, count: i32, stride: usize): void {
  for (const end = indices + (<usize>count << 2); indices < end; indices += 4) {
    copyRow(rows, matrix + <usize>load<u32>(indices) * stride, stride)
    rows += stride
  }
}

/** matrix[indices[k]] = rows[k] */
export function scatterRows(matrix: usize, rows: usize, indices: usize, count: i32, stride: usize): void {
  for (const end = indices + (<usize>count << 2); indices < end; indices += 4) {
    copyRow(matrix + <usize>load<u32>(indices) * stride, rows, stride)
    rows += stride
  }
}

// @ts-ignore: decorator
@inline
function copyRow(row: usize, source: usize, stride: usize): void {
  for (let j: usize = 0; j < stride; j += 16) v128.store(row + j, v128.load(source + j))
}

/** The first `count` of 4 numbers */
// @ts-ignore: decorator
@inline
export function loadSome(at: usize, count: i32): v128 {
  if (count == 4) return v128.load(at)
  let some = v128.load32_zero(at)
  if (count > 1) some = v128.load32_lane(at + 4, some, 1)
  if (count > 2) some = v128.load32_lane(at + 8, some, 2)
  return some
}

/** Stores the first `count` of 4 numbers and leaves what follows them */
// @ts-ignore: decorator
@inline
export function storeSome(at: usize, numbers: v128, count: i32): void {
  if (count == 4) {
    v128.store(at, numbers)
    return
  }
  v128.store32_lane(at, numbers, 0)
  if (count > 1) v128.store32_lane(at + 4, numbers, 1)
  if (count > 2) v128.store32_lane(at + 8, numbers, 2)
}

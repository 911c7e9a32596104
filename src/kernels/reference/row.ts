/** A view of one row of a matrix that is stored row by row */
export function row(matrix: Float64Array, index: number, columns: number): Float64Array {
  return matrix.subarray(index * columns, (index + 1) * columns)
}

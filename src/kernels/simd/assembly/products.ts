import { clearPadding, strideOf } from './rows'

/*
 * The matrix products that the kernels are made of. Matrices lie as rows.ts says; `stride` is bytes from one row to the next. A core has 16 vector
 * registers: each inner loop keeps 8 sums in flight, which is what hides the latency of an addition.
 *
 * V8 moves all loads of a basic block before its arithmetic, and when sums and loads do not fit the registers together it spills them. Where a comment
 * says "a new block", an exit that is never taken ends the basic block after 4 loads or so: worth a third of the time at 100 hidden units. Each asks
 * another question, or V8 would see that the answer is known.
 *
 * Every sum of dot8, dot4 and dots4x2 runs over the columns in the same order, so that it does not matter which of them made it.
 */

/** (sum of a, sum of b, sum of c, sum of d) */
// @ts-ignore: decorator
@inline
function sumLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7))
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7))
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7))
}

/** sum + a * b */
// @ts-ignore: decorator
@inline
function plusProduct(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b))
}

/** out (8) = 8 rows of W, each times x */
// @ts-ignore: decorator
@inline
function dot8(out: usize, W: usize, x: usize, stride: usize): void {
  let a = f32x4.splat(0)
  let b = a
  let c = a
  let d = a
  let e = a
  let f = a
  let g = a
  let h = a
  let Wb = W + stride
  let Wc = Wb + stride
  let Wd = Wc + stride
  let We = Wd + stride
  let Wf = We + stride
  let Wg = Wf + stride
  let Wh = Wg + stride
  for (const end = x + stride; x < end; x += 32) {
    let xj = v128.load(x)
    a = plusProduct(a, v128.load(W), xj)
    b = plusProduct(b, v128.load(Wb), xj)
    c = plusProduct(c, v128.load(Wc), xj)
    d = plusProduct(d, v128.load(Wd), xj)
    if (W == 0) break // a new block
    e = plusProduct(e, v128.load(We), xj)
    f = plusProduct(f, v128.load(Wf), xj)
    g = plusProduct(g, v128.load(Wg), xj)
    h = plusProduct(h, v128.load(Wh), xj)
    if (Wb == 0) break // a new block
    xj = v128.load(x, 16)
    a = plusProduct(a, v128.load(W, 16), xj)
    b = plusProduct(b, v128.load(Wb, 16), xj)
    c = plusProduct(c, v128.load(Wc, 16), xj)
    d = plusProduct(d, v128.load(Wd, 16), xj)
    if (Wc == 0) break // a new block
    e = plusProduct(e, v128.load(We, 16), xj)
    f = plusProduct(f, v128.load(Wf, 16), xj)
    g = plusProduct(g, v128.load(Wg, 16), xj)
    h = plusProduct(h, v128.load(Wh, 16), xj)
    W += 32
    Wb += 32
    Wc += 32
    Wd += 32
    We += 32
    Wf += 32
    Wg += 32
    Wh += 32
  }
  v128.store(out, sumLanes(a, b, c, d))
  v128.store(out, sumLanes(e, f, g, h), 16)
}

/** out (4) = 4 rows of W, each times x */
// @ts-ignore: decorator
@inline
function dot4(out: usize, W: usize, x: usize, stride: usize): void {
  let a = f32x4.splat(0)
  let b = a
  let c = a
  let d = a
  let Wb = W + stride
  let Wc = Wb + stride
  let Wd = Wc + stride
  for (const end = x + stride; x < end; x += 32) {
    let xj = v128.load(x)
    a = plusProduct(a, v128.load(W), xj)
    b = plusProduct(b, v128.load(Wb), xj)
    c = plusProduct(c, v128.load(Wc), xj)
    d = plusProduct(d, v128.load(Wd), xj)
    if (x == 0) break // a new block
    xj = v128.load(x, 16)
    a = plusProduct(a, v128.load(W, 16), xj)
    b = plusProduct(b, v128.load(Wb, 16), xj)
    c = plusProduct(c, v128.load(Wc, 16), xj)
    d = plusProduct(d, v128.load(Wd, 16), xj)
    W += 32
    Wb += 32
    Wc += 32
    Wd += 32
  }
  v128.store(out, sumLanes(a, b, c, d))
}

/** out (4) and outNext (4) = 4 rows of W, each times x and the row after x */
// @ts-ignore: decorator
@inline
export function dots4x2(out: usize, outNext: usize, W: usize, x: usize, stride: usize): void {
  let a = f32x4.splat(0)
  let b = a
  let c = a
  let d = a
  let aNext = a
  let bNext = a
  let cNext = a
  let dNext = a
  let Wb = W + stride
  let Wc = Wb + stride
  let Wd = Wc + stride
  let xNext = x + stride
  for (const end = xNext; x < end; x += 32) {
    let xj = v128.load(x)
    let xjNext = v128.load(xNext)
    let w = v128.load(W)
    a = plusProduct(a, w, xj)
    aNext = plusProduct(aNext, w, xjNext)
    w = v128.load(Wb)
    b = plusProduct(b, w, xj)
    bNext = plusProduct(bNext, w, xjNext)
    w = v128.load(Wc)
    c = plusProduct(c, w, xj)
    cNext = plusProduct(cNext, w, xjNext)
    w = v128.load(Wd)
    d = plusProduct(d, w, xj)
    dNext = plusProduct(dNext, w, xjNext)
    if (x == 0) break // a new block
    xj = v128.load(x, 16)
    xjNext = v128.load(xNext, 16)
    w = v128.load(W, 16)
    a = plusProduct(a, w, xj)
    aNext = plusProduct(aNext, w, xjNext)
    w = v128.load(Wb, 16)
    b = plusProduct(b, w, xj)
    bNext = plusProduct(bNext, w, xjNext)
    w = v128.load(Wc, 16)
    c = plusProduct(c, w, xj)
    cNext = plusProduct(cNext, w, xjNext)
    w = v128.load(Wd, 16)
    d = plusProduct(d, w, xj)
    dNext = plusProduct(dNext, w, xjNext)
    W += 32
    Wb += 32
    Wc += 32
    Wd += 32
    xNext += 32
  }
  v128.store(out, sumLanes(a, b, c, d))
  v128.store(outNext, sumLanes(aNext, bNext, cNext, dNext))
}

/** out (rows) = W (rows, stride) x; may write up to 3 numbers after the last */
export function forwardProduct(out: usize, W: usize, x: usize, stride: usize, rows: i32): void {
  const end = (<usize>(rows + 3) & ~3) << 2
  let i: usize = 0
  for (; i + 32 <= end; i += 32) {
    dot8(out + i, W, x, stride)
    W += 8 * stride
  }
  if (i < end) dot4(out + i, W, x, stride)
}

/** dW (rows, stride) += the sum over steps of d[t] (rows) x[t]' (stride); may add to up to 3 rows after the last */
export function addOuterProducts(dW: usize, ds: usize, dStride: usize, xs: usize, stride: usize, steps: i32, rows: i32): void {
  const end = ds + <usize>steps * dStride
  for (let i = 0; i < rows; i += 4) {
    for (let j: usize = 0; j < stride; j += 32) addOuterProducts4x8(dW + j, ds, dStride, xs + j, stride, end)
    dW += 4 * stride
    ds += 16
  }
}

// @ts-ignore: decorator
@inline
function addOuterProducts4x8(dW: usize, d: usize, dStride: usize, x: usize, stride: usize, dEnd: usize): void {
  const dWb = dW + stride
  const dWc = dWb + stride
  const dWd = dWc + stride
  let a0 = v128.load(dW)
  let a1 = v128.load(dW, 16)
  let b0 = v128.load(dWb)
  let b1 = v128.load(dWb, 16)
  let c0 = v128.load(dWc)
  let c1 = v128.load(dWc, 16)
  let d0 = v128.load(dWd)
  let d1 = v128.load(dWd, 16)
  for (; d < dEnd; d += dStride) {
    const x0 = v128.load(x)
    const x1 = v128.load(x, 16)
    let di = v128.load32_splat(d)
    a0 = plusProduct(a0, di, x0)
    a1 = plusProduct(a1, di, x1)
    di = v128.load32_splat(d, 4)
    b0 = plusProduct(b0, di, x0)
    b1 = plusProduct(b1, di, x1)
    di = v128.load32_splat(d, 8)
    c0 = plusProduct(c0, di, x0)
    c1 = plusProduct(c1, di, x1)
    di = v128.load32_splat(d, 12)
    d0 = plusProduct(d0, di, x0)
    d1 = plusProduct(d1, di, x1)
    x += stride
  }
  v128.store(dW, a0)
  v128.store(dW, a1, 16)
  v128.store(dWb, b0)
  v128.store(dWb, b1, 16)
  v128.store(dWc, c0)
  v128.store(dWc, c1, 16)
  v128.store(dWd, d0)
  v128.store(dWd, d1, 16)
}

/** dxs[t] (columns) += W' d[t] (rows), for each step */
export function addBackwardProducts(dxs: usize, ds: usize, dStride: usize, W: usize, steps: i32, rows: i32, columns: i32): void {
  const stride = strideOf(columns)
  for (; steps >= 4; steps -= 4) {
    for (let j: usize = 0; j < stride; j += 32) addBackwardProducts4x8(dxs + j, ds, dStride, W + j, stride, rows)
    for (let i = 0; i < 4; i++) {
      clearPadding(dxs, columns)
      dxs += stride
    }
    ds += 4 * dStride
  }
  for (; steps > 0; steps--) {
    addBackwardProduct(dxs, W, ds, rows, columns)
    dxs += stride
    ds += dStride
  }
}

// @ts-ignore: decorator
@inline
function addBackwardProducts4x8(dx: usize, d: usize, dStride: usize, W: usize, stride: usize, rows: i32): void {
  const dxb = dx + stride
  const dxc = dxb + stride
  const dxd = dxc + stride
  let a0 = v128.load(dx)
  let a1 = v128.load(dx, 16)
  let b0 = v128.load(dxb)
  let b1 = v128.load(dxb, 16)
  let c0 = v128.load(dxc)
  let c1 = v128.load(dxc, 16)
  let d0 = v128.load(dxd)
  let d1 = v128.load(dxd, 16)
  let db = d + dStride
  let dc = db + dStride
  let dd = dc + dStride
  for (const end = d + ((<usize>rows) << 2); d < end; d += 4) {
    const w0 = v128.load(W)
    const w1 = v128.load(W, 16)
    let di = v128.load32_splat(d)
    a0 = plusProduct(a0, di, w0)
    a1 = plusProduct(a1, di, w1)
    di = v128.load32_splat(db)
    b0 = plusProduct(b0, di, w0)
    b1 = plusProduct(b1, di, w1)
    di = v128.load32_splat(dc)
    c0 = plusProduct(c0, di, w0)
    c1 = plusProduct(c1, di, w1)
    di = v128.load32_splat(dd)
    d0 = plusProduct(d0, di, w0)
    d1 = plusProduct(d1, di, w1)
    W += stride
    db += 4
    dc += 4
    dd += 4
  }
  v128.store(dx, a0)
  v128.store(dx, a1, 16)
  v128.store(dxb, b0)
  v128.store(dxb, b1, 16)
  v128.store(dxc, c0)
  v128.store(dxc, c1, 16)
  v128.store(dxd, d0)
  v128.store(dxd, d1, 16)
}

const PANEL: i32 = 16

/** dx (columns) += W' d (rows) */
export function addBackwardProduct(dx: usize, W: usize, d: usize, rows: i32, columns: i32): void {
  const stride = strideOf(columns)
  for (; rows > 0; rows -= PANEL) {
    const some = rows < PANEL ? rows : PANEL
    let j: usize = 0
    for (; j + 128 <= stride; j += 128) addBackwardProduct32(dx + j, W + j, d, some, stride)
    for (; j < stride; j += 32) addBackwardProduct8(dx + j, W + j, d, some, stride)
    W += <usize>PANEL * stride
    d += PANEL * 4
  }
  clearPadding(dx, columns)
}

/** 32 columns of it */
// @ts-ignore: decorator
@inline
function addBackwardProduct32(dx: usize, W: usize, d: usize, rows: i32, stride: usize): void {
  let a = v128.load(dx)
  let b = v128.load(dx, 16)
  let c = v128.load(dx, 32)
  let e = v128.load(dx, 48)
  let f = v128.load(dx, 64)
  let g = v128.load(dx, 80)
  let h = v128.load(dx, 96)
  let i = v128.load(dx, 112)
  for (const end = d + ((<usize>rows) << 2); d < end; d += 4) {
    const di = v128.load32_splat(d)
    a = plusProduct(a, v128.load(W), di)
    b = plusProduct(b, v128.load(W, 16), di)
    c = plusProduct(c, v128.load(W, 32), di)
    e = plusProduct(e, v128.load(W, 48), di)
    if (W == 0) break // a new block
    f = plusProduct(f, v128.load(W, 64), di)
    g = plusProduct(g, v128.load(W, 80), di)
    h = plusProduct(h, v128.load(W, 96), di)
    i = plusProduct(i, v128.load(W, 112), di)
    W += stride
  }
  v128.store(dx, a)
  v128.store(dx, b, 16)
  v128.store(dx, c, 32)
  v128.store(dx, e, 48)
  v128.store(dx, f, 64)
  v128.store(dx, g, 80)
  v128.store(dx, h, 96)
  v128.store(dx, i, 112)
}

/** 8 columns of it, over 4 rows at once to have 8 sums as well */
// @ts-ignore: decorator
@inline
function addBackwardProduct8(dx: usize, W: usize, d: usize, rows: i32, stride: usize): void {
  let a0 = v128.load(dx)
  let a1 = v128.load(dx, 16)
  let b0 = f32x4.splat(0)
  let b1 = b0
  let c0 = b0
  let c1 = b0
  let d0 = b0
  let d1 = b0
  const end = d + ((<usize>rows) << 2)
  for (const end4 = d + ((<usize>rows & ~3) << 2); d < end4; d += 16) {
    let di = v128.load32_splat(d)
    a0 = plusProduct(a0, v128.load(W), di)
    a1 = plusProduct(a1, v128.load(W, 16), di)
    W += stride
    di = v128.load32_splat(d, 4)
    b0 = plusProduct(b0, v128.load(W), di)
    b1 = plusProduct(b1, v128.load(W, 16), di)
    W += stride
    if (W == 0) break // a new block
    di = v128.load32_splat(d, 8)
    c0 = plusProduct(c0, v128.load(W), di)
    c1 = plusProduct(c1, v128.load(W, 16), di)
    W += stride
    di = v128.load32_splat(d, 12)
    d0 = plusProduct(d0, v128.load(W), di)
    d1 = plusProduct(d1, v128.load(W, 16), di)
    W += stride
  }
  for (; d < end; d += 4) {
    const di = v128.load32_splat(d)
    a0 = plusProduct(a0, v128.load(W), di)
    a1 = plusProduct(a1, v128.load(W, 16), di)
    W += stride
  }
  v128.store(dx, f32x4.add(f32x4.add(a0, b0), f32x4.add(c0, d0)))
  v128.store(dx, f32x4.add(f32x4.add(a1, b1), f32x4.add(c1, d1)), 16)
}

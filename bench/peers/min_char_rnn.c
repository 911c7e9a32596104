/*
 * min-char-rnn in C, float32: one pass over a text in windows of 25. The limit that this machine sets for the same arithmetic in the same order of work.
 *
 *     gcc -O3 -march=native -ffast-math min_char_rnn.c -o min_char_rnn -lm && ./min_char_rnn TEXTFILE --hidden 100 --characters 200000
 *
 * Plain loops that gcc vectorises. What helps it: rows padded to whole vectors; eight sums or eight rows at once, so that additions overlap and a loaded
 * vector is used eight times; everything that does not wait for the last step (logits, gradients of the weights) computed for the window at once.
 * Prints one JSON line. The seconds are the processor's, of the learning loop alone.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WINDOW = 25, CODE_POINTS = 0x110000 };
static const float LEARNING_RATE = 0.1f, EPSILON = 1e-8f, CLIP = 5;

/* A matrix whose rows are padded with zeros to whole vectors, and their number to a multiple of eight */
typedef struct {
  int rows, stride;
  float *restrict values;
} Matrix;

typedef struct {
  Matrix w, dw, m;
} Parameter;

static int padded(int n, int unit) { return (n + unit - 1) / unit * unit; }

static Matrix matrix(int rows, int columns) {
  Matrix a = {padded(rows, 8), padded(columns, 16), NULL};
  size_t bytes = sizeof(float) * a.rows * a.stride;
  a.values = aligned_alloc(64, padded(bytes, 64));
  memset(a.values, 0, bytes);
  return a;
}

static float *row(Matrix a, int i) { return __builtin_assume_aligned(a.values + (size_t)i * a.stride, 64); }

/* Marsaglia's polar method over a linear congruential generator */
static double uniform(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (double)(*state >> 11) / (1ull << 53);
}

static double normal(uint64_t *state) {
  for (;;) {
    double u = 2 * uniform(state) - 1, v = 2 * uniform(state) - 1, s = u * u + v * v;
    if (s > 0 && s < 1) return u * sqrt(-2 * log(s) / s);
  }
}

static Parameter parameter(int rows, int columns, double deviation, uint64_t *random) {
  Parameter p = {matrix(rows, columns), matrix(rows, columns), matrix(rows, columns)};
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) row(p.w, i)[j] = deviation == 0 ? 0 : deviation * normal(random);
  return p;
}

/* Out of line, because gcc forgets what `restrict` says when it copies a loop into its caller */
#define KERNEL static __attribute__((noinline)) void

/* y = W x: eight rows at once */
KERNEL product(float *restrict y, Matrix W, const float *restrict x) {
  for (int i = 0; i < W.rows; i += 8) {
    const float *restrict w = row(W, i);
    const int n = W.stride;
    float sums[8] = {0};
    for (int j = 0; j < n; j++)
      for (int k = 0; k < 8; k++) sums[k] += w[j + k * n] * x[j];
    for (int k = 0; k < 8; k++) y[i + k] = sums[k];
  }
}

/* ys[t] = W xs[first + t] over the window: four rows and four steps at once. There is room for steps up to a multiple of eight. */
KERNEL products(Matrix ys, Matrix W, Matrix xs, int first) {
  for (int t = 0; t < WINDOW; t += 4)
    for (int i = 0; i < W.rows; i += 4) {
      const float *restrict w = row(W, i), *restrict x = row(xs, first + t);
      const int n = W.stride;
      float sums[4][4] = {{0}};
      for (int j = 0; j < n; j++)
        for (int k = 0; k < 4; k++)
          for (int l = 0; l < 4; l++) sums[k][l] += w[j + k * n] * x[j + l * n];
      for (int k = 0; k < 4; k++)
        for (int l = 0; l < 4; l++) row(ys, t + l)[i + k] = sums[k][l];
    }
}

/* y += a[0] x[0] + ... + a[7] x[7], where the x are rows of n numbers */
KERNEL add8(float *restrict y, const float *restrict x, const float *restrict a, int n) {
  for (int j = 0; j < n; j++) {
    float sum = y[j];
    for (int k = 0; k < 8; k++) sum += a[k] * x[j + k * n];
    y[j] = sum;
  }
}

/* The same for four y, rows of n numbers as well; their a are `down` apart, and `step` from one x to the next */
KERNEL add8x4(float *restrict y, const float *restrict x, const float *restrict a, int down, int step, int n) {
  float factors[4][8];
  for (int l = 0; l < 4; l++)
    for (int k = 0; k < 8; k++) factors[l][k] = a[l * down + k * step];
  for (int j = 0; j < n; j++)
    for (int l = 0; l < 4; l++) {
      float sum = y[j + l * n];
      for (int k = 0; k < 8; k++) sum += factors[l][k] * x[j + k * n];
      y[j + l * n] = sum;
    }
}

/* x += W' y */
static void add_backward_product(float *restrict x, Matrix W, const float *restrict y) {
  for (int i = 0; i < W.rows; i += 8) add8(x, row(W, i), y + i, W.stride);
}

/* xs[first + t] += W' ys[t] over the window */
static void add_backward_products(Matrix xs, int first, Matrix W, Matrix ys) {
  for (int t = 0; t < WINDOW; t += 4)
    for (int i = 0; i < W.rows; i += 8) add8x4(row(xs, first + t), row(W, i), row(ys, t) + i, ys.stride, 1, W.stride);
}

/* dW += the sum over the window of d[t] x[first + t]'. Rows of d beyond the window are zeros. */
static void add_outer_products(Matrix dW, Matrix d, Matrix x, int first) {
  for (int i = 0; i < dW.rows; i += 4)
    for (int t = 0; t < WINDOW; t += 8) add8x4(row(dW, i), row(x, first + t), row(d, t) + i, 1, d.stride, dW.stride);
}

KERNEL add_row(float *restrict sum, const float *restrict values, int n) {
  for (int j = 0; j < n; j++) sum[j] += values[j];
}

KERNEL adagrad(Parameter p) {
  float *restrict w = p.w.values, *restrict dw = p.dw.values, *restrict m = p.m.values;
  for (int i = 0; i < p.w.rows * p.w.stride; i++) {
    float g = fminf(fmaxf(dw[i], -CLIP), CLIP);
    m[i] += g * g;
    w[i] -= LEARNING_RATE * g / sqrtf(m[i] + EPSILON);
    dw[i] = 0;
  }
}

typedef struct {
  int H, V;
  Parameter Wxh, Whh, Why, bh, by;
  Matrix hs, dhs, draws, ps;
} Network;

static Network network(int H, int V) {
  uint64_t random = 1;
  return (Network){
      .H = H,
      .V = V,
      .Wxh = parameter(V, H, 0.01, &random),
      .Whh = parameter(H, H, 0.01, &random),
      .Why = parameter(V, H, 0.01, &random),
      .bh = parameter(1, H, 0, &random),
      .by = parameter(1, V, 0, &random),
      .hs = matrix(padded(WINDOW, 8) + 1, H),
      .dhs = matrix(padded(WINDOW, 8) + 1, H),
      .draws = matrix(padded(WINDOW, 8), H),
      .ps = matrix(padded(WINDOW, 8), V),
  };
}

/* p = softmax(p); returns the loss of the target */
static float softmax(float *restrict p, int V, int target) {
  float max = -INFINITY, sum = 0;
  for (int v = 0; v < V; v++) max = fmaxf(max, p[v]);
  const float logit = p[target] - max;
  for (int v = 0; v < V; v++) {
    p[v] = expf(p[v] - max);
    sum += p[v];
  }
  for (int v = 0; v < V; v++) p[v] /= sum;
  return logf(sum) - logit;
}

/* One window: forward, losses, backward, update. Returns the sum of the losses in nats. */
static double learn(Network *n, const int *inputs, const int *targets) {
  const int hStride = n->hs.stride, yStride = n->ps.stride;
  double loss = 0;
  for (int t = 0; t < WINDOW; t++) {
    float *restrict h = row(n->hs, t + 1);
    const float *restrict wx = row(n->Wxh.w, inputs[t]), *restrict bh = row(n->bh.w, 0);
    product(h, n->Whh.w, row(n->hs, t));
    for (int i = 0; i < hStride; i++) h[i] = tanhf(h[i] + wx[i] + bh[i]);
  }
  products(n->ps, n->Why.w, n->hs, 1);
  for (int t = 0; t < WINDOW; t++) {
    add_row(row(n->ps, t), row(n->by.w, 0), yStride);
    loss += softmax(row(n->ps, t), n->V, targets[t]);
    row(n->ps, t)[targets[t]] -= 1;
    add_row(row(n->by.dw, 0), row(n->ps, t), yStride);
  }
  add_outer_products(n->Why.dw, n->ps, n->hs, 1);
  memset(n->dhs.values, 0, sizeof(float) * n->dhs.rows * hStride);
  add_backward_products(n->dhs, 1, n->Why.w, n->ps);
  for (int t = WINDOW - 1; t >= 0; t--) {
    float *restrict draw = row(n->draws, t);
    const float *restrict h = row(n->hs, t + 1), *restrict dh = row(n->dhs, t + 1);
    for (int i = 0; i < hStride; i++) draw[i] = (1 - h[i] * h[i]) * dh[i];
    add_row(row(n->Wxh.dw, inputs[t]), draw, hStride);
    add_row(row(n->bh.dw, 0), draw, hStride);
    add_backward_product(row(n->dhs, t), n->Whh.w, draw);
  }
  add_outer_products(n->Whh.dw, n->draws, n->hs, 0);
  adagrad(n->Wxh), adagrad(n->Whh), adagrad(n->Why), adagrad(n->bh), adagrad(n->by);
  memcpy(row(n->hs, 0), row(n->hs, WINDOW), sizeof(float) * hStride);
  return loss;
}

static void fail(const char *message) {
  fprintf(stderr, "min_char_rnn: %s\n", message);
  exit(1);
}

/* The code points of a UTF-8 file, at most `most` */
static int *read_characters(const char *path, long most, int *count) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail("the text cannot be read");
  fseek(file, 0, SEEK_END);
  long bytes = ftell(file);
  rewind(file);
  unsigned char *text = malloc(bytes + 4);
  int *characters = malloc(sizeof(int) * (bytes + 1));
  if (fread(text, 1, bytes, file) != (size_t)bytes) fail("the text cannot be read");
  memset(text + bytes, 0, 4);
  fclose(file);
  for (long i = 0; i < bytes && *count < most; (*count)++) {
    const int more = text[i] < 0x80 ? 0 : text[i] < 0xe0 ? 1 : text[i] < 0xf0 ? 2 : 3;
    int point = more == 0 ? text[i] : text[i] & (0x3f >> more);
    for (int k = 1; k <= more; k++) point = point << 6 | (text[i + k] & 0x3f);
    characters[*count] = point % CODE_POINTS;
    i += more + 1;
  }
  free(text);
  return characters;
}

/* Characters to symbols, in place; returns how many symbols there are */
static int number_symbols(int *characters, int count) {
  int *symbols = calloc(CODE_POINTS, sizeof(int)), V = 0;
  for (int i = 0; i < count; i++) {
    int *symbol = symbols + characters[i];
    if (*symbol == 0) *symbol = ++V;
    characters[i] = *symbol - 1;
  }
  free(symbols);
  return V;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
  if (argc < 2) fail("give the path of a text");
  int H = 100, count = 0;
  long most = 1 << 30;
  for (int i = 2; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--hidden") == 0) H = atoi(argv[i + 1]);
    else if (strcmp(argv[i], "--characters") == 0) most = atol(argv[i + 1]);
    else fail("the options are --hidden and --characters");
  }
  int *symbols = read_characters(argv[1], most, &count);
  Network n = network(H, number_symbols(symbols, count));
  const int windows = (count - 1) / WINDOW;
  double loss = 0, start = now();
  for (int w = 0; w < windows; w++) loss += learn(&n, symbols + w * WINDOW, symbols + w * WINDOW + 1);
  const double seconds = now() - start, characters = (double)windows * WINDOW;
  printf("{\"program\": \"C\", \"version\": \"gcc %s\", \"hidden\": %d, \"characters\": %.0f, \"seconds\": %.6f, ", __VERSION__, H, characters, seconds);
  printf("\"charactersPerSecond\": %.1f, \"bitsPerCharacter\": %.6f}\n", characters / seconds, loss / log(2) / characters);
  return 0;
}

"""
min-char-rnn in NumPy: one pass over a text in windows of 25, as Karpathy's program does it.

    python3 min_char_rnn.py TEXTFILE [--hidden 100] [--characters N] [--dtype float64] [--seed 1]

Prints one JSON line. The seconds are the processor's, of the learning loop alone.
"""
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import argparse
import json
import sys
import time

try:
    import numpy as np
except ImportError:
    print(json.dumps({"program": "NumPy", "missing": "apt-get install python3-numpy"}))
    sys.exit(0)

WINDOW = 25
LEARNING_RATE = 0.1
EPSILON = 1e-8
CLIP = 5


def init(hidden, vocabulary, seed, dtype):
    random = np.random.RandomState(seed)
    draw = lambda *shape: (random.randn(*shape) * 0.01).astype(dtype)
    return {
        "Wxh": draw(hidden, vocabulary),
        "Whh": draw(hidden, hidden),
        "Why": draw(vocabulary, hidden),
        "bh": np.zeros((hidden, 1), dtype),
        "by": np.zeros((vocabulary, 1), dtype),
    }


def loss_and_gradients(parameters, inputs, targets, hprev):
    """Sum of the losses in nats, the clipped gradients and the last hidden state of one window"""
    Wxh, Whh, Why, bh, by = parameters.values()
    xs, hs, ps = {}, {-1: hprev}, {}
    loss = 0
    for t, (symbol, target) in enumerate(zip(inputs, targets)):
        xs[t] = np.zeros((Wxh.shape[1], 1), Wxh.dtype)
        xs[t][symbol] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t - 1]) + bh)
        y = np.dot(Why, hs[t]) + by
        e = np.exp(y - y.max())
        ps[t] = e / np.sum(e)
        loss += -np.log(ps[t][target, 0])
    gradients = {name: np.zeros_like(value) for name, value in parameters.items()}
    dhnext = np.zeros_like(hprev)
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        gradients["Why"] += np.dot(dy, hs[t].T)
        gradients["by"] += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        gradients["bh"] += dhraw
        gradients["Wxh"] += np.dot(dhraw, xs[t].T)
        gradients["Whh"] += np.dot(dhraw, hs[t - 1].T)
        dhnext = np.dot(Whh.T, dhraw)
    for gradient in gradients.values():
        np.clip(gradient, -CLIP, CLIP, out=gradient)
    return loss, gradients, hs[len(inputs) - 1]


def learn(parameters, symbols, windows, on_loss):
    """One pass in windows, in place"""
    memory = {name: np.zeros_like(value) for name, value in parameters.items()}
    h = np.zeros_like(parameters["bh"])
    for window in range(windows):
        p = window * WINDOW
        loss, gradients, h = loss_and_gradients(parameters, symbols[p : p + WINDOW], symbols[p + 1 : p + WINDOW + 1], h)
        on_loss(loss)
        for name, value in parameters.items():
            memory[name] += gradients[name] * gradients[name]
            value += -LEARNING_RATE * gradients[name] / np.sqrt(memory[name] + EPSILON)


def blas():
    """Whether matrices are multiplied by OpenBLAS, which takes half the time of the reference BLAS"""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return "OpenBLAS" if "openblas" in maps.read() else "no OpenBLAS (apt-get install libopenblas0-pthread)"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("text")
    arguments.add_argument("--hidden", type=int, default=100)
    arguments.add_argument("--characters", type=int)
    arguments.add_argument("--dtype", default="float64", choices=["float32", "float64"])
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    with open(given.text, encoding="utf-8") as file:
        text = file.read()[: given.characters]
    alphabet = sorted(set(text))
    symbol_of = {character: symbol for symbol, character in enumerate(alphabet)}
    symbols = [symbol_of[character] for character in text]
    windows = (len(text) - 1) // WINDOW
    parameters = init(given.hidden, len(alphabet), given.seed, given.dtype)
    losses = []
    start = time.process_time()
    learn(parameters, symbols, windows, losses.append)
    seconds = time.process_time() - start
    characters = windows * WINDOW
    bits = float(sum(losses)) / np.log(2) / characters
    print(
        json.dumps(
            {
                "program": "NumPy" if given.dtype == "float64" else "NumPy float32",
                "version": f"{np.__version__}, {blas()}",
                "hidden": given.hidden,
                "characters": characters,
                "seconds": seconds,
                "charactersPerSecond": characters / seconds,
                "bitsPerCharacter": bits if np.isfinite(bits) else None,
            }
        )
    )


if __name__ == "__main__":
    main()

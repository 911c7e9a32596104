"""
The same learner on PyTorch's nn.RNN: one pass over a text in windows of 25, batch 1, one thread.

    python3 torch_rnn.py TEXTFILE [--hidden 100] [--characters N] [--seed 1]

Prints one JSON line. The seconds are the processor's, of the learning loop alone.
"""
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import argparse
import json
import math
import sys
import time

try:
    import torch
except ImportError:
    print(json.dumps({"program": "PyTorch", "missing": "apt-get install python3-torch"}))
    sys.exit(0)

from torch import nn

WINDOW = 25
LEARNING_RATE = 0.1
EPSILON = 1e-8
CLIP = 5


def learn(rnn, output, one_hot, symbols, windows):
    """One pass in windows; returns the sum of the losses in nats. The sum of a window's losses is what min-char-rnn descends."""
    parameters = [*rnn.parameters(), *output.parameters()]
    optimizer = torch.optim.Adagrad(parameters, lr=LEARNING_RATE, eps=EPSILON)
    h = torch.zeros(1, rnn.hidden_size)
    total = torch.zeros(())
    for window in range(windows):
        p = window * WINDOW
        hs, h = rnn(one_hot[symbols[p : p + WINDOW]], h)
        h = h.detach()
        loss = nn.functional.cross_entropy(output(hs), symbols[p + 1 : p + WINDOW + 1], reduction="sum")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_value_(parameters, CLIP)
        optimizer.step()
        total += loss.detach()
    return total.item()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("text")
    arguments.add_argument("--hidden", type=int, default=100)
    arguments.add_argument("--characters", type=int)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(given.seed)
    with open(given.text, encoding="utf-8") as file:
        text = file.read()[: given.characters]
    alphabet = sorted(set(text))
    symbol_of = {character: symbol for symbol, character in enumerate(alphabet)}
    symbols = torch.tensor([symbol_of[character] for character in text])
    windows = (len(text) - 1) // WINDOW
    rnn = nn.RNN(len(alphabet), given.hidden)
    output = nn.Linear(given.hidden, len(alphabet))
    for parameter in [*rnn.parameters(), *output.parameters()]:
        if parameter.dim() == 2:
            nn.init.normal_(parameter, std=0.01)
        else:
            nn.init.zeros_(parameter)
    start = time.process_time()
    nats = learn(rnn, output, torch.eye(len(alphabet)), symbols, windows)
    seconds = time.process_time() - start
    characters = windows * WINDOW
    print(
        json.dumps(
            {
                "program": "PyTorch",
                "version": torch.__version__,
                "hidden": given.hidden,
                "characters": characters,
                "seconds": seconds,
                "charactersPerSecond": characters / seconds,
                "bitsPerCharacter": nats / math.log(2) / characters,
            }
        )
    )


if __name__ == "__main__":
    main()

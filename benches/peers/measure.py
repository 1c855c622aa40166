"""Trains one program for some batches and prints `training,images,count,seconds`: measure.py FOLDER PROGRAM BATCHES THREADS.

Spikes are encoded and one batch is trained before the measurement, so that compilation and allocation are not included.
It then prints `ready` and waits for a line of input, so that several processes can start at once.
"""

import importlib
import math
import sys
import time

import torch

import task


def main(folder, name, count, threads):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    latencies, labels = task.load(folder)
    program = importlib.import_module(f"programs.{name}")
    trainer = program.trainer(task.first_weights())
    first, *others = task.batches(count + 1)
    trainer.train(latencies[first], labels[first])
    print("ready", flush=True)
    sys.stdin.readline()
    started = time.perf_counter()
    losses = [trainer.train(latencies[batch], labels[batch]) for batch in others]
    seconds = time.perf_counter() - started
    if not all(map(math.isfinite, losses)):
        raise SystemExit("training diverged")
    print(f"training,images,{count * task.BATCH},{seconds}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))

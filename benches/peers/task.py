"""The task of every program: images as spikes, initial weights, and the constants of the noise study.

The network is 784-100-10 without biases, preset `kilgore-2025`; crates/study/src/study/preset.rs has the sources.
"""

import gzip
import math
from pathlib import Path

import numpy as np

STEPS = 100
PIXELS = 784
HIDDEN = 100
CLASSES = 10
BATCH = 256
# Decay of a synaptic current and of a membrane voltage per step, for time constants of 5 steps.
ALPHA = math.exp(-1 / 5)
BETA = math.exp(-1 / 5)
STEEPNESS = 100.0
LEARNING_RATE = 0.01
EXCITATORY = 80
SIGMA_INIT = 0.001
# Write noise of every weight at every update: 20 % of sigma_init.
SIGMA_NOISE = 0.2 * SIGMA_INIT
SIGMA_READOUT = 7 * (1 - BETA) / math.sqrt(HIDDEN)
# The step for a pixel that never spikes.
SILENT = 255
IMAGES = "train-images-idx3-ubyte.gz"
LABELS = "train-labels-idx1-ubyte.gz"


def read_idx(path):
    """Reads an IDX file of bytes as an array with the dimensions in its header."""
    raw = gzip.decompress(path.read_bytes())
    dimensions = raw[3]
    shape = np.frombuffer(raw, ">i4", dimensions, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def step_of_pixel():
    """Returns the step at which a pixel of each of 256 intensities spikes, or SILENT."""
    steps = np.full(256, SILENT, np.uint8)
    for pixel in range(52, 256):
        x = pixel / 255
        step = int(20 * math.log(x / (x - 0.2)))
        if step < STEPS:
            steps[pixel] = step
    return steps


def load(folder):
    """Returns the step at which each pixel of each training image spikes (images x pixels), and the labels."""
    images = read_idx(Path(folder) / IMAGES).reshape(-1, PIXELS)
    labels = read_idx(Path(folder) / LABELS).astype(np.int64)
    return step_of_pixel()[images], labels


def batches(count, seed=1):
    """Returns the images of the first `count` batches of an epoch, in random order; an incomplete batch is dropped."""
    order = np.random.default_rng(seed).permutation(60_000)
    whole = order[: len(order) // BATCH * BATCH].reshape(-1, BATCH)
    return [whole[number % len(whole)] for number in range(count)]


def events(latencies):
    """Returns image, step and pixel of every spike of a batch."""
    image, pixel = np.nonzero(latencies != SILENT)
    return image, latencies[image, pixel].astype(np.int64), pixel


def row_signs():
    """Returns the sign of every row of both layers: inputs are excitatory, the last fifth of the hidden neurons inhibitory."""
    hidden = np.where(np.arange(HIDDEN) < EXCITATORY, 1.0, -1.0)
    return np.ones((PIXELS, 1), np.float32), hidden.astype(np.float32)[:, None]


def first_weights(sigma=SIGMA_INIT, seed=1):
    """Returns the initial weights of both layers, rows x columns."""
    draw = np.random.default_rng(seed)
    sizes, sigmas = ((PIXELS, HIDDEN), (HIDDEN, CLASSES)), (sigma, SIGMA_READOUT)
    return [
        sign * np.abs(draw.normal(0, spread, size)).astype(np.float32)
        for sign, spread, size in zip(row_signs(), sigmas, sizes)
    ]

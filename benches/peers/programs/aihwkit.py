"""aihwkit: noisy reads and pulsed updates of an analog tile, as `name,counted,count,seconds` on standard output.

The C++ tile is called directly, without the overhead of PyTorch layers. Converters, bounds and managements are disabled.
"""

import sys
import time

import torch
from aihwkit.simulator.configs import SingleRPUConfig
from aihwkit.simulator.configs.devices import ConstantStepDevice, SoftBoundsDevice
from aihwkit.simulator.parameters.enums import BoundManagementType, NoiseManagementType, WeightNoiseType
from aihwkit.simulator.parameters.io import IOParameters
from aihwkit.simulator.tiles.analog import AnalogTile

import task

VECTORS = 256
PULSES = 1.5
STEP = 0.001
EXACT = {"dw_min_dtod": 0.0, "up_down_dtod": 0.0, "w_max_dtod": 0.0, "w_min_dtod": 0.0}


def tile(device, noise=WeightNoiseType.NONE):
    """Returns an array of 784 x 100 with all weights 0.3."""
    read = IOParameters(
        inp_res=-1, out_res=-1, out_noise=0.0, out_bound=0, bound_management=BoundManagementType.NONE,
        noise_management=NoiseManagementType.NONE, w_noise=0.01, w_noise_type=noise,
    )
    made = AnalogTile(task.HIDDEN, task.PIXELS, SingleRPUConfig(device=device, forward=read))
    made.set_weights(torch.full((task.HIDDEN, task.PIXELS), 0.3))
    return made


def vectors(active):
    """Returns vectors of zeros and ones, with active rows distributed over the array and different for every vector."""
    made = torch.zeros(VECTORS, task.PIXELS)
    for vector, row in enumerate(made):
        row[[(place * task.PIXELS // active + 37 * vector) % task.PIXELS for place in range(active)]] = 1.0
    return made


def timed(work, calls):
    """Returns the seconds of `calls` calls, after one that is not counted."""
    work(0)
    started = time.perf_counter()
    for call in range(calls):
        work(call)
    return time.perf_counter() - started


def reads(seconds):
    """Measures reads with equal noise for all cells and with noise that grows with the current, one and many per call."""
    kinds = {"same noise of all cells": WeightNoiseType.ADDITIVE_CONSTANT, "PCM read noise": WeightNoiseType.PCM_READ}
    for kind, noise in kinds.items():
        array = tile(ConstantStepDevice(**EXACT), noise)
        for active in (13, 300):
            inputs = vectors(active)
            for size in (1, VECTORS):
                parts = inputs.split(size)
                calls = max(1, int(seconds / 10e-6 / size / (8 if noise is WeightNoiseType.PCM_READ else 1)))
                took = timed(lambda call: array.tile.forward(parts[call % len(parts)], False, False, False, True), calls)
                name = f"noisy read: {active} active of {task.PIXELS} x {task.HIDDEN}: {kind}; {size} a call"
                print(f"{name},reads,{calls * size},{took}", flush=True)


def pulses_per_cell(array, x, d):
    """Returns the mean number of pulses per cell and update, from the weight change of noise-free steps."""
    before = array.get_weights()[0].clone()
    array.tile.update(x, d, False)
    return ((array.get_weights()[0] - before).abs() / STEP).mean().item() / len(x)


def updates(seconds):
    """Measures rank-one updates with an average of one and a half pulses per cell, alternating up and down."""
    laws = {"constant": ConstantStepDevice, "soft-bounds": SoftBoundsDevice}
    for law, device in laws.items():
        array = tile(device(dw_min=STEP, dw_min_std=0.3, w_max=1.0, w_min=-1.0, **EXACT))
        counted = tile(ConstantStepDevice(dw_min=STEP, dw_min_std=0.0, w_max=1.0, w_min=-1.0, **EXACT))
        for made in (array, counted):
            made.set_learning_rate(PULSES * STEP)
        for size in (1, 16):
            x, d = torch.ones(size, task.PIXELS), torch.ones(size, task.HIDDEN)
            pulses = pulses_per_cell(counted, x, d)
            calls = max(2, int(seconds / 3e-3 / size))
            took = timed(lambda call: array.tile.update(x, d if call % 2 else -d, False), calls)
            cells = calls * size * task.PIXELS * task.HIDDEN
            name = f"pulsed update: {law} of {task.PIXELS} x {task.HIDDEN}: {size} a call"
            print(f"{name},cells,{cells},{took}\n{name},pulses,{round(cells * pulses)},{took}", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(2)
    torch.manual_seed(1)
    reads(float(sys.argv[1]))
    updates(float(sys.argv[1]))

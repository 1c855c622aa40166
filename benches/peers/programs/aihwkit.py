"""aihwkit: noisy reads and pulsed updates of an analog tile, and chips with programming noise.

The C++ tile is called directly, without the overhead of PyTorch layers. Converters, bounds and managements are disabled.
"""

import torch
from aihwkit.simulator.configs import SingleRPUConfig
from aihwkit.simulator.configs.devices import ConstantStepDevice, SoftBoundsDevice
from aihwkit.simulator.parameters.enums import WeightNoiseType
from aihwkit.simulator.tiles.analog import AnalogTile

import task
from programs import aihwkit_inference
from programs.aihwkit_inference import exact_converters

VECTORS = 256
PULSES = 1.5
STEP = 0.001
EXACT = {"dw_min_dtod": 0.0, "up_down_dtod": 0.0, "w_max_dtod": 0.0, "w_min_dtod": 0.0}


def tile(device, noise=WeightNoiseType.NONE):
    """Returns an array of 784 x 100 with all weights 0.3."""
    read = exact_converters(w_noise=0.01, w_noise_type=noise)
    made = AnalogTile(task.HIDDEN, task.PIXELS, SingleRPUConfig(device=device, forward=read))
    made.set_weights(torch.full((task.HIDDEN, task.PIXELS), 0.3))
    return made


def vectors(active):
    """Returns vectors of zeros and ones, with active rows distributed over the array and different for every vector."""
    made = torch.zeros(VECTORS, task.PIXELS)
    for vector, row in enumerate(made):
        row[[(place * task.PIXELS // active + 37 * vector) % task.PIXELS for place in range(active)]] = 1.0
    return made


def reads(stopwatch):
    """Measures reads with equal noise for all cells and with noise that grows with the current, one and many per call."""
    kinds = {"same noise of all cells": WeightNoiseType.ADDITIVE_CONSTANT, "PCM read noise": WeightNoiseType.PCM_READ}
    for kind, noise in kinds.items():
        array = tile(ConstantStepDevice(**EXACT), noise)
        for active in (13, 300):
            work = f"noisy read: {active} active of {task.PIXELS} x {task.HIDDEN}"
            for size in (1, VECTORS) if stopwatch.wants(work) else ():
                # A call with one vector is measured in groups, which take longer than a look at the clock.
                parts = vectors(active).split(size)
                read = lambda _: [array.tile.forward(part, False, False, False, True) for part in parts]
                stopwatch.measure(f"{work}: {kind}; {size} per call", "reads", VECTORS, read)


def pulses_per_cell(array, x, d):
    """Returns the mean number of pulses per cell and update, from the weight change of noise-free steps."""
    before = array.get_weights()[0].clone()
    array.tile.update(x, d, False)
    return ((array.get_weights()[0] - before).abs() / STEP).mean().item() / len(x)


def updates(stopwatch):
    """Measures rank-one updates with an average of one and a half pulses per cell, alternating up and down."""
    laws = {"constant": ConstantStepDevice, "soft-bounds": SoftBoundsDevice}
    for law, device in laws.items():
        work = f"pulsed update: {law} of {task.PIXELS} x {task.HIDDEN}"
        if not stopwatch.wants(work):
            continue
        array = tile(device(dw_min=STEP, dw_min_std=0.3, w_max=1.0, w_min=-1.0, **EXACT))
        counted = tile(ConstantStepDevice(dw_min=STEP, dw_min_std=0.0, w_max=1.0, w_min=-1.0, **EXACT))
        for made in (array, counted):
            made.set_learning_rate(PULSES * STEP)
        for size in (1, 16):
            x, d = torch.ones(size, task.PIXELS), torch.ones(size, task.HIDDEN)
            pulses = pulses_per_cell(counted, x, d)
            calls, seconds = stopwatch.time(lambda call: array.tile.update(x, d if call % 2 else -d, False), least=2)
            cells = calls * size * task.PIXELS * task.HIDDEN
            name = f"{work}: {size} per call"
            print(f"{name},cells,{cells},{seconds}\n{name},pulses,{round(cells * pulses)},{seconds}", flush=True)


@torch.inference_mode()
def measure(stopwatch):
    torch.manual_seed(1)
    reads(stopwatch)
    updates(stopwatch)
    aihwkit_inference.measure(stopwatch)


results = aihwkit_inference.results

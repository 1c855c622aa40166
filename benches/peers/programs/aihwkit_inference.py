"""aihwkit: chips with programming noise, and reads on each, with its tile for inference.

`PCMLikeNoiseModel` with constant noise draws two drift coefficients per weight while it programs. A noise model without
drift is measured as well: it is the least that the interface needs.
"""

import math

import torch
from aihwkit.inference import PCMLikeNoiseModel, SinglePairConductanceConverter
from aihwkit.inference.noise.base import BaseNoiseModel
from aihwkit.simulator.configs import InferenceRPUConfig
from aihwkit.simulator.parameters.enums import BoundManagementType, NoiseManagementType, WeightNoiseType
from aihwkit.simulator.parameters.io import IOParameters
from aihwkit.simulator.tiles.inference import InferenceTile

import deployment

# Programming noise of a cell, µS.
SIGMA = deployment.WRITE_SIGMA * (deployment.GMAX - deployment.GMIN)
# Vectors per call of the tile.
SIZES = (64, deployment.READS)


class WriteNoise(BaseNoiseModel):
    """Constant programming noise, without drift."""

    @torch.no_grad()
    def apply_programming_noise_to_conductance(self, g_target):
        return g_target + SIGMA * torch.randn_like(g_target)


def models():
    pair = SinglePairConductanceConverter(g_max=deployment.GMAX, g_min=deployment.GMIN)
    return {"PCM model": PCMLikeNoiseModel(prog_coeff=[SIGMA], g_converter=pair), "write noise only": WriteNoise(pair)}


def exact_converters(**noise):
    """Returns the parameters of a read without converters, bounds and managements."""
    return IOParameters(
        inp_res=-1, out_res=-1, out_noise=0.0, inp_bound=0, out_bound=0, bound_management=BoundManagementType.NONE,
        noise_management=NoiseManagementType.NONE, **noise,
    )


def tile(model, noisy):
    """Returns an array for inference; one read adds the noise of a column in one draw."""
    sigma = math.sqrt(2) * deployment.READ_SIGMA
    read = exact_converters(w_noise=sigma, w_noise_type=WeightNoiseType.ADDITIVE_CONSTANT)
    forward = read if noisy else IOParameters(is_perfect=True)
    config = InferenceRPUConfig(forward=forward, noise_model=model, drift_compensation=None)
    made = InferenceTile(deployment.COLUMNS, deployment.ROWS, config)
    made.tile.set_weights(torch.tensor(deployment.weights()).T.contiguous())
    return made.eval()


def chips(model, active, noisy, size, reads=deployment.READS):
    """Returns a function that programs one chip and returns its outputs, vectors x columns."""
    array, parts = tile(model, noisy), torch.tensor(deployment.vectors(active, reads)).split(size)

    def chip(_):
        array.program_weights()
        return torch.cat([array.tile.forward(part, False, False, False, True) for part in parts])

    return chip


def measure(stopwatch):
    for work, active, noisy in deployment.works():
        if stopwatch.wants(work):
            for kind, model in models().items():
                for size in SIZES:
                    stopwatch.measure(f"{work}: {kind}; {size} per call", "chips", 1, chips(model, active, noisy, size))


@torch.inference_mode()
def results():
    """Yields the root mean squares of the deviation of an output from the exact product, one per noise model."""
    torch.manual_seed(1)
    weights = torch.tensor(deployment.weights(), dtype=torch.float64)
    for work, active, noisy in deployment.works():
        reads = deployment.CHECKED_READS
        exact = torch.tensor(deployment.vectors(active, reads), dtype=torch.float64) @ weights
        found = []
        for model in models().values():
            chip = chips(model, active, noisy, reads, reads)
            squares = [(chip(number) - exact).square().mean() for number in range(deployment.CHECKED)]
            found.append(torch.stack(squares).mean().sqrt().item())
        yield work, found

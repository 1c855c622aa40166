"""The programs that are measured beside ours, and where their work is not ours."""

from typing import NamedTuple


class Program(NamedTuple):
    """One program; `module` is its file in `programs/`."""

    module: str
    name: str
    package: str
    # How a spike resets a voltage; check.py holds the loss to the equations with that reset.
    reset: str
    differs: str


TRAINERS = [
    Program(
        "published",
        "published method, PyTorch",
        "torch",
        "a step later",
        "the equations of the study, as its code computes them",
    ),
    Program(
        "snntorch",
        "snnTorch",
        "snntorch",
        "a step later",
        "a current acts in the step in which it arrives: the same voltages, two steps earlier a layer",
    ),
    Program(
        "norse",
        "Norse",
        "norse",
        "at once",
        "resets in the step of the spike, with a gradient through it; its surrogate has a steepness of 1",
    ),
    Program(
        "spikingjelly",
        "SpikingJelly, multi-step",
        "spikingjelly",
        "at once",
        "resets in the step of the spike",
    ),
    Program(
        "spyx",
        "Spyx, JAX",
        "spyx",
        "by subtraction",
        "takes the threshold off where the others reset to zero, with a gradient through it; makes spikes of times by comparison",
    ),
]
DEVICES = Program(
    "aihwkit",
    "aihwkit",
    "aihwkit",
    "",
    "a read multiplies all 784 rows, active or not; its noise is the same for all cells or grows with the current (PCM), ours is "
    "a share of the conductance of each cell. An update is an outer product whose cells share the pulses of their row and column, ours "
    "rounds a step of every cell on its own; what it counts as pulses are coincidences",
)

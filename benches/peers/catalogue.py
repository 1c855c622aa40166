"""The other programs, and how their work differs from Ohmspike's."""

from typing import NamedTuple


class Program(NamedTuple):
    """A program; `module` is its file in `programs/`."""

    module: str
    name: str
    package: str
    # Reset of the voltage after a spike; check.py compares the loss with the equations for that reset.
    reset: str
    differs: str


TRAINERS = [
    Program(
        "published",
        "published method, PyTorch",
        "torch",
        "a step later",
        "the equations of the paper, as computed by its code",
    ),
    Program(
        "snntorch",
        "snnTorch",
        "snntorch",
        "a step later",
        "a current acts in the step of its arrival: the same voltages, two steps earlier per layer",
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
        "subtracts the threshold instead of resetting to zero, with a gradient through the reset; converts times to spikes by comparison",
    ),
]
DEVICES = [
    Program(
        "aihwkit",
        "aihwkit",
        "aihwkit",
        "",
        "a read multiplies all 784 rows, active or not. The noise of single reads is equal for all cells or grows with the current (PCM); in "
        "Ohmspike, it is a fraction of the conductance of each cell. An update is an outer product in which cells share the pulses of their row and "
        "column; Ohmspike rounds the update of every cell separately. Pulses of aihwkit are coincidences. In deployment, the noise is the same as in "
        "Ohmspike, but one cell of a pair stays at the lower end of the window, and the PCM model also draws drift coefficients",
    ),
    Program(
        "crosssim",
        "CrossSim",
        "crosssim",
        "",
        "a read multiplies all 784 rows, active or not. Read noise is drawn for every cell and vector instead of every column. One cell of a pair "
        "stays at the lower end of the window",
    ),
    Program(
        "badcrossbar",
        "badcrossbar",
        "badcrossbar",
        "",
        "solves the sparse equations of all nodes for the given vectors; Ohmspike eliminates all nodes, which gives the currents for any vector. "
        "Both are exact. It uses one thread",
    ),
]
PROGRAMS = [*TRAINERS, *DEVICES]

"""CrossSim: chips with programming noise, and reads on each, with the NumPy backend.

Digital-to-analog and analog-to-digital converters are disabled. The matrix of a core is columns x rows for reads with noise
and rows x columns without, whichever is faster. Reads with noise draw for every cell and vector; four vectors per call are
fastest.
"""

import numpy as np
from simulator import AnalogCore, CrossSimParameters
from simulator.parameters.core_parameters import CoreStyle

import deployment

VECTORS = 4


def parameters(noisy):
    made = CrossSimParameters()
    made.core.style = CoreStyle.BALANCED
    weights, device = made.core.mapping.weights, made.xbar.device
    weights.percentile, weights.min, weights.max, weights.clipping = None, -1.0, 1.0, False
    device.Rmin, device.Rmax = 1e6 / deployment.GMAX, 1e6 / deployment.GMIN
    # Standard deviations relative to the largest conductance.
    scale = 1 - deployment.GMIN / deployment.GMAX
    kinds = [(device.programming_error, deployment.WRITE_SIGMA)]
    if noisy:
        kinds.append((device.read_noise, deployment.READ_SIGMA))
    for kind, sigma in kinds:
        kind.enable, kind.model, kind.magnitude = True, "NormalIndependentDevice", scale * sigma
    return made


def chips(active, noisy, reads=deployment.READS):
    """Returns a function that programs one chip and returns its outputs, vectors x columns."""
    weights = np.array(deployment.weights(), np.float32)
    vectors = np.array(deployment.vectors(active, reads), np.float32)
    if not noisy:
        core = AnalogCore(weights, parameters(noisy))

        def exact(_):
            core.set_matrix(weights)
            return vectors @ core

        return exact
    core, batches = AnalogCore(weights.T, parameters(noisy)), np.array_split(vectors.T, reads // VECTORS, axis=1)

    def read(_):
        core.set_matrix(weights.T)
        return np.concatenate([(core @ batch).T for batch in batches])

    return read


def measure(stopwatch):
    for work, active, noisy in deployment.works():
        if stopwatch.wants(work):
            how = f"{VECTORS if noisy else deployment.READS} vectors per call"
            stopwatch.measure(f"{work}: {how}", "chips", 1, chips(active, noisy))


def results():
    """Yields the root mean square of the deviation of an output from the exact product, for every kind of work."""
    weights = np.array(deployment.weights())
    for work, active, noisy in deployment.works():
        chip = chips(active, noisy, deployment.CHECKED_READS)
        exact = np.array(deployment.vectors(active, deployment.CHECKED_READS)) @ weights
        deviations = [chip(number) - exact for number in range(deployment.CHECKED)]
        yield work, [np.sqrt(np.mean(np.square(deviations)))]

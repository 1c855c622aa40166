"""The task of deployment, as in benches/throughput/deployment.rs: weights, vectors and noise of every program.

The weights of one array are programmed into many chips, and a thousand vectors of zeros and ones are read on each. Every
program writes both cells of a pair, with independent normal noise of one standard deviation, and stays clear of the ends of
the window.
"""

import math

ROWS = 784
COLUMNS = 100
READS = 1000
# Active rows of a vector.
ACTIVE = (13, 300)
# Conductances of a cell, µS.
GMIN, GMAX = 10.0, 100.0
# Standard deviations of a cell per write and per read, weight. Weights are from -1 to 1.
WRITE_SIGMA, READ_SIGMA = 0.02, 0.01
# Chips of a check, and vectors read on each.
CHECKED, CHECKED_READS = 20, 50
# The deviations of 2,000 columns are independent, so the relative standard error of their root mean square is at most
# 1 / sqrt(2 x 2,000), even if all vectors had the same rows. The tolerance is five standard errors.
TOLERANCE = 5 / math.sqrt(2 * CHECKED * COLUMNS)


def works():
    """Returns the kinds of work: name, active rows, and whether reads have noise."""
    return [(work(active, noisy), active, noisy) for noisy in (False, True) for active in ACTIVE]


def work(active, noisy):
    return f"deployment: {READS} {'noisy' if noisy else 'exact'} reads with {active} active of {ROWS} x {COLUMNS}"


def weights():
    """Returns 2,001 levels from -1 to 1 in no order, rows x columns."""
    return [[((row * COLUMNS + column) * 7919 % 2001) / 1000 - 1 for column in range(COLUMNS)] for row in range(ROWS)]


def vectors(active, reads=READS):
    """Returns vectors of zeros and ones, with `active` rows distributed over the array."""
    made = []
    for vector in range(reads):
        made.append([0.0] * ROWS)
        for place in range(active):
            made[-1][(place * ROWS // active + 37 * vector) % ROWS] = 1.0
    return made


def expected(active, noisy):
    """Returns the root mean square of the deviation of an output from the exact product, weight."""
    return math.sqrt(2 * active * (WRITE_SIGMA**2 + (READ_SIGMA**2 if noisy else 0)))

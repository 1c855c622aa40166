"""The arrays with wires, as in benches/throughput/wires.rs: conductances, resistances and voltages of every program."""

# Sizes and numbers of input vectors.
ARRAYS = [(64, 1), (64, 100), (128, 1), (128, 100)]
# Resistance of a segment of a line, of a driver and of a sense amplifier, ohm.
SEGMENT_OHM = 1.0
# Both solvers are direct and in float64. The wires make the equations ill-conditioned: the conductance of a segment is
# 10^5 times that of a cell, so 1e-16 becomes up to 1e-10 of a current.
TOLERANCE = 1e-9


def work(size, vectors):
    return f"wires: {size} x {size} with {vectors} input vector{'' if vectors == 1 else 's'}"


def conductances(size):
    """Returns conductances from 2 to 22 µS in no order, rows x columns."""
    return [[2 + (row * size + column) * 7919 % 1000 / 50 for column in range(size)] for row in range(size)]


def volts(size, vectors):
    """Returns input voltages from 0 to 0.1 V, rows x vectors."""
    return [[(3 * row + 7 * vector) % 11 / 100 for vector in range(vectors)] for row in range(size)]

"""Compares the results of arrays: deviations with the noise laws, and currents with those of Ohmspike."""

import deployment
import wires


def results(printed):
    """Returns the numbers of every kind of work in the output of a check."""
    lines = [line.split(",") for line in printed.splitlines() if "," in line]
    return {work: [float(number) for number in numbers] for work, *numbers in lines}


def compare(work, found, reference):
    """Returns cells of the table for one kind of work, and the problem if the numbers differ too much."""
    laws = {name: deployment.expected(active, noisy) for name, active, noisy in deployment.works()}
    if work in laws:
        return deviation(work, found, laws[work])
    return currents(work, found, reference[work])


def deviation(work, found, expected):
    cells = f"deviation of an output, weight | {' and '.join(f'{one:.4f}' for one in found)} | {expected:.4f} ± {100 * deployment.TOLERANCE:.0f} %"
    differs = any(abs(one / expected - 1) > deployment.TOLERANCE for one in found)
    return f"{work} | {cells}", f"{work}: the deviations {found} differ from {expected}" if differs else None


def currents(work, found, reference):
    if len(found) != len(reference):
        return f"{work} | number of currents | {len(found)} | {len(reference)}", f"{work}: expected {len(reference)} currents, got {len(found)}"
    largest = max(abs(one / ours - 1) for one, ours in zip(found, reference))
    cells = f"largest relative difference of a current from Ohmspike | {largest:.1e} | at most {wires.TOLERANCE:.0e}"
    return f"{work} | {cells}", f"{work}: a current differs by {largest}" if largest > wires.TOLERANCE else None

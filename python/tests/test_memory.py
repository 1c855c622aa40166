import gc
import pathlib
import sys

import numpy as np
import pytest

import ohmspike


def resident():
    """Resident memory of this process, bytes."""
    pages = pathlib.Path("/proc/self/statm").read_text().split()[1]
    import resource

    return int(pages) * resource.getpagesize()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_does_not_grow():
    """10,000 calls that each leaked one array of 100 x 50 would take 200 MB, and one small object 1 MB."""
    array = ohmspike.Crossbar(ohmspike.Device.load("illustrative-oxide"), 100, 50)
    step = np.full((100, 50), 1e-4)
    spikes = np.arange(100) % 3 == 0
    batch, analog = np.tile(spikes, (4, 1)), np.linspace(0, 1, 100)

    def calls(count):
        for _ in range(count):
            array.write(step)
            array.read(spikes)
            array.read(batch)
            array.read(analog)
            array.conductance, array.weights, array.usage, array.state()

    # Pools and caches fill first.
    calls(1000)
    gc.collect()
    before = resident()
    calls(10_000)
    gc.collect()
    assert resident() - before < 1 << 20

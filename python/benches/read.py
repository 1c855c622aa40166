"""Time of one read of 784 x 100 pairs with 300 active rows, alone and in batches.

The Rust side, with the same array and spikes, is `cargo bench -p benches --bench array_read`.
"""

import time

import numpy as np

import ohmspike

REPEATS, CALLS = 7, 20_000


def fastest(call, calls):
    """Seconds per call, the fastest of some repeats."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        times.append((time.perf_counter() - start) / calls)
    return min(times)


def main():
    row, column = np.indices((784, 100))
    weights = ((row * 7 + column * 3) % 11 / 11 - 0.5).astype(np.float32)
    array = ohmspike.Crossbar(ohmspike.Device.load("illustrative-oxide"), 784, 100, seed=1)
    array.program(weights)
    spikes = np.arange(784) * 37 % 784 < 300
    assert spikes.sum() == 300
    print(f"one step: {1e6 * fastest(lambda: array.read(spikes), CALLS):.2f} µs per call")
    for samples in (16, 256, 4096):
        batch = np.tile(spikes, (samples, 1))
        seconds = fastest(lambda: array.read(batch), max(3, CALLS // samples)) / samples
        print(f"batch of {samples}: {1e6 * seconds:.2f} µs per sample")
    step = np.full((784, 100), 1e-3, dtype=np.float32)
    print(f"write: {1e6 * fastest(lambda: array.write(step), 200):.0f} µs per call")


if __name__ == "__main__":
    main()

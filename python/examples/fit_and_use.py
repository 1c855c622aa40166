"""From a measured table to a device, and to a network on its chips.

The table is drawn here: 300 cells, each written to six targets with a relative spread of 4 %.
"""

import pathlib
import tempfile

import numpy as np

import ohmspike


def measure(path):
    """Stands for a measurement: one row per write, µS."""
    draws = np.random.default_rng(1)
    lines = ["cell,target_microsiemens,written_microsiemens"]
    for cell in range(300):
        for target in (20, 60, 100, 140, 180, 220):
            lines.append(f"{cell},{target},{target * (1 + 0.04 * draws.standard_normal()):.3f}")
    path.write_text("\n".join(lines) + "\n")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        measure(folder / "writes.csv")

        fit = ohmspike.fit(folder / "writes.csv", name="measured-oxide", window=(2, 250))
        print(fit.summary())
        device = fit.device.save(folder / "measured-oxide.json")

        # As an array: the spread of written cells.
        array = ohmspike.Crossbar(device, 100, 50, seed=1)
        array.program(np.full((100, 50), 0.5))
        plus, _ = array.conductance
        print(f"written: {plus.mean():.1f} µS ± {100 * plus.std() / plus.mean():.1f} %")

        # As the hardware of a network: trained exactly, deployed onto 20 chips.
        trained = ohmspike.train(set={"network.hidden": 30, "training.batch": 32, "training.epochs": 6})
        answer = ohmspike.deploy(trained, device, chips=20, out=folder / "deployed")
        (cell,) = answer.data["cells"]
        exact, chips = cell["exact"], cell["times"][0]
        print(f"digital weights: {100 * exact['correct'] / exact['samples']:.1f} %, mean of 20 chips: {100 * chips['mean']:.1f} %")


if __name__ == "__main__":
    main()

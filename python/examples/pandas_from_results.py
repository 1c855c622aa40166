"""A study, and its records in pandas: mean outcome and wrong signs over the noise of writes."""

import pathlib
import tempfile

import ohmspike

STUDY = """name = "write-noise"
[network]
hidden = 20
[training]
batch = 64
epochs = 3
[hardware]
device = "illustrative-oxide"
write_spread_scale = [0, 1, 10]
[repeats]
seeds = 3
"""


def main():
    with tempfile.TemporaryDirectory() as folder:
        study = pathlib.Path(folder, "write-noise.toml")
        study.write_text(STUDY)
        ohmspike.run(study, out=pathlib.Path(folder, "results"))

        # Later, and elsewhere: the folder describes itself.
        results = ohmspike.open_results(pathlib.Path(folder, "results"))
        trials = results.records.to_pandas()
        print(trials.groupby("hardware.write_spread_scale")["outcome_accuracy_fraction"].agg(["mean", "std", "count"]))
        epochs = results.epochs.to_pandas()
        print(epochs.pivot_table("accuracy_fraction", "epoch", "hardware.write_spread_scale").round(3))


if __name__ == "__main__":
    main()

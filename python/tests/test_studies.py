"""Studies from Python have the bits of the command line."""

import json

import numpy as np
import pytest

import ohmspike


def records(folder):
    """All records below `folder`, by name, without times and the machine."""
    found = {}
    for file in (folder / "records").glob("*.jsonl"):
        for line in file.read_text().splitlines():
            record = json.loads(line)
            found[record["id"]] = comparable(record)
    return found


def comparable(record):
    return {key: value for key, value in record.items() if key not in ("seconds", "machine", "finished")}


@pytest.fixture
def both(study, program, tmp_path):
    """Results of one study from Python, and the folder of the same study from the command line."""
    program("run", study, "--out", tmp_path / "program")
    return ohmspike.run(study, out=tmp_path / "python"), tmp_path / "program"


def test_records_and_summary_equal_those_of_the_command_line(both):
    results, folder = both
    assert records(results.folder) == records(folder) and len(results) == 4
    assert (results.folder / "summary.csv").read_bytes() == (folder / "summary.csv").read_bytes()
    names = [sorted(path.name for path in place.glob("figures/*")) for place in (results.folder, folder)]
    assert names[0] == names[1] and names[0]
    assert [comparable(record) for record in results.to_list()] == [records(folder)[record["id"]] for record in results.to_list()]


def test_tables_equal_those_of_the_command_line(both, program):
    results, folder = both
    text = program("export", folder)
    columns = [name for name in results.records.column_names if not name.endswith("_seconds")]
    header, *lines = text.splitlines()
    assert results.records.column_names == header.split(",")
    ours = [line for line in results.records.to_csv().splitlines()[1:]]
    places = [header.split(",").index(name) for name in columns]
    cells = lambda line: [line.split(",")[place] for place in places]  # noqa: E731
    assert [cells(line) for line in ours] == [cells(line) for line in lines]


def test_a_trained_network_has_the_bits_of_the_command_line(study, program):
    program("train", study, "--set", "noise.level_percent=100", "--seed", 3, "--save-weights", "net.npz",
            "--save-conductances", "cells.csv")
    trained = ohmspike.train(study, set={"noise.level_percent": 100}, seed=3)
    with np.load("net.npz") as stored:
        assert set(trained.weights) == {"w0", "w1"}
        for name, weights in trained.weights.items():
            assert np.array_equal(weights, stored[name])
    lines = [line.split(",") for line in open("cells.csv").read().splitlines()[1:]]
    of_program = np.array([[float(cell) for cell in line[4:]] for line in lines], dtype=np.float32)
    ours = np.concatenate([trained.conductances[name].reshape(2, -1) for name in ("w0", "w1")], axis=1).T
    assert np.array_equal(ours, of_program)
    assert trained.accuracy.shape == trained.loss.shape == (2,)
    assert trained.outcome == pytest.approx(trained.accuracy.mean())
    trained.save("mine.npz")
    with np.load("net.npz") as stored, np.load("mine.npz") as mine:
        assert all(np.array_equal(stored[name], mine[name]) for name in ("w0", "w1"))


def test_results_are_opened_and_resumed(study, tmp_path):
    first = ohmspike.run(study, max_trials=1)
    assert (len(first), first.left) == (1, 3)
    assert first.folder.resolve() == (tmp_path / "results" / "small").resolve()
    opened = ohmspike.open_results("results/small")
    assert (len(opened), opened.left, opened.name) == (1, 3, "small")
    whole = ohmspike.run("results/small")
    assert (len(whole), whole.left) == (4, 0)
    other = ohmspike.run(study, out="other", threads=1)
    assert records(whole.folder) == records(other.folder)


def test_overrides_sweep_and_set_devices(study):
    device = ohmspike.Device.load("illustrative-oxide").with_({"window.low_resistance_ohm": 2000})
    results = ohmspike.run(
        study,
        set={"hardware.device": device, "noise.level_percent": 0, "network.hidden": np.array([4, 5]), "training.epochs": 1},
        files=False,
    )
    records = results.records
    assert sorted(records["network.hidden"]) == [4, 4, 5, 5]
    assert set(records["device.window.low_resistance_ohm"]) == {2000.0}
    assert results.summary["n"].tolist() == [2, 2]
    assert not (results.folder / "summary.csv").exists()


def test_progress_goes_to_stderr(study, capsys):
    ohmspike.run(study, progress=True, files=False)
    captured = capsys.readouterr()
    assert captured.out == "" and "epoch" in captured.err


def test_warnings_are_warnings_of_python(study):
    with pytest.warns(ohmspike.OhmspikeWarning, match="hint: "):
        ohmspike.run(study, set={"hardware.device": "none", "hardware.retention_seconds": 10}, files=False)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"set": {"network.hiden": 3}}, "network.hidden"),
        ({"set": {"network.hidden": -3}}, "network.hidden"),
        ({"set": {"hardware.device": "no-such-device"}}, "no-such-device"),
        ({"checkpoint_seconds": -1}, "checkpoint_seconds: expected a time of at least 0 s, got -1"),
    ],
)
def test_wrong_studies_are_refused_by_name(study, options, words):
    with pytest.raises(ohmspike.OhmspikeError, match=words):
        ohmspike.run(study, **options)


def test_missing_studies_are_refused():
    with pytest.raises(ohmspike.OhmspikeError, match="missing.toml"):
        ohmspike.run("missing.toml")


def test_a_sweep_is_no_single_training(study):
    with pytest.raises(ohmspike.OhmspikeError, match="noise.level_percent"):
        ohmspike.train(study)


def test_devices_from_measurements_and_lists_of_devices_run(study, tmp_path):
    fitted = ohmspike.Device.from_json(ohmspike.Device.load("pcm-joshi-2020").to_dict() | {"name": "mine"})
    settings = {"noise.level_percent": 0, "repeats.seeds": 1, "hardware.device": [fitted, "ideal", ohmspike.Device.load("pcm-joshi-2020")]}
    results = ohmspike.run(study, set=settings, out="devices", threads=1)
    accuracy = results.records["outcome_accuracy_fraction"]
    assert len(results) == 3 and accuracy[0] == accuracy[2]
    one = ohmspike.run(study, set={**settings, "hardware.device": fitted}, out="one", threads=1)
    assert one.records["outcome_accuracy_fraction"][0] == accuracy[0]
    with pytest.raises(ohmspike.OhmspikeError, match="without overridden keys in a list, got `ideal` with some"):
        changed = ohmspike.Device.load("ideal").with_({"window.low_resistance_ohm": 2000})
        ohmspike.run(study, set={"hardware.device": [changed, "ideal"]}, out="two")


def test_integers_and_paths_of_other_types_are_taken(study, tmp_path):
    ohmspike.Device.load("ideal").save("mine.json")
    settings = {"noise.level_percent": 0, "hardware.device": [tmp_path / "mine.json", "ideal"], "training.epochs": np.int64(1)}
    results = ohmspike.run(study, set=settings | {"repeats.seeds": np.uint8(1)}, threads=np.int32(1), files=False)
    accuracy = results.records["outcome_accuracy_fraction"]
    assert len(accuracy) == 2 and accuracy[0] == accuracy[1]
    one = ohmspike.train(study, set=settings | {"hardware.device": tmp_path / "mine.json"}, seed=np.uint64(1))
    assert one.outcome == accuracy[0]


def test_results_show_the_table_of_the_program(study, program):
    results = ohmspike.run(study, out="shown", threads=1)
    printed = program("run", study, "--out", "shown")
    lines = str(results).splitlines()
    assert lines[0] == "small: 4 of 4 trials; test accuracy, %: mean, and 95 % CI for 3 or more repeats"
    assert len(lines) > 2 and all(line in printed.splitlines() for line in lines[1:])


def test_a_folder_of_other_settings_is_told(study):
    ohmspike.run(study, set={"noise.level_percent": 0, "repeats.seeds": 1}, out="same", threads=1)
    with pytest.warns(ohmspike.OhmspikeWarning, match="`same` holds 1 record of other settings"):
        results = ohmspike.run(study, set={"noise.level_percent": 100, "repeats.seeds": 1}, out="same", threads=1)
    assert len(results) == 1

"""Deployments, limits and ablations have the numbers of the command line."""

import json

import numpy as np
import pytest

import ohmspike

NETWORK = {"network.hidden": 20, "training.batch": 64, "training.epochs": 2, "noise.level_percent": 0}
TRAINING = [word for key, value in NETWORK.items() for word in ("--set", f"{key}={value}")]


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    trained = ohmspike.train(set=NETWORK)
    path = tmp_path_factory.mktemp("network") / "net.npz"
    trained.save(path)
    return trained, path


def chips(folder):
    lines = (folder / "chips.jsonl").read_text().splitlines()
    return sorted((json.loads(line) for line in lines), key=json.dumps)


def test_a_deployment_equals_that_of_the_command_line(network, program, tmp_path):
    _, path = network
    answer = ohmspike.deploy(path, "pcm-joshi-2020", chips=3, after=["1h", 86_400.0], out="python", seed=4)
    program("deploy", path, "--device", "pcm-joshi-2020", "--chips", 3, "--after", "1h,1d", "--out", "program", "--seed", 4)
    assert chips(tmp_path / "python") == chips(tmp_path / "program")
    assert answer.data == json.loads((tmp_path / "program" / "deployment.json").read_text())
    assert answer.kind == "deployment"
    assert answer.table.to_csv().splitlines() == (tmp_path / "program" / "deployment.csv").read_text().splitlines()
    assert (tmp_path / "python" / "figures").is_dir()


def test_networks_are_files_trained_networks_or_arrays(network):
    trained, path = network
    device = ohmspike.Device.load("illustrative-oxide")
    of_file = ohmspike.deploy(path, device, chips=2, out="one")
    of_network = ohmspike.deploy(trained, device, chips=2, out="two")
    mean = lambda answer: answer.data["cells"][0]["times"][0]["mean"]  # noqa: E731
    assert mean(of_file) == mean(of_network)
    # Without a header, the settings come from the call.
    arrays = ohmspike.deploy(dict(trained.weights), device, chips=2, out="three", set={"data.set": "fashion-mnist-subset"})
    assert 0 < mean(arrays) < 1
    with pytest.raises(TypeError, match="networks: expected a path, a trained network, or a dictionary of arrays"):
        ohmspike.deploy(3, device)
    with pytest.raises(ohmspike.OhmspikeError, match="after: expected a time with unit"):
        ohmspike.deploy(path, device, after="soon")


def test_overridden_keys_of_a_device_reach_the_chips(network):
    _, path = network
    device = ohmspike.Device.load("illustrative-oxide")
    broken = device.with_({"faults.p_high_resistance": 0.5})
    mean = lambda device, out: ohmspike.deploy(path, device, chips=2, out=out).data["cells"][0]["times"][0]["mean"]  # noqa: E731
    assert mean(broken, "broken") < mean(device, "whole")
    # A device that is in no file is saved with its keys.
    unsaved = ohmspike.Device.from_json(broken.to_dict())
    assert mean(unsaved, "unsaved") == mean(broken, "broken")


@pytest.fixture
def noisy(tmp_path):
    path = tmp_path / "noisy.toml"
    path.write_text(
        'name = "noisy"\n[network]\nhidden = 10\n[training]\nbatch = 64\nepochs = 4\n[outcome]\nlast_epochs = 1\n'
        '[hardware]\ndevice = "illustrative-oxide"\n'
    )
    return path


def test_a_limit_equals_that_of_the_command_line(noisy, program, tmp_path):
    levels, key = [1, 300], "hardware.write_spread_scale"
    answer = ohmspike.limit(noisy, {key: levels}, within_points=20, repeats=3, out="python", set={"training.epochs": 3})
    program("limit", noisy, "--key", f"{key}=1,300", "--within", "20points", "--repeats", 3, "--out", "program",
            "--set", "training.epochs=3")
    assert answer.kind == "limit" and answer.data["rows"][0]["key"] == key
    assert answer.data == json.loads((tmp_path / "program" / "limit.json").read_text())


def test_questions_need_one_criterion(noisy):
    for options in ({}, {"within_points": 2, "accuracy": 0.5}):
        with pytest.raises(TypeError, match="one of `within_points` and `accuracy`"):
            ohmspike.limit(noisy, "hardware.write_spread_scale", **options)
    with pytest.raises(ohmspike.OhmspikeError, match="within_points: expected percentage points from 0 to 100, got 0"):
        ohmspike.limit(noisy, "hardware.write_spread_scale", within_points=0)


def test_an_ablation_equals_that_of_the_command_line(noisy, program, tmp_path):
    options = {"training.epochs": 2, "repeats.seeds": 3}
    words = [word for key, value in options.items() for word in ("--set", f"{key}={value}")]
    try:
        answer = ohmspike.ablate(noisy, out="python", set=options)
    except ohmspike.OhmspikeError as withheld:
        program("ablate", noisy, "--out", "program", *words, code=2)
        data = json.loads((tmp_path / "python" / "ablation.json").read_text())
        assert data["withheld"] in str(withheld)
    else:
        program("ablate", noisy, "--out", "program", *words)
        data = answer.data
        assert answer.kind == "ablation" and len(answer.table) > 0
    assert data == json.loads((tmp_path / "program" / "ablation.json").read_text())


def test_answers_and_studies_have_folders_of_their_own(noisy, network):
    ohmspike.run(noisy, set={"training.epochs": 1}, out="runs", files=False)
    with pytest.raises(ohmspike.OhmspikeError, match="expected a folder for answers, got the results of a study"):
        ohmspike.deploy(network[1], "ideal", chips=1, out="runs")


def test_the_table_of_a_deployment_has_a_row_per_chip_and_time(network):
    answer = ohmspike.deploy(network[1], ["ideal", "pcm-joshi-2020"], chips=2, after=["1h", "1d"], out="two-devices")
    table = answer.table.to_dict()
    assert len(answer.table) == 2 * 2 * 2
    assert all(table[name].dtype == np.uint64 for name in ("chip", "correct_samples", "samples"))
    assert table["samples"][0] == 1024 and "1024" in str(answer) and "1020" not in str(answer)
    assert set(table["device"]) == {"ideal", "pcm-joshi-2020"} and set(table["after_seconds"]) == {3600.0, 86_400.0}
    assert np.allclose(table["accuracy_percent"], 100 * table["correct_samples"] / table["samples"], atol=1e-3)
    # Chips of an ideal device are equal.
    assert len(set(table["accuracy_percent"][table["device"] == "ideal"])) == 1


def test_networks_of_one_study_deploy_together():
    networks = [ohmspike.train(set={**NETWORK, "network.hidden": hidden}) for hidden in (8, 9)]
    answer = ohmspike.deploy(networks, ("ideal", "pcm-joshi-2020"), chips=3, out="both")
    assert len(answer.table) == 12 and "accuracy" in str(answer) and "<table>" in answer._repr_html_()


def test_networks_are_saved_in_the_format_of_their_name():
    trained = ohmspike.train(set=NETWORK)
    for name in ("net.npz", "net.nir"):
        trained.save(name)
    ohmspike.import_nir("net.nir", "back.npz")
    ohmspike.export_nir("back.npz", "again.nir", dt_seconds=1e-4, readout="cuba-lif")
    accuracies = [ohmspike.deploy(name, "ideal", chips=1, out=name + "-deploy").data["cells"][0]["times"][0]["mean"]
                  for name in ("net.npz", "net.nir", "back.npz", "again.nir")]
    assert len(set(accuracies)) == 1
    for wrong in ("net.pt", "net"):
        with pytest.raises(ohmspike.OhmspikeError, match=f"path: expected a name that ends in .npz, .csv or .nir, got `{wrong}`"):
            trained.save(wrong)
    with pytest.raises(ohmspike.OhmspikeError, match="dt_seconds: expected 1e-9 to 1000 s, got 0"):
        ohmspike.export_nir("net.npz", "a.nir", dt_seconds=0)
    with pytest.raises(ohmspike.OhmspikeError, match="readout: expected `cuba-li` or `cuba-lif`, got `lif`"):
        ohmspike.export_nir("net.npz", "a.nir", readout="lif")

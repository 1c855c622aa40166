import copy
import pathlib
import pickle

import numpy as np
import pytest

import ohmspike


def test_built_in_devices_load():
    names = ohmspike.Device.built_in()
    assert "hfox-taox-wan-2022-1s" in names
    for name in names:
        device = ohmspike.Device.load(name)
        low, high = device.window
        assert device.name == name and 0 < low < high


def test_keys_override_with_dots_or_underscores():
    device = ohmspike.Device.load("illustrative-oxide")
    one = device.with_({"window.low_resistance_ohm": 2000})
    other = device.with_(window__low_resistance_ohm=2000)
    assert one == other != device
    assert one.window[1] == 500.0
    assert one.to_dict()["window"]["low_resistance_ohm"] == 2000
    assert device.window[1] == 1000.0


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"window.low_resistance_ohm": -1}, "device.window.low_resistance_ohm"),
        ({"window.low_resistence_ohm": 1}, "low_resistance_ohm"),
        ({"write.noise": "loud"}, "device.write.noise"),
    ],
)
def test_wrong_keys_are_refused_by_name(keys, words):
    with pytest.raises(ohmspike.OhmspikeError, match=words):
        ohmspike.Device.load("illustrative-oxide").with_(keys)


def test_values_of_other_types_are_refused_by_name():
    with pytest.raises(TypeError, match="write.noise: expected a number, a string.*got complex 1j"):
        ohmspike.Device.load("illustrative-oxide").with_({"write.noise": 1j})


def test_unknown_devices_are_refused():
    with pytest.raises(ohmspike.OhmspikeError, match="unknown device `illustrative-oxid`"):
        ohmspike.Device.load("illustrative-oxid")
    # Without a study, no key of a study helps.
    for load in (ohmspike.Device.load, lambda name: ohmspike.Crossbar(name, 2, 2)):
        with pytest.raises(ohmspike.OhmspikeError, match="cannot read `x/nope.json`: no such file\n\nhint: name a built-in device"):
            load("x/nope.json")


def test_a_device_survives_a_file(tmp_path):
    device = ohmspike.Device.load("illustrative-oxide").with_({"window.low_resistance_ohm": 2000})
    saved = device.save(tmp_path / "mine.json")
    assert saved == device == ohmspike.Device.load(tmp_path / "mine.json")
    assert saved == ohmspike.Device.from_json((tmp_path / "mine.json").read_text())
    assert saved == ohmspike.Device.from_json(saved.to_dict())


def test_samples_have_the_bits_of_the_command_line(program):
    device = ohmspike.Device.load("illustrative-oxide")
    sample = device.sample(100, count=50, seed=7, cycles=2, after_seconds=3600, reads=2)
    text = program(
        "device", "sample", "illustrative-oxide", "--target-microsiemens", 100, "--count", 50, "--seed", 7,
        "--cycles", 2, "--after", "1h", "--read", 2,
    )
    header, *lines = text.splitlines()
    assert sample.column_names == header.split(",")
    of_program = np.array([[float(cell) for cell in line.split(",")] for line in lines], dtype=np.float32)
    assert np.array_equal(np.column_stack(list(sample.to_dict().values())).astype(np.float32), of_program)


def test_sampled_writes_have_the_stated_spread():
    device = ohmspike.Device.load("illustrative-oxide")
    spreads = device.spreads(count=10)
    conductances, sigmas = spreads["conductance_microsiemens"], spreads["sigma_microsiemens"]
    assert (conductances[0], conductances[-1]) == device.window
    target = conductances[4]
    written = device.sample(target, count=10_000)["written_microsiemens"]
    # The standard deviation of 10,000 draws has a standard error of sigma / sqrt(20,000): five of them.
    assert abs(written.std() / sigmas[4] - 1) < 5 / np.sqrt(20_000)


def test_figures_are_svg_and_png(tmp_path):
    figure = ohmspike.Device.load("illustrative-oxide").plot()
    assert figure.svg.lstrip().startswith("<svg") or "<svg" in figure.svg[:300]
    assert figure._repr_svg_() == figure.svg
    figure.save(tmp_path / "curves.svg")
    figure.save(tmp_path / "curves.png")
    assert (tmp_path / "curves.svg").read_text() == figure.svg
    assert (tmp_path / "curves.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    figure.save(tmp_path / "curves.PNG")
    assert (tmp_path / "curves.PNG").read_bytes() == (tmp_path / "curves.png").read_bytes()
    with pytest.raises(ohmspike.OhmspikeError, match=".svg or .png"):
        figure.save(tmp_path / "curves.pdf")


def test_devices_and_seeds_are_values():
    device = ohmspike.Device.load("pcm-joshi-2020").with_({"window.high_resistance_ohm": 400_000})
    seed = ohmspike.Seed(3).named("layer").numbered(2)
    for copied in (pickle.loads(pickle.dumps(device)), copy.deepcopy(device)):
        assert copied == device and repr(copied) == repr(device) and hash(copied) == hash(device)
    for copied in (pickle.loads(pickle.dumps(seed)), ohmspike.Seed(3, "layer", 2)):
        assert copied == seed and hash(copied) == hash(seed) and repr(copied) == repr(seed)
    assert seed != ohmspike.Seed(3).named("layer") and seed != "layer"
    for path in (True, 1.5, -1):
        with pytest.raises(TypeError, match=f"path: expected names and numbers from 0 to 2\\^64 - 1, got \\w+ {path}"):
            ohmspike.Seed(1, path)
    for number, wrong in ((True, TypeError), (-1, ohmspike.OhmspikeError)):
        with pytest.raises(wrong, match="expected a whole number from 0"):
            ohmspike.Seed(1).numbered(number)
    assert "overridden: window.high_resistance_ohm" in repr(device)


def test_samples_that_no_memory_holds_are_refused():
    device = ohmspike.Device.load("illustrative-oxide")
    with pytest.raises(MemoryError, match="sample: it needs"):
        device.sample(100, count=10_000_000, cycles=1_000_000)
    with pytest.raises(ohmspike.OhmspikeError, match="expected a whole number from 1 to 10000000, got int 10000000000"):
        device.sample(100, count=10**10)
    for name in ("after_seconds", "read_interval_seconds"):
        with pytest.raises(ohmspike.OhmspikeError, match=f"{name}: expected a time of at least 0 s, got -1"):
            device.sample(100, **{name: -1.0})


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    device = ohmspike.Device.load("ideal")
    for save, name in ((device.save, "a.json"), (device.plot().save, "a.svg")):
        with pytest.raises(ohmspike.OhmspikeError, match=f"cannot write `.*nowhere/{name}`"):
            save(tmp_path / "nowhere" / name)


NETWORK = {"network.hidden": 8, "training.batch": 512, "training.epochs": 1, "noise.level_percent": 0}


def trained(device):
    """The weights after one epoch, which depend on every law of the device."""
    return ohmspike.train(set={**NETWORK, "hardware.device": device}).weights["w0"]


@pytest.fixture(scope="module")
def oxide_weights():
    return trained("illustrative-oxide")


@pytest.mark.parametrize("change", ["overwritten", "removed", "elsewhere", "pickled"])
def test_a_device_does_not_depend_on_its_file(change, tmp_path, monkeypatch, oxide_weights):
    oxide = ohmspike.Device.load("illustrative-oxide")
    oxide.save("mine.json")
    device = ohmspike.Device.load("mine.json")
    if change == "overwritten":
        ohmspike.Device.load("ideal").save("mine.json")
    elif change == "removed":
        (tmp_path / "mine.json").unlink()
    else:
        kept = pickle.dumps(device)
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        device = pickle.loads(kept) if change == "pickled" else device
    weights = np.full((2, 2), 0.5)
    arrays = [ohmspike.Crossbar(one, 2, 2, initial=weights) for one in (oxide, device)]
    assert np.array_equal(*(array.conductance for array in arrays))
    assert np.array_equal(trained(device), oxide_weights)
    assert [path.name[:19] for path in (pathlib.Path("results") / "devices").iterdir()] == ["illustrative-oxide-"]


def test_a_device_that_is_still_in_its_file_is_used_from_there(oxide_weights):
    device = ohmspike.Device.load("illustrative-oxide").save("mine.json")
    assert np.array_equal(trained(device), oxide_weights)
    assert not pathlib.Path("results/devices").exists()


def test_a_file_with_the_name_of_a_built_in_device_is_no_built_in_device(oxide_weights):
    saved = ohmspike.Device.load("illustrative-oxide").save("ideal")
    assert np.array_equal(trained(saved), oxide_weights)
    assert not np.array_equal(trained("ideal"), oxide_weights)


def test_overridden_sections_and_lists_reach_studies():
    ideal = ohmspike.Device.load("ideal")
    window = {"low_resistance_ohm": 2000, "high_resistance_ohm": 50_000}
    as_section = ideal.with_({"window": window, "write": {"noise": "relative", "sigma_percent_of_conductance": 20}})
    by_key = ideal.with_({
        "window.low_resistance_ohm": 2000, "window.high_resistance_ohm": 50_000,
        "write.noise": "relative", "write.sigma_percent_of_conductance": 20,
    })
    assert as_section == by_key
    assert np.array_equal(trained(as_section), trained(by_key))
    oxide = ohmspike.Device.load("illustrative-oxide")
    points = [{"resistance_ohm": 1000, "sigma_ln_resistance": 0.02}, {"resistance_ohm": 1_000_000, "sigma_ln_resistance": 0.2}]
    json = oxide.to_dict()
    json["write"]["points"] = points
    assert np.array_equal(trained(oxide.with_({"write.points": points})), trained(ohmspike.Device.from_json(json)))


def test_names_of_devices_are_no_folders(oxide_weights):
    device = ohmspike.Device.load("illustrative-oxide")
    named = ohmspike.Device.from_json(device.to_dict() | {"name": "../a/b"})
    assert np.array_equal(trained(named), oxide_weights)
    assert [path.name[:7] for path in pathlib.Path("results/devices").iterdir()] == ["..-a-b-"]

import copy
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
    assert "overridden: window.high_resistance_ohm" in repr(device)


def test_samples_that_no_memory_holds_are_refused():
    device = ohmspike.Device.load("illustrative-oxide")
    with pytest.raises(MemoryError, match="sample: it needs"):
        device.sample(100, count=10_000_000, cycles=1_000_000)
    with pytest.raises(TypeError, match="expected a whole number from 1 to 10000000, got int 10000000000"):
        device.sample(100, count=10**10)
    for name in ("after_seconds", "read_interval_seconds"):
        with pytest.raises(ohmspike.OhmspikeError, match=f"{name}: expected a time of at least 0 s, got -1"):
            device.sample(100, **{name: -1.0})


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    device = ohmspike.Device.load("ideal")
    for save, name in ((device.save, "a.json"), (device.plot().save, "a.svg")):
        with pytest.raises(ohmspike.OhmspikeError, match=f"cannot write `.*nowhere/{name}`"):
            save(tmp_path / "nowhere" / name)

"""Errors and warnings name arguments of Python, not flags of the command line."""

import warnings

import numpy as np
import pytest

import ohmspike


def message(call):
    with pytest.raises((ohmspike.OhmspikeError, TypeError)) as raised:
        call()
    return "\n".join([str(raised.value), *getattr(raised.value, "__notes__", [])])


def test_settings_are_those_of_the_argument_set(study):
    told = message(lambda: ohmspike.run(study, set={"network.hiden": 9}))
    assert told.startswith('set={"network.hiden": 9}: unknown key `network.hiden`')
    told = message(lambda: ohmspike.run(study, set={"hardware.device": "nope"}))
    assert told.startswith('set={"hardware.device": "nope"}: hardware.device: unknown device `nope`')


def test_lists_of_a_setting_stay_whole(study):
    told = message(lambda: ohmspike.run(study, set={"hardware.device": ["none", "nope"]}))
    assert told.startswith('set={"hardware.device": ["none", "nope"]}: ')
    told = message(lambda: ohmspike.run(study, set={"data.set": "a (1), b"}))
    assert told.startswith('set={"data.set": "a (1), b"}: ')


@pytest.mark.parametrize("text", ["a=3", ["a"], 3])
def test_a_set_that_is_no_dictionary(study, text):
    told = message(lambda: ohmspike.run(study, set=text))
    assert told.startswith(f"set: expected a dictionary of keys and values, got {type(text).__name__}")


def test_no_message_has_a_flag(study, tmp_path):
    device = ohmspike.Device.load("illustrative-oxide")
    calls = [
        lambda: ohmspike.limit(study, [], within_points=3),
        lambda: ohmspike.limit(study, "noise.level_percent", within_points=3, confidence=2.0),
        lambda: ohmspike.limit(study, "noise.level_percent", within_points=3, chips=3.0),
        lambda: ohmspike.limit(study, "no.such", within_points=3),
        lambda: ohmspike.deploy({"w0": np.ones((4, 2))}, "ideal", chips=1),
        lambda: ohmspike.deploy(tmp_path / "nothing.npz", "ideal"),
        lambda: device.sample(1e9),
        lambda: ohmspike.Device.load("study-1k-1m").sample(100),
        lambda: ohmspike.Device.load("nothing.json"),
        lambda: ohmspike.open_results(study),
        lambda: ohmspike.fit(tmp_path / "nothing.csv"),
        lambda: ohmspike.fit(tmp_path / "nothing.csv", name=""),
        lambda: ohmspike.run(study, out=study),
    ]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        texts = [message(call) for call in calls]
    for text in texts + [str(warning.message) for warning in told]:
        outside = "".join(part for part in text.split("`") if not part.startswith("ohmspike "))
        assert "--" not in outside, text


def test_hints_name_arguments(tmp_path):
    weights = {"w0": np.full((784, 8), 0.01), "w1": np.full((8, 10), 0.01)}
    with pytest.warns(ohmspike.OhmspikeWarning, match=r"hint: set those of the training with `set=.* or `study=FILE`"):
        message(lambda: ohmspike.deploy(weights, "ideal", chips=1))


def test_arguments_of_a_wrong_kind_are_named(study):
    cases = [
        (lambda: ohmspike.run(study, threads=0), ("expected a whole number from 1 to 4096, got int 0", "threads")),
        (lambda: ohmspike.run(study, threads="2"), ("expected a whole number from 1 to 4096, got str '2'", "threads")),
        (lambda: ohmspike.deploy("net.npz", chips=3.0), ("expected a whole number from 1 to 1000000", "chips")),
        (lambda: ohmspike.deploy("net.npz", write_passes=0), ("expected a whole number from 1 to 1000", "write_passes")),
        (lambda: ohmspike.limit(study, "a.b", within_points=3, repeats=2), ("expected a whole number from 3", "repeats")),
        (lambda: ohmspike.limit(study, {"a.b": (1, 2, 3)}, within_points=3), "keys: a.b: expected None, a tuple (from, to)"),
        (lambda: ohmspike.fit("a.csv", only=3), ("expected a word or a list of words, got int", "only")),
        (lambda: ohmspike.deploy({"file": np.ones((2, 2))}, "ideal"), "networks: expected arrays w0, w1, ... and r0, ..., got `file`"),
    ]
    for call, expected in cases:
        text, argument = expected if isinstance(expected, tuple) else (expected, None)
        told = message(call)
        assert text in told and (argument is None or f"while processing '{argument}'" in told)

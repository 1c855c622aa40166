"""Converters with a calibrated range, and calibrated gains of columns, take their numbers from a batch."""

import numpy as np
import pytest

import ohmspike

IDEAL = ohmspike.Device.load("ideal")
WEIGHTS = np.random.default_rng(0).uniform(-1, 1, (12, 5)).astype(np.float32)
WIRES = {"access": "gated", "line_ohm_per_cell": 20, "column_gain": "calibrated"}


def with_adc(bits, **more):
    adc = {"bits": bits, "codes": "signed", "range": "calibrated"}
    return IDEAL.with_({"read.volts": 0.2, "converters.adc": adc, **more})


def programmed(device, weights=WEIGHTS):
    array = ohmspike.Crossbar(device, *weights.shape)
    array.program(weights)
    return array


def test_reads_without_a_calibration_are_refused():
    for device, key in ((with_adc(4), "converters.adc.range"), (IDEAL.with_({"wires": WIRES}), "wires.column_gain")):
        array = programmed(device)
        assert array.is_calibrated is False
        for inputs in (np.ones(12, bool), np.full((3, 12), 0.5)):
            with pytest.raises(ohmspike.OhmspikeError, match=rf"{key} = `calibrated`: .*\n\nhint: call `calibrate\(inputs\)`"):
                array.read(inputs)
        array.calibrate(np.ones((1, 12), bool))
        assert array.is_calibrated is True and array.read(np.ones(12, bool)).shape == (5,)
        # Other weights have other sums.
        array.program(WEIGHTS / 2)
        assert array.is_calibrated is False
    both = programmed(with_adc(4, wires=WIRES))
    with pytest.raises(ohmspike.OhmspikeError, match="converters.adc.range and wires.column_gain = `calibrated`: "):
        both.read(np.ones(12, bool))
    assert programmed(IDEAL).is_calibrated is None


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_analog_inputs_calibrate_the_range(bits):
    array = programmed(with_adc(bits))
    inputs = np.random.default_rng(1).random((40, 12)).astype(np.float32)
    array.calibrate(inputs)
    sums = inputs @ array.weights
    step = np.abs(sums).max() / (2 ** (bits - 1) - 1)
    read = array.read(inputs)
    # Codes are whole, and a sum within the range is at most half a code away; f32 sums round by 1e-4 of a code.
    assert np.allclose(read / step, np.rint(read / step), atol=1e-3)
    assert np.abs(read - sums).max() <= (0.5 + 1e-3) * step
    assert array.usage["counts"]["conversions"] == 40 * 5


def test_a_batch_without_signals_is_refused_and_changes_nothing():
    array = programmed(with_adc(4))
    for zeros in (np.zeros((3, 12), bool), np.zeros((3, 12)), np.zeros((0, 12))):
        with pytest.raises(ohmspike.OhmspikeError, match="inputs: expected signals to calibrate on, got a batch in which"):
            array.calibrate(zeros)
        assert array.is_calibrated is False
    array.calibrate(np.ones((1, 12), bool))
    spikes = np.eye(12, dtype=bool)
    before = array.read(spikes)
    with pytest.raises(ohmspike.OhmspikeError, match="every column sum is 0"):
        array.calibrate(np.zeros((3, 12), bool))
    assert np.array_equal(array.read(spikes), before)
    # All weights are 0 before they are programmed.
    with pytest.raises(ohmspike.OhmspikeError, match="program the weights first"):
        ohmspike.Crossbar(with_adc(4), 12, 5).calibrate(spikes)


def test_a_calibration_that_does_nothing_is_told():
    fixed = IDEAL.with_(
        {"read.volts": 0.2, "converters.adc": {"bits": 4, "codes": "signed", "range": "fixed", "full_scale_microamperes": 100}}
    )
    for device, words in ((IDEAL, "has no converters to calibrate"), (fixed, "has only converters with a fixed range")):
        with pytest.warns(ohmspike.OhmspikeWarning, match=f"calibrate: no effect: `ideal` {words}"):
            programmed(device).calibrate(np.ones((1, 12), bool))


@pytest.mark.parametrize("access", ["gated", "driven"])
@pytest.mark.parametrize("spikes", [True, False])
def test_the_gain_of_a_column_is_the_best_factor(access, spikes):
    """The least-squares factor from the sums with wires to those without, as in the wires page."""
    wires = WIRES | {"access": access, "sense_ohm": 50}
    weights = np.random.default_rng(2).uniform(0, 1, (60, 4)).astype(np.float32)
    device = IDEAL.with_({"window": {"low_resistance_ohm": 5000, "high_resistance_ohm": 50_000}, "wires": wires})
    lossy = programmed(device.with_({"wires": {name: value for name, value in wires.items() if name != "column_gain"}}), weights)
    draws = np.random.default_rng(3).random((50, 60))
    inputs = draws < 0.3 if spikes else draws.astype(np.float32)
    seen, whole = lossy.read(inputs).astype(np.float64), inputs @ lossy.weights.astype(np.float64)
    assert (seen / whole).mean() < 0.9
    factors = (seen * whole).sum(axis=0) / (seen * seen).sum(axis=0)
    array = programmed(device, weights)
    array.calibrate(inputs)
    # Sums of 60 terms in f32.
    assert np.allclose(array.read(inputs), factors * seen, rtol=1e-4)


def test_a_state_holds_the_calibration():
    one, other = programmed(with_adc(3)), programmed(with_adc(3))
    spikes = np.eye(12, dtype=bool)
    one.calibrate(spikes)
    other.restore(one.state())
    assert other.is_calibrated and np.array_equal(one.read(spikes), other.read(spikes))


def test_zeros_and_ones_are_spikes_in_every_type():
    """Random telegraph noise reaches spikes only."""
    telegraph = {
        "kind": "telegraph", "fraction_of_cells": 1.0, "reference_resistance_ohm": 10_000, "rate_per_second": 1e3,
        "rate_exponent": 0, "amplitude_percent_of_conductance": 20, "amplitude_exponent": 0,
    }
    array = programmed(IDEAL.with_({"read.rtn": telegraph}))
    spikes = np.arange(12) % 2 == 0
    read = array.read(spikes)
    for kind in (np.float32, np.float64, np.float16, np.int8, np.uint64):
        assert np.array_equal(array.read(spikes.astype(kind)), read)
        assert np.array_equal(array.read(spikes.astype(kind), mode="spikes"), read)
    analog = array.read(spikes.astype(np.float32), mode="analog")
    assert np.abs(analog - read).max() > 0.01
    assert np.array_equal(array.read(spikes, mode="analog"), analog)
    # 0.5 of every row is read without telegraph noise, as is a row at 1 in the same call.
    assert np.allclose(array.read(np.stack([spikes, np.full(12, 0.5)]))[0], analog)
    with pytest.raises(ValueError, match="inputs: expected 0 or 1 as spikes, got 0.5\n\nhint: without `mode`, floats"):
        array.read(np.full(12, 0.5), mode="spikes")
    with pytest.raises(ohmspike.OhmspikeError, match="mode: expected `spikes` or `analog`, got `volts`"):
        array.read(spikes, mode="volts")

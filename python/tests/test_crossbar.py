import copy
import os
import pickle
import signal
import threading
import time
import warnings

import numpy as np
import pytest

import ohmspike

OXIDE = ohmspike.Device.load("illustrative-oxide")
IDEAL = ohmspike.Device.load("ideal")
VERIFIED = ohmspike.Device.load("pcm-joshi-2020")


def weights(rows, columns, seed=0):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (rows, columns)).astype(np.float32)


def test_an_ideal_array_holds_and_reads_its_weights():
    array = ohmspike.Crossbar(IDEAL, 5, 20)
    given = weights(5, 20)
    report = array.program(given)
    # A positive weight is on one branch and a negative one on the other, and both cells of a pair are written.
    assert report.cells == 100 and report.clipped_high == 0
    assert np.allclose(array.weights, given, atol=1e-6)
    low, high = IDEAL.window
    plus, minus = array.conductance
    assert np.allclose((plus - minus) / (high - low), given, atol=1e-6)
    spikes = np.array([1, 0, 1, 0, 0], dtype=bool)
    assert np.allclose(array.read(spikes), given[spikes].sum(axis=0), atol=1e-6)
    analog = np.array([0.5, 0.0, 1.0, 0.25, 0.0])
    assert np.allclose(array.read(analog), analog @ given, atol=1e-6)


def test_signed_rows_keep_their_sign():
    array = ohmspike.Crossbar(IDEAL, 2, 3, signs=[1, -1])
    array.write(np.full((2, 3), 0.25))
    assert np.allclose(array.weights[0], 0.25) and np.all(array.weights[1] == 0)
    array.write(np.full((2, 3), -0.5))
    assert np.all(array.weights[0] == 0) and np.allclose(array.weights[1], -0.5)


def test_the_seed_decides_every_bit():
    def run(seed):
        array = ohmspike.Crossbar(OXIDE, 30, 20, seed=seed)
        array.program(weights(30, 20))
        array.write(0.01 * weights(30, 20, 1))
        return array.conductance, array.read(np.ones(30, dtype=bool))

    (one, read), (same, read_again), (other, _) = run(1), run(1), run(2)
    assert np.array_equal(one, same) and np.array_equal(read, read_again)
    assert not np.array_equal(one, other)


def test_named_seeds_are_those_of_the_default():
    one, other = (ohmspike.Crossbar(OXIDE, 30, 20, seed=3) for _ in range(2))
    seed = ohmspike.Seed(3)
    for number in range(2):
        one.write(0.1 * weights(30, 20, number))
        other.write(0.1 * weights(30, 20, number), seed=seed.named("write").numbered(number))
        spikes = np.arange(30) % (number + 2) == 0
        expected = one.read(spikes)
        assert np.array_equal(other.read(spikes, seed=seed.named("read").numbered(number)), expected)
    assert np.array_equal(one.conductance, other.conductance)


def test_conductances_have_the_bits_of_the_command_line(program):
    """Programs a chip of `ohmspike deploy` by hand, with the random streams of the command line."""
    np.savez("net.npz", w0=weights(784, 8), w1=weights(8, 10))
    program("deploy", "net.npz", "--device", "pcm-joshi-2020", "--seed", 5, "--chip", 2, "--after", "1h",
            "--set", "data.set=fashion-mnist-subset", "--save-conductances", "cells.csv")
    lines = [line.split(",") for line in open("cells.csv").read().splitlines()[1:]]
    of_program = np.array([[float(cell) for cell in line[4:]] for line in lines], dtype=np.float32)
    root, device = ohmspike.Seed(5).named("deploy"), ohmspike.Device.load("pcm-joshi-2020")
    conductances = []
    for stream, given in enumerate((weights(784, 8), weights(8, 10))):
        chip, write = (root.named(name).numbered(2).numbered(stream) for name in ("chip", "write"))
        array = ohmspike.Crossbar(device, *given.shape, chip=chip, weight_at_gmax=np.abs(given).max())
        array.program(given, seed=write)
        array.rest(3600)
        conductances.append(array.conductance.reshape(2, -1))
    assert np.array_equal(np.concatenate(conductances, axis=1).T, of_program)


def test_batches_equal_single_reads():
    array = ohmspike.Crossbar(OXIDE, 100, 33, seed=2)
    array.program(weights(100, 33))
    seed = ohmspike.Seed(9)
    spikes = np.random.default_rng(1).random((17, 100)) < 0.3
    batch = array.read(spikes, seed=seed)
    assert batch.shape == (17, 33) and batch.dtype == np.float32
    for number, sample in enumerate(spikes):
        assert np.array_equal(array.read(sample, seed=seed.numbered(number)), batch[number])
    analog = np.random.default_rng(2).random((5, 100))
    batch = array.read(analog, seed=seed)
    for number, sample in enumerate(analog):
        assert np.array_equal(array.read(sample, seed=seed.numbered(number)), batch[number])


def test_read_noise_has_the_stated_variance():
    device = OXIDE.with_({"read.white": {"noise": "relative", "sigma_percent_of_conductance": 5}})
    array = ohmspike.Crossbar(device, 40, 8, seed=2)
    array.program(weights(40, 8))
    reads = array.read(np.ones((20_000, 40), dtype=bool))
    sigma = np.sqrt(array.read_variance.sum(axis=0))
    # Five standard errors of a standard deviation from 20,000 reads, and of a mean.
    assert np.all(np.abs(reads.std(axis=0) / sigma - 1) < 5 / np.sqrt(40_000))
    assert np.all(np.abs(reads.mean(axis=0) - array.weights.sum(axis=0)) < 5 * sigma / np.sqrt(20_000) + 1e-5)


def test_converters_round_to_codes():
    device = IDEAL.with_({"read.volts": 0.1, "converters": {"adc": {"bits": 4, "codes": "signed", "range": "calibrated"}}})
    array = ohmspike.Crossbar(device, 12, 5)
    array.program(weights(12, 5))
    spikes = np.random.default_rng(1).random((50, 12)) < 0.5
    array.calibrate(spikes)
    sums = spikes @ array.weights
    step = np.abs(sums).max() / 7
    codes = array.read(spikes) / step
    assert np.allclose(codes, np.rint(codes), atol=1e-4) and np.abs(codes).max() <= 7.001
    assert np.abs(codes - sums / step).max() <= 0.501


def test_cells_drift():
    device = ohmspike.Device.load("pcm-joshi-2020")
    array = ohmspike.Crossbar(device, 50, 20)
    array.program(np.full((50, 20), 0.5))
    fresh = array.conductance
    array.rest(86_400)
    later = array.conductance
    assert later[0].mean() < 0.9 * fresh[0].mean()
    array.rest(0)
    assert np.array_equal(array.conductance, fresh)
    with pytest.raises(ValueError, match="seconds: expected a time of at least 0 s, got -1"):
        array.rest(-1)


def test_a_restored_array_continues_bit_for_bit():
    one, other = (ohmspike.Crossbar(OXIDE, 30, 20, seed=4) for _ in range(2))
    one.program(weights(30, 20))
    one.read(np.ones(30, dtype=bool))
    other.restore(one.state())
    assert np.array_equal(one.conductance, other.conductance)
    for number in range(3):
        assert one.write(0.1 * weights(30, 20, number)) == other.write(0.1 * weights(30, 20, number))
        assert np.array_equal(one.read(np.ones(30, dtype=bool)), other.read(np.ones(30, dtype=bool)))
    assert one.usage == other.usage
    with pytest.raises(ohmspike.OhmspikeError, match="state: .* of another array"):
        ohmspike.Crossbar(OXIDE, 30, 21).restore(one.state())
    for damaged in (b"", b"\x01\x02", one.state()[:-5]):
        with pytest.raises(ohmspike.OhmspikeError, match="state: expected"):
            other.restore(damaged)


def test_usage_counts_reads_and_writes():
    array = ohmspike.Crossbar(OXIDE, 6, 4)
    assert array.usage["counts"]["row_reads"] == 0
    array.write(0.1 * weights(6, 4))
    array.read(np.array([1, 1, 0, 0, 0, 1], dtype=bool))
    array.read(np.array([[1, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]]))
    array.read(np.array([0.5, 0, 0, 0, 0, 0]))
    counts = array.usage["counts"]
    assert counts["row_reads"] == 3 + 7 + 1
    assert counts["write_pulses"] > 0
    # The conductance of all cells of every read row.
    plus, minus = array.conductance
    of_row = (plus + minus).sum(axis=1, dtype=np.float64)
    expected = of_row[[0, 1, 5]].sum() + of_row[0] + of_row.sum() + of_row[0]
    assert counts["read_conductance"] == pytest.approx(expected, rel=1e-6)


def test_other_threads_run_during_a_write():
    """The GIL is released: a thread of Python counts on while Rust writes."""
    array = ohmspike.Crossbar(OXIDE, 2000, 1000)
    step = np.full((2000, 1000), 0.01, dtype=np.float32)
    ticks, stop = [], threading.Event()

    def count():
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.0005)

    thread = threading.Thread(target=count)
    thread.start()
    start = time.perf_counter()
    for _ in range(5):
        array.write(step)
    end = time.perf_counter()
    stop.set()
    thread.join()
    # Without a release, the thread could run between two writes only.
    assert sum(start < tick < end for tick in ticks) > 10


def test_a_state_of_another_array_is_refused_by_name():
    def array(device=VERIFIED, **options):
        return ohmspike.Crossbar(device, 4, 3, **options)

    state = array().state()
    with pytest.raises(ohmspike.OhmspikeError, match="state: expected that of an array with the same weight_at_gmax 2, got 1"):
        array(weight_at_gmax=2).restore(state)
    with pytest.raises(ohmspike.OhmspikeError, match="with the same pair push-pull, got one-branch"):
        array(pair="push-pull").restore(state)
    with pytest.raises(ohmspike.OhmspikeError, match="with the same signs$"):
        array(signs=[1, -1, 1, -1]).restore(state)
    with pytest.raises(ohmspike.OhmspikeError, match="with the same device$"):
        array("ideal").restore(state)
    with pytest.raises(ohmspike.OhmspikeError, match="expected bytes of `Crossbar.state`, got 1 more"):
        array().restore(state + b"0")


def test_weights_that_do_not_fit_are_told():
    array = ohmspike.Crossbar("ideal", 4, 2)
    with pytest.warns(ohmspike.OhmspikeWarning, match=r"weights: 1 of 8 are clipped to weight_at_gmax = 1; the largest is 3"):
        array.program([[3, 1], [0, 0], [-1, 0], [0, 0]])
    with pytest.warns(ohmspike.OhmspikeWarning, match=r"weights: the largest is 0.05, 5.0 % of weight_at_gmax = 1"):
        array.program(np.full((4, 2), 0.05))
    with pytest.warns(ohmspike.OhmspikeWarning, match="initial: 8 of 8 are clipped"):
        ohmspike.Crossbar("ideal", 4, 2, initial=np.full((4, 2), 5.0))
    with pytest.warns(ohmspike.OhmspikeWarning, match="weights: 4 of 8 have another sign than their row"):
        ohmspike.Crossbar("ideal", 4, 2, signs=[1, -1, 1, -1]).program(np.ones((4, 2)))
    with pytest.warns(ohmspike.OhmspikeWarning, match="update_sigma: 0, so writes have no noise"):
        ohmspike.Crossbar("study-1k-1m", 4, 2)
    with pytest.warns(ohmspike.OhmspikeWarning, match="calibrate: no effect: `ideal` has no converters"):
        array.calibrate(np.ones((3, 4), dtype=bool))


def test_sizes_and_counts_are_checked_before_anything_is_allocated():
    # The type is wrong, or the number of the right type.
    wrong = {int: ohmspike.OhmspikeError, float: TypeError, bool: TypeError, str: TypeError}
    for size, word in [(0, "0"), (-1, "-1"), (10**6, "1000000"), (2.5, "2.5"), (True, "True")]:
        with pytest.raises(wrong[type(size)], match=f"expected a whole number from 1 to 65536, got \\w+ {word}\nwhile processing 'rows'"):
            ohmspike.Crossbar("ideal", size, 4)
    with pytest.raises(MemoryError, match="array of 65536 x 65536: it needs"):
        ohmspike.Crossbar("ideal", 65536, 65536)
    array = ohmspike.Crossbar("ideal", 4, 2)
    with pytest.raises(ohmspike.OhmspikeError, match="expected a whole number from 1 to 1000, got int 0\nwhile processing 'passes'"):
        array.program(np.ones((4, 2)), passes=0)
    for seed in (-1, "a", 1.5, 2**64):
        with pytest.raises(wrong[type(seed)], match=r"expected a whole number from 0 to 2\^64 - 1, got (.*)\nwhile processing 'seed'"):
            array.read(np.ones(4), seed=seed)
    with pytest.raises(TypeError, match="expected a Device, its name or a path, got float\nwhile processing 'device'"):
        ohmspike.Crossbar(1.5, 4, 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_reads_batches():
    array = ohmspike.Crossbar(VERIFIED, 6, 3, initial=np.full((6, 3), 0.5))
    batch = np.ones((32, 6), dtype=bool)
    expected = array.read(batch, seed=4)
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(array.read(batch, seed=4), expected) else 1)
    # A child that waits for threads of its parent would never end.
    for _ in range(300):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        time.sleep(0.1)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        pytest.fail("the read did not end")
    assert os.waitstatus_to_exitcode(status) == 0


def test_conversions_are_those_of_tiles_that_are_read():
    keys = {"read.volts": 0.1, "energy.adc_picojoules_per_conversion": 1, "converters": {"tile_rows": 4, "dac": {"bits": 2}}}
    device = IDEAL.with_(keys | {"converters.adc": {"bits": 8, "codes": "signed", "range": "calibrated"}})
    array = ohmspike.Crossbar(device, 8, 3)
    array.program(weights(8, 3))
    array.calibrate(np.ones((1, 8), dtype=bool))
    spikes = np.zeros((10, 8), dtype=bool)
    spikes[0] = True
    spikes[1, 5] = True
    array.read(spikes)
    assert array.usage["counts"]["conversions"] == (2 + 1) * 3
    # Codes of the drivers are thirds: 0.1 is no voltage, and its row is not driven.
    array.read(np.array([0.1] * 7 + [0.4]))
    counts = array.usage["counts"]
    assert (counts["conversions"], counts["row_reads"]) == ((2 + 1 + 1) * 3, 9 + 1)


def test_analog_inputs_pass_through_the_wires():
    wires = {"access": "gated", "line_ohm_per_cell": 3, "driver_ohm": 100, "sense_ohm": 50}
    array = ohmspike.Crossbar(IDEAL.with_({"wires": wires}), 30, 12)
    array.program(weights(30, 12))
    spikes = np.random.default_rng(2).random(30) < 0.5
    read, without = array.read(spikes), spikes @ array.weights
    assert np.allclose(array.read(spikes.astype(np.float32)), read, atol=1e-5)
    assert np.abs(read - without).max() > 0.01
    # One driven row is a voltage divider, whatever its voltage.
    one = np.eye(30, dtype=np.float32)[7]
    assert np.allclose(array.read(0.25 * one), 0.25 * array.read(one), atol=1e-6)


def test_noise_that_a_device_does_not_take_is_refused():
    for name in ("ideal", "pcm-joshi-2020"):
        with pytest.raises(ohmspike.OhmspikeError, match=f"update_sigma: expected 0 for `{name}`, which takes no write noise"):
            ohmspike.Crossbar(name, 4, 2, update_sigma=0.1)
    with pytest.raises(ohmspike.OhmspikeError, match="write_spread_scale: expected 1 for `study-1k-1m`, whose write noise is"):
        ohmspike.Crossbar("study-1k-1m", 4, 2, update_sigma=0.1, write_spread_scale=2)
    with pytest.warns(ohmspike.OhmspikeWarning, match="write_spread_scale: no effect: `ideal` has no write spread"):
        ohmspike.Crossbar("ideal", 4, 2, write_spread_scale=2)


def test_a_write_after_a_rest_says_that_it_ends_the_rest_of_all_cells():
    array = ohmspike.Crossbar("pcm-joshi-2020", 20, 5)
    array.program(np.full((20, 5), 0.5))
    array.rest(3600)
    with pytest.warns(ohmspike.OhmspikeWarning, match="write: cells had rested for 3600 s; a write sets the time"):
        array.write(np.zeros((20, 5)))
    array.rest(0)
    array.write(np.zeros((20, 5)))


def test_requests_beyond_the_largest_weight_are_counted():
    """The controller of these pairs asks for `weight_at_gmax` instead, so no cell is written beyond its window."""
    for options in ({}, {"pair": "push-pull", "signs": [1, 1]}, {"controller": "digital-copy", "signs": [1, 1]}):
        array = ohmspike.Crossbar("ideal", 2, 2, **options)
        assert array.write(np.full((2, 2), 0.75)).clipped_high == 0
        report = array.write([[0.75, 0.0], [0.2, 1.5]])
        assert report.clipped_high == 2
        assert np.allclose(array.weights, [[1, 0.75], [0.95, 1]])
    array = ohmspike.Crossbar("ideal", 2, 2)
    assert array.write(np.full((2, 2), -5.0)).clipped_high == 4
    # These cells clip by themselves.
    array = ohmspike.Crossbar("ideal", 2, 2, signs=[1, 1])
    assert array.write(np.full((2, 2), 5.0)).clipped_high == 4


def test_a_rest_that_the_device_does_not_know_is_told():
    pcm = ohmspike.Crossbar("pcm-joshi-2020", 2, 2)
    times = pcm.device.to_dict()["drift"]
    with pytest.warns(ohmspike.OhmspikeWarning, match="seconds: 1000000000000 s is after the drift law of device `pcm-joshi-2020`"):
        pcm.rest(1e12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pcm.rest(times["reference_seconds"])
        pcm.rest(0)
        ohmspike.Crossbar("ideal", 2, 2).rest(0)
    with pytest.warns(ohmspike.OhmspikeWarning, match="rest: no effect: `ideal` has no drift"):
        ohmspike.Crossbar("ideal", 2, 2).rest(60)
    with pytest.warns(ohmspike.OhmspikeWarning, match="advance: no effect: `ideal` has no random telegraph noise"):
        ohmspike.Crossbar("ideal", 2, 2).advance(60, seed=1)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_an_array_that_is_copied_names_its_state(copied):
    with pytest.raises(TypeError, match="Crossbar: expected no copy .*\n\nhint: .* pass `array.state\\(\\)` to its `restore`"):
        copied(ohmspike.Crossbar("ideal", 2, 2))


def test_masked_values_are_refused():
    array = ohmspike.Crossbar("ideal", 2, 2)
    masked = np.ma.array(np.full((2, 2), 0.5, np.float32), mask=[[True, False], [False, False]])
    for call in (lambda: array.write(masked), lambda: array.program(masked), lambda: array.read(masked),
                 lambda: array.read(np.ma.array([True, False], mask=[True, False])),
                 lambda: ohmspike.Crossbar("ideal", 2, 2, initial=masked)):
        with pytest.raises(ValueError, match="expected numbers, got a masked array with masked values"):
            call()
    array.write(np.ma.array(np.full((2, 2), 0.5), mask=False))
    assert np.allclose(array.weights, 0.5)


def test_tiny_numbers_are_short():
    assert repr(ohmspike.Crossbar("ideal", 2, 2, weight_at_gmax=1e-30)).endswith("weight_at_gmax 1e-30>")
    assert repr(ohmspike.Crossbar("ideal", 2, 2, weight_at_gmax=0.25)).endswith("weight_at_gmax 0.25>")

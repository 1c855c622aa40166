"""Arrays of other types and orders are converted; the rest is refused by name."""

import numpy as np
import pytest

import ohmspike

IDEAL = ohmspike.Device.load("ideal")


def written(step):
    array = ohmspike.Crossbar(IDEAL, 4, 3)
    array.write(step)
    return array.weights


STEP = np.arange(12, dtype=np.float32).reshape(4, 3) / 16


@pytest.mark.parametrize(
    "step",
    [
        STEP.astype(np.float64),
        STEP.astype(np.float16),
        np.asfortranarray(STEP),
        np.repeat(np.repeat(STEP, 2, axis=0), 2, axis=1)[::2, ::2],
        STEP[::-1][::-1],
        STEP.tolist(),
        STEP.astype(">f4"),
    ],
    ids=["float64", "float16", "fortran", "strided", "reversed", "list", "big-endian"],
)
def test_steps_are_converted(step):
    assert np.array_equal(written(step), written(STEP))


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint16, bool])
def test_integer_steps_are_converted(kind):
    step = np.eye(4, 3).astype(kind)
    assert np.array_equal(written(step), written(np.eye(4, 3, dtype=np.float32)))


class OnGpu:
    device = "cuda:0"


class OnCpu:
    """An array of another library on the CPU, such as `cpu:0` in JAX or `/device:CPU:0` in TensorFlow."""

    def __init__(self, device):
        self.device = device

    def __array__(self, dtype=None, copy=None):
        return STEP


@pytest.mark.parametrize("device", ["cpu", "cpu:0", "TFRT_CPU_0", "/job:localhost/device:CPU:0"])
def test_arrays_of_other_libraries_are_converted(device):
    assert np.array_equal(written(OnCpu(device)), written(STEP))


@pytest.mark.parametrize(
    ("step", "error", "words"),
    [
        (np.zeros((3, 4)), ValueError, "step: expected 4 x 3 .rows x columns., got 3 x 4"),
        (np.zeros(12), ValueError, "step: expected 2 dimensions .rows x columns., got shape .12,."),
        (np.zeros((4, 3, 1)), ValueError, "step: expected 2 dimensions"),
        (STEP.astype(complex), TypeError, "step: expected an array of real numbers, got ndarray of type `complex128`"),
        ([["a", "b", "c"]] * 4, TypeError, "step: expected an array of real numbers, got list of type `<U1`"),
        (STEP.astype(object), TypeError, "step: expected an array of real numbers"),
        (OnGpu(), TypeError, "step: expected an array on the CPU, got one on `cuda:0`"),
        (np.full((4, 3), np.nan), ohmspike.OhmspikeError, "step: expected finite numbers, got NaN in row 0, column 0"),
    ],
)
def test_wrong_steps_are_refused_by_name(step, error, words):
    with pytest.raises(error, match=words):
        written(step)


def test_a_refused_step_changes_nothing():
    array = ohmspike.Crossbar(IDEAL, 4, 3)
    array.write(STEP)
    before = array.state()
    with pytest.raises(ValueError):
        array.write(np.full((4, 3), np.inf))
    assert np.array_equal(array.weights, written(STEP))
    assert len(array.state()) == len(before)


@pytest.mark.parametrize(
    "spikes",
    [[1, 0, 1, 0], np.array([1, 0, 1, 0], dtype=np.uint8), np.array([1, 9, 0, 9, 1, 9, 0, 9])[::2] == 1, (True, False, True, False)],
)
def test_spikes_are_converted(spikes):
    array = ohmspike.Crossbar(IDEAL, 4, 3, initial=STEP)
    assert np.array_equal(array.read(spikes), array.read(np.array([True, False, True, False])))


@pytest.mark.parametrize(
    ("inputs", "error", "words"),
    [
        (np.zeros(3, dtype=bool), ValueError, "inputs: expected one per row .4., got shape .3,."),
        (np.zeros((2, 5)), ValueError, "inputs: expected one per row .4., got shape .2, 5."),
        (np.zeros((1, 1, 4)), ValueError, "inputs: expected 4 rows, or samples x 4 rows, got shape .1, 1, 4."),
        (np.array([0, 1, 2, 0]), ValueError, "inputs: expected 0 or 1 as spikes, got 2"),
        (np.array([0, 1, -1, 0]), ValueError, "inputs: expected 0 or 1 as spikes, got -1"),
        (np.array([0, 0.5, 1.5, 0]), ValueError, "inputs: expected 0 to 1 .of the read voltage., got 1.5 in row 2"),
        (np.array([0, np.nan, 1, 0]), ValueError, "got NaN in row 1"),
        (np.zeros(4, dtype=complex), TypeError, "inputs: expected an array of real numbers"),
        (OnGpu(), TypeError, "inputs: expected an array on the CPU"),
    ],
)
def test_wrong_inputs_are_refused_by_name(inputs, error, words):
    with pytest.raises(error, match=words):
        ohmspike.Crossbar(IDEAL, 4, 3).read(inputs)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"signs": [1, 1]}, "signs: expected one per row .4., got 2"),
        ({"signs": [1, 1, 0, 1]}, "signs: expected .1 or -1, got 0 in row 2"),
        ({"initial": np.zeros((3, 4))}, "initial: expected 4 x 3"),
        ({"pair": "two"}, "pair: unknown variant `two`, expected one of"),
        ({"weight_at_gmax": -1}, "weight_at_gmax"),
    ],
)
def test_wrong_options_are_refused_by_name(options, words):
    with pytest.raises(ValueError, match=words):
        ohmspike.Crossbar(IDEAL, 4, 3, **options)


def test_empty_batches_have_no_sums():
    assert ohmspike.Crossbar(IDEAL, 4, 3).read(np.zeros((0, 4), dtype=bool)).shape == (0, 3)


def test_snapshots_are_read_only_and_stay():
    array = ohmspike.Crossbar(IDEAL, 4, 3)
    before = array.conductance
    array.write(STEP)
    assert not np.array_equal(before, array.conductance)
    with pytest.raises(ValueError, match="read-only"):
        before[0, 0, 0] = 1

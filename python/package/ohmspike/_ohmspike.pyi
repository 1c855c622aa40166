from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, SupportsIndex, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

_Path: TypeAlias = str | PathLike[str]
_Value: TypeAlias = bool | int | float | _Path | Sequence[Any] | Mapping[str, Any] | np.generic | NDArray[Any]
_Set: TypeAlias = Mapping[str, _Value | Device | Sequence[Device | _Path]]
_Whole: TypeAlias = SupportsIndex
_Seed: TypeAlias = _Whole | Seed
_Network: TypeAlias = _Path | Trained | Mapping[str, ArrayLike]
_Levels: TypeAlias = None | tuple[float, float] | Sequence[float]

__all__ = [
    "ablate",
    "Answer",
    "run_command",
    "Crossbar",
    "load_data",
    "deploy",
    "Device",
    "OhmspikeError",
    "OhmspikeWarning",
    "Figure",
    "Fit",
    "fit",
    "limit",
    "export_nir",
    "import_nir",
    "Results",
    "open_results",
    "run",
    "Seed",
    "Table",
    "Trained",
    "train",
    "WriteReport",
    "__version__",
]

__version__: Final[str]

class OhmspikeError(ValueError):
    """An argument, a file or a study that Ohmspike refuses. The message names the place, the value and what is allowed."""

class OhmspikeWarning(UserWarning):
    """A setting that is valid but probably unintended, or a result that needs care."""

@final
class Seed:
    """Seed of random draws: a key and a path of names and numbers.

    Every draw of Ohmspike comes from a stream that is named by such a path, so results depend on nothing else. The
    command line uses paths below `Seed(SEED)`.
    """

    def __new__(cls, key: _Whole, *path: str | _Whole) -> Seed:
        """Create the seed with this key, 0 to 2^64 - 1, or the one below it that `path` names: names and numbers."""
    def named(self, name: str) -> Seed:
        """Return the seed called `name` below this one."""
    def numbered(self, number: _Whole) -> Seed:
        """Return the seed with this number below this one."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Table:
    """Table of columns of equal length, with gaps.

    `polars.DataFrame(table)`, `pandas.DataFrame.from_arrow(table)` and `pyarrow.table(table)` read it through the Arrow
    PyCapsule interface. `to_dict` and `to_pandas` need no Arrow library.
    """

    @property
    def column_names(self) -> list[str]:
        """Names of the columns, with units."""
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def __contains__(self, name: object, /) -> bool: ...
    def __str__(self) -> str:
        """The first rows, with aligned columns; a wide table has one line per column."""
    def keys(self) -> list[str]:
        """Return the names of the columns, so that `dict(table)` has all arrays."""
    def __getitem__(self, key: str, /) -> NDArray[Any]:
        """Return a column as an array: float64 with NaN for gaps, uint64 for counts without gaps, or object with None."""
    def to_dict(self) -> dict[str, NDArray[Any]]:
        """Return a dictionary of arrays, one per column."""
    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame`. Needs pandas, and no Arrow library."""
    def to_csv(self) -> str:
        """Return the table as CSV text. Gaps are empty."""
    def _repr_html_(self) -> str: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> Any:
        """Export the table as an Arrow stream. The schema is always that of the table."""
    def __arrow_c_schema__(self) -> Any:
        """Export the names and types of the columns."""

@final
class Figure:
    """A figure. Notebooks show it; `save` writes SVG or PNG."""

    @property
    def svg(self) -> str:
        """The figure as SVG text."""
    def _repr_svg_(self) -> str: ...
    def save(self, path: _Path) -> None:
        """Write the figure to `path`, which ends in .svg or .png."""

@final
class Device:
    """A memristive device: the laws of its cells, with the source of every number.

    `Device.load` reads a built-in device or a device file, and `with_` overrides keys. A device never changes, and it does not
    depend on its file: arrays and studies use what was loaded. If the file is another one by then, they use a copy in
    `results/devices`.
    """

    @staticmethod
    def load(name: _Path) -> Device:
        """Load a built-in device by its name, or a device file (JSON) by its path."""
    @staticmethod
    def from_json(json: str | Mapping[str, Any]) -> Device:
        """Create a device from JSON text or from a dictionary with the keys of a device file."""
    @staticmethod
    def built_in() -> list[str]:
        """Names of the built-in devices."""
    def with_(self, keys: Mapping[str, _Value] | None = None, /, **keywords: _Value) -> Device:
        """Return this device with overridden keys.

        `device.with_({"write.scheme": "add"})` and `device.with_(write__scheme="add")` are the same.
        """
    @property
    def name(self) -> str:
        """Name."""
    @property
    def description(self) -> str:
        """Description and intended use."""
    @property
    def window(self) -> tuple[float, float]:
        """Conductance window (Gmin, Gmax), µS."""
    def to_dict(self) -> dict[str, Any]:
        """The device file with all overrides, as a dictionary."""
    def save(self, path: _Path) -> Device:
        """Write the device with all overrides to a file, and return it as loaded from there."""
    def datasheet(self) -> str:
        """Return the datasheet, as `ohmspike device show` prints it."""
    def spreads(self, count: _Whole = 16) -> Table:
        """Return the standard deviation of one write at `count` conductances over the window, in all common units.

        Columns: conductance_microsiemens, resistance_ohm, sigma_microsiemens, percent_of_conductance, percent_of_window,
        sigma_ln_resistance. Empty for a device that takes its write noise from the study.
        """
    def sample(
        self,
        write_microsiemens: float,
        count: _Whole = 1000,
        seed: _Whole = 1,
        *,
        start_microsiemens: float | None = None,
        cycles: _Whole = 1,
        after_seconds: float | None = None,
        reads: _Whole = 0,
        read_interval_seconds: float = 0.001,
        faults: bool = False,
        study_sigma_microsiemens: float | None = None,
    ) -> Table:
        """Write and read single cells, as `ohmspike device sample` does, and return one row per cell and cycle.

        Conductances are in µS, times in s. The same seed gives the same numbers as the command line.
        """
    def plot(self) -> Figure:
        """Draw the curves of the device, as `ohmspike device plot` does."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class WriteReport:
    """Counts of one write of an array."""

    @property
    def cells_written(self) -> int:
        """Written cells, of both branches."""
    @property
    def clipped_low(self) -> int:
        """Writes clipped at the lower end of the window."""
    @property
    def clipped_high(self) -> int:
        """Writes clipped at the upper end of the window: targets and written conductances beyond it."""
    @property
    def wrong_sign(self) -> int:
        """Weights with the wrong sign after the write."""
    @property
    def cells(self) -> int:
        """Weights of the array."""
    @property
    def pulses(self) -> int:
        """Write pulses."""
    @property
    def verify_reads(self) -> int:
        """Verify reads."""
    @property
    def failed_writes(self) -> int:
        """Failed writes: all tries were used up."""
    @property
    def refreshed(self) -> int:
        """Pairs that were refreshed because a cell had reached its upper bound."""
    @property
    def pulse_limited(self) -> int:
        """Writes that needed more pulses than one write may have."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Crossbar:
    """An array of rows x columns of conductance pairs on one chip.

    A pair holds the weight (G+ - G-) / (Gmax - Gmin) * weight_at_gmax. Without `signs`, pairs hold weights of either sign;
    with one sign (+1 or -1) per row, all weights of a row have its sign, and one branch of each pair is a reference. All
    weights start at 0, or at `initial`, which is written without noise.

    - `device`: a device, its name or its file;
    - `rows`, `columns`: inputs and outputs, 1 to 65,536 each;
    - `seed`: seed of all draws; arrays of the same seed and size are the same chip;
    - `chip`: seed of everything that is drawn once per chip, in place of that below `seed`;
    - `weight_at_gmax`: weight of a pair with a fully-on and a fully-off cell. Choose the largest weight: smaller weights use
      part of the window, with a larger relative spread, and larger ones are clipped;
    - `signs`: +1 or -1 per row; without it, pairs hold weights of either sign;
    - `initial`: weights, rows x columns;
    - `pair`: "one-branch", "push-pull" or "potentiation-only";
    - `controller`: what a step is added to: "read-back", the weights in the cells, or "digital-copy", digital weights next to the
      array, to which the cells are written;
    - `update_sigma`: standard deviation of a write in units of weight, for devices with write noise "from-study";
    - `write_spread_scale`: factor on the write noise of the device; 1 with an `update_sigma`.

    Draws come from the `seed`: device-to-device variation from `seed.named("chip")`, write `k` from
    `seed.named("write").numbered(k)`, and read `k` from `seed.named("read").numbered(k)`, unless a call names its own seed.

    An array is used by one thread at a time; calls release the GIL while they compute.
    """

    def __new__(
        cls,
        device: Device | _Path,
        rows: _Whole,
        columns: _Whole,
        seed: _Seed = 1,
        *,
        chip: _Seed | None = None,
        weight_at_gmax: float = 1.0,
        signs: ArrayLike | None = None,
        initial: ArrayLike | None = None,
        pair: Literal["one-branch", "push-pull", "potentiation-only"] = "one-branch",
        controller: Literal["read-back", "digital-copy"] = "read-back",
        update_sigma: float = 0.0,
        write_spread_scale: float = 1.0,
    ) -> Crossbar:
        """Build the array; see the arguments above."""
    @property
    def rows(self) -> int:
        """Number of rows, the inputs."""
    @property
    def columns(self) -> int:
        """Number of columns, the outputs."""
    @property
    def device(self) -> Device:
        """The device."""
    @property
    def weight_at_gmax(self) -> float:
        """Weight of a pair with a fully-on and a fully-off cell."""
    def write(self, step: ArrayLike, seed: _Seed | None = None) -> WriteReport:
        """Add `step` (weight, rows x columns) to the weights through the write model of the device."""
    def program(self, weights: ArrayLike, passes: _Whole = 1, seed: _Seed | None = None) -> WriteReport:
        """Erase all cells and program `weights` (rows x columns), with `passes` writes of every cell towards its target.

        Warns about weights that do not fit: beyond `weight_at_gmax`, in a small part of the window, or of another sign than
        their row.
        """
    def read(
        self, inputs: ArrayLike, seed: _Seed | None = None, *, mode: Literal["spikes", "analog"] | None = None
    ) -> NDArray[np.float32]:
        """Read every column with read noise, and return the column sums in units of weight.

        `inputs` are spikes (booleans, or numbers that are all 0 or 1) or analog inputs (floats from 0 to 1, in units of the read
        voltage); `mode`, "spikes" or "analog", decides in place of the values of the call. One step has one input per row and
        returns one sum per column. A batch, samples x rows, returns samples x columns; sample `k` equals a single read with the
        seed `seed.numbered(k)`. Spikes are read with random telegraph noise, analog inputs with the I-V curve of every cell.

        Converters with a calibrated range, and a calibrated gain of the columns, need a `calibrate` after `program`.
        """
    def calibrate(self, inputs: ArrayLike, *, mode: Literal["spikes", "analog"] | None = None) -> None:
        """Calibrate the read path on a batch of typical `inputs`, as for `read`: the full scale of converters with a calibrated range
        becomes the largest column sum of a tile, and a calibrated gain of the columns makes up for the mean loss in the wires.

        Call it after `program`, and again when writes have changed the weights much: studies calibrate before every epoch.
        """
    @property
    def is_calibrated(self) -> bool | None:
        """Whether the read path is calibrated to the programmed cells; None if nothing in it needs a calibration."""
    def rest(self, seconds: float) -> None:
        """Set the time since the last write to `seconds`: later reads see the drifted conductances. A smaller time goes back.

        All cells have one time since the last write: a `write` also sets it to 0 for cells that it does not change, and warns of that.
        """
    def advance(self, seconds: float, seed: _Seed) -> None:
        """Advance random telegraph noise by `seconds`, with draws from `seed`."""
    @property
    def weights(self) -> NDArray[np.float32]:
        """Weights of the pairs at the read voltage, without noise, rows x columns: with drift and the gains of row drivers, and without
        wires. A copy.
        """
    @property
    def gradient_weights(self) -> NDArray[np.float32]:
        """The controller's estimate of the weights, rows x columns: the weights, or its digital copy. A copy."""
    @property
    def conductance(self) -> NDArray[np.float32]:
        """Conductances G+ and G- of every pair at the read voltage, 2 x rows x columns, µS: with drift, and without noise and wires. A
        read-only snapshot.
        """
    @property
    def read_variance(self) -> NDArray[np.float32] | None:
        """Variance of one read of every weight, rows x columns, weight²; None without read noise."""
    @property
    def usage(self) -> dict[str, Any]:
        """Use of the cells so far: counts of pulses, reads and conversions, energy in µJ, and pulses per cell."""
    def state(self) -> bytes:
        """Return everything that calls have changed, as bytes. `restore` continues bit for bit."""
    def restore(self, state: bytes) -> None:
        """Restore the `state` of an array that was built with the same arguments. Others are refused by name, except for seeds: the
        state of another seed belongs to another chip, which cannot be told.
        """

@final
class Results:
    """Results of a study, complete or not."""

    @property
    def name(self) -> str:
        """Name of the study."""
    @property
    def folder(self) -> Path:
        """Results folder."""
    @property
    def left(self) -> int:
        """Number of trials without a record."""
    @property
    def records(self) -> Table:
        """One row per trial, with the columns of `ohmspike export`."""
    @property
    def epochs(self) -> Table:
        """One row per trial and epoch, with the columns of `ohmspike export --epochs`."""
    @property
    def summary(self) -> Table:
        """One row per condition, with the columns of `summary.csv` and exact numbers."""
    def table(self, settings: Literal["all", "swept"] = "swept", *, epochs: bool = False) -> Table:
        """Return the records as tables with these setting columns: "all" or "swept"."""
    def to_list(self) -> list[dict[str, Any]]:
        """Return every record as a dictionary, as in the files below `records`, in the order of the trials."""
    def __len__(self) -> int: ...
    def __str__(self) -> str:
        """The table that `ohmspike run` prints."""

@final
class Trained:
    """A trained network with its record."""

    @property
    def outcome(self) -> float | None:
        """Mean test accuracy of the last epochs, 0 to 1; None if training diverged."""
    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Test accuracy after every epoch, 0 to 1."""
    @property
    def loss(self) -> NDArray[np.float64]:
        """Mean training loss of every epoch, nats."""
    @property
    def seed(self) -> int:
        """Seed of the trial."""
    @property
    def record(self) -> dict[str, Any]:
        """The record as a dictionary, as in the files below `records`."""
    @property
    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Trained weights, rows x columns each: "w0", "w1", ... from the input up, "r0", ... for recurrent layers.

        They are effective weights: what a read without noise returns after the last write.
        """
    @property
    def conductances(self) -> dict[str, NDArray[np.float32]]:
        """Conductances G+ and G- of every pair, 2 x rows x columns each, µS; empty without a device."""
    def save(self, path: _Path) -> None:
        """Save the weights as a network file, which `deploy` takes: npz, csv, or nir for other simulators."""

@final
class Answer:
    """An answer with everything behind it."""

    @property
    def kind(self) -> str:
        """What it answers: "deployment", "limit" or "ablation"."""
    @property
    def folder(self) -> Path:
        """Results folder, with the trials or chips behind the answer."""
    @property
    def file(self) -> Path:
        """The JSON file of the answer."""
    @property
    def data(self) -> dict[str, Any]:
        """The answer as a dictionary, as in its JSON file."""
    @property
    def table(self) -> Table:
        """The answer as a table, with the columns of its CSV file."""
    def __str__(self) -> str:
        """The table of the answer."""
    def _repr_html_(self) -> str: ...

@final
class Fit:
    """A device fitted to measured tables."""

    @property
    def device(self) -> Device:
        """The device. Save it with `device.save(path)` to use it on the command line."""
    @property
    def numbers(self) -> dict[str, dict[str, Any]]:
        """Estimates by key of the device file: value, unit, 95 % interval (low, high; high may be inf) or None, and number of values."""
    @property
    def withheld(self) -> dict[str, str]:
        """Mechanisms that the data do not determine, with the reasons."""
    def summary(self) -> str:
        """Return the fit as text, as `ohmspike device fit` prints it."""
    def plot(self) -> Figure:
        """Draw data and laws."""

def run(
    study: _Path,
    *,
    set: _Set | None = None,
    out: _Path | None = None,
    threads: _Whole | None = None,
    max_trials: _Whole | None = None,
    checkpoint_seconds: float = 10.0,
    files: bool = True,
    progress: bool = False,
) -> Results:
    """Run a study, or resume it, as `ohmspike run` does, and return its results.

    `study` is a study file or a results folder. `set` overrides keys; a list of values makes a sweep. Ctrl-C stops after
    the current epochs; the same call resumes. With `files`, the results folder gets summary, tables and figures.
    """

def load_data(name: str) -> dict[str, Any]:
    """Load a built-in, published or imported data set as arrays.

    Returns a dictionary: "train" and "test" samples, float32 from 0 to 1, samples x units; "train_labels" and "test_labels",
    uint8; and "class_names". Sets of recorded spikes are refused.
    """

def open_results(study: _Path, *, set: _Set | None = None, out: _Path | None = None) -> Results:
    """Open the results of a study: a results folder, or a study file with its results in `out`."""

def export_nir(
    network: _Path, path: _Path, *, dt_seconds: float | None = None, readout: Literal["cuba-li", "cuba-lif"] = "cuba-li"
) -> None:
    """Write a network file as a NIR file, as `ohmspike nir export` does.

    - `network`: network file (npz) of `Trained.save`, `ohmspike train` or `import_nir`;
    - `path`: NIR file to write;
    - `dt_seconds`: duration of a step, s; by default that of the study or of the imported file. snnTorch assumes 1e-4;
    - `readout`: "cuba-li", or "cuba-lif" with a threshold that no voltage reaches, for tools without CubaLI.
    """

def import_nir(file: _Path, path: _Path, *, dt_seconds: float | None = None) -> None:
    """Read a NIR file and save it as a network file, as `ohmspike nir import` does. `deploy` also takes NIR files as they are.

    - `file`: NIR file;
    - `path`: network file to write (npz, or csv for a table of the weights);
    - `dt_seconds`: duration of a step, s; by default as the file says or implies.
    """

def train(
    study: _Path | None = None,
    *,
    set: _Set | None = None,
    seed: _Whole | None = None,
    out: _Path | None = None,
    threads: _Whole | None = None,
    progress: bool = False,
) -> Trained:
    """Train one network, as `ohmspike train` does.

    `study` is a study file or a results folder; the default study has 100 hidden neurons and digital weights. Ctrl-C stops
    after the current epoch. With `out`, the trial is recorded there, and the same call resumes it.
    """

def deploy(
    networks: _Network | Sequence[_Network],
    device: _Path | Device | Sequence[_Path | Device] | None = None,
    *,
    chips: _Whole = 100,
    after: float | str | Sequence[float | str] | None = None,
    test: str | None = None,
    yield_above: float | None = None,
    write_passes: _Whole | None = None,
    mechanisms: bool = False,
    study: _Path | None = None,
    set: _Set | None = None,
    seed: _Whole = 1,
    out: _Path | None = None,
    threads: _Whole | None = None,
    progress: bool = False,
) -> Answer:
    """Program stored networks onto chips, without training, as `ohmspike deploy` does.

    - `networks`: a network file (npz or nir), a `Trained`, a dictionary of arrays w0, w1, ... (rows x columns), or a list of these;
    - `device`: a device, its name or file, or a list of these; without it, that of the training;
    - `after`: times after programming, s, or texts such as "1h";
    - `study`, `set`: settings of a network of another program;
    - `mechanisms`: measure what each mechanism of the device costs.

    The results folder is `results/NAME-deploy` unless `out` names another one. Ctrl-C stops after the running chips; the
    same call resumes.
    """

def limit(
    study: _Path,
    keys: str | Sequence[str] | Mapping[str, _Levels],
    *,
    within_points: float | None = None,
    accuracy: float | None = None,
    chips: float | None = None,
    worse: Literal["larger", "smaller"] | None = None,
    confidence: float = 0.95,
    resolution: float | None = None,
    first_seed: _Whole = 1,
    repeats: _Whole = 8,
    short_epochs: _Whole | None = None,
    set: _Set | None = None,
    out: _Path | None = None,
    threads: _Whole | None = None,
    max_trials: _Whole | None = None,
    progress: bool = False,
) -> Answer:
    """Find how much of a non-ideality a network tolerates, as `ohmspike limit` does.

    - `keys`: a key, a list of keys, or a dictionary of keys to None, a range (from, to) or a list of levels;
    - `within_points`: allowed loss of accuracy in percentage points, or `accuracy`: accuracy to reach, 0 to 1;
    - `chips`: fraction of chips that must meet the criterion; without it, the mean must;
    - `worse`: "larger" or "smaller" values; known for most keys;
    - `confidence`, `resolution`, `first_seed`, `repeats`, `short_epochs`: as on the command line.

    Ctrl-C stops after the current epochs; the same call resumes.
    """

def ablate(
    study: _Path,
    *,
    set: _Set | None = None,
    out: _Path | None = None,
    threads: _Whole | None = None,
    max_trials: _Whole | None = None,
    progress: bool = False,
) -> Answer:
    """Show how much accuracy each mechanism of a device costs (Shapley values), as `ohmspike ablate` does.

    Ctrl-C stops after the current epochs; the same call resumes.
    """

def fit(
    writes: _Path | None = None,
    *,
    reads: _Path | None = None,
    retention: _Path | None = None,
    pulses: _Path | None = None,
    name: str = "my-device",
    only: str | Sequence[str] | None = None,
    write_law: str | None = None,
    read_law: str | None = None,
    drift_law: str | None = None,
    pulse_law: str | None = None,
    window: tuple[float, float] | None = None,
    acceptance_microsiemens: float | None = None,
    acceptance_percent: float | None = None,
    read_volts: float | None = None,
    after_seconds: float | None = None,
    read_interval_seconds: float | None = None,
    ignore: str | Sequence[str] | None = None,
    wide: bool = False,
    seed: _Whole = 1,
) -> Fit:
    """Fit a device to measured tables (CSV), as `ohmspike device fit` does.

    - `writes`, `reads`, `retention`, `pulses`: files of measurements; at least one;
    - `only`: mechanisms to fit, such as ["writes", "drift"];
    - `write_law`, `read_law`, `drift_law`, `pulse_law`: laws to use; without one, the fit chooses;
    - `window`: (Gmin, Gmax), µS; `read_volts`: V; `after_seconds`, `read_interval_seconds`: s;
    - `acceptance_microsiemens`, `acceptance_percent`: acceptance window of program-and-verify;
    - `ignore`: columns to leave out, such as ["comment"];
    - `wide`: the table of writes has one column per target, such as `50_microsiemens`.
    """

def run_command(words: Sequence[str], program: _Path) -> int:
    """Run the command line `words`, which starts with the name of the program at `program`, and return its exit status.

    Prints to stdout and stderr of the process. Some commands end the process.
    """

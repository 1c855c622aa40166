import importlib.util

import numpy as np
import pytest

import ohmspike


@pytest.fixture(scope="module")
def sample():
    return ohmspike.Device.load("illustrative-oxide").sample(100, count=20, seed=3)


def needs(*modules):
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} not installed")


def test_columns_are_arrays(sample):
    assert len(sample) == 20
    assert sample["cell"].dtype == np.uint64 and sample["cell"].tolist() == list(range(1, 21))
    assert sample["written_microsiemens"].dtype == np.float64
    assert list(sample.to_dict()) == sample.column_names
    with pytest.raises(KeyError, match="unknown column `written`; expected one of cell, cycle"):
        sample["written"]
    with pytest.raises(TypeError, match="key: expected the name of a column, got int"):
        sample[0]


def test_csv_has_every_digit(sample):
    header, *lines = sample.to_csv().splitlines()
    assert header.split(",") == sample.column_names
    assert [float(line.split(",")[3]) for line in lines] == sample["written_microsiemens"].tolist()


def test_gaps_are_nan_or_none(study):
    records = ohmspike.run(study, set={"hardware.device": "none"}, files=False).records
    # Without cells, nobody knows the energy.
    assert np.isnan(records["training_energy_microjoules"]).all()
    assert records["failure"].dtype == object and set(records["failure"]) == {None}
    assert set(records["copy_of"]) == {None}
    assert records["seed"].dtype == np.uint64


@needs("pandas")
def test_pandas_needs_no_arrow_library(sample):
    frame = sample.to_pandas()
    assert list(frame.columns) == sample.column_names and len(frame) == 20
    assert frame["written_microsiemens"].tolist() == sample["written_microsiemens"].tolist()


@needs("pyarrow")
def test_pyarrow_reads_the_stream(sample):
    import pyarrow

    table = pyarrow.table(sample)
    assert table.column_names == sample.column_names
    assert table["written_microsiemens"].to_pylist() == sample["written_microsiemens"].tolist()
    assert pyarrow.schema(sample).names == sample.column_names


@needs("pandas", "pyarrow")
def test_pandas_reads_the_stream(sample):
    import pandas

    if not hasattr(pandas.DataFrame, "from_arrow"):
        pytest.skip("pandas older than 3.0 has no DataFrame.from_arrow")
    frame = pandas.DataFrame.from_arrow(sample)
    assert frame["cell"].tolist() == list(range(1, 21))


@needs("polars")
def test_polars_reads_the_stream(sample):
    import polars

    frame = polars.DataFrame(sample)
    assert frame.columns == sample.column_names and frame.height == 20
    assert frame["written_microsiemens"].to_list() == sample["written_microsiemens"].tolist()


def test_a_stream_that_nobody_reads_is_released(sample):
    for _ in range(1000):
        sample.__arrow_c_stream__()
        sample.__arrow_c_schema__()


def test_a_table_is_a_mapping_of_columns(sample):
    assert list(sample) == sample.column_names and "cell" in sample and "cells" not in sample and 3 not in sample
    arrays = dict(sample)
    assert set(arrays) == set(sample.column_names) and np.array_equal(arrays["cell"], sample["cell"])


def test_a_table_shows_its_first_rows(sample):
    lines = str(sample).splitlines()
    assert lines[0].split() == sample.column_names and lines[1].split()[0] == "1"
    assert len(lines) == 12 and lines[-1] == "... 10 more rows"
    assert sample._repr_html_().count("<tr>") == 11 and "20 rows x 4 columns" in sample._repr_html_()

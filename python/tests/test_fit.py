import numpy as np
import pytest

import ohmspike


@pytest.fixture
def measured(tmp_path):
    """Writes of 200 cells to five targets with a relative spread of 5 %, as a table."""
    draws = np.random.default_rng(3)
    lines = ["cell,target_microsiemens,written_microsiemens"]
    for cell in range(200):
        for target in (20, 40, 60, 80, 100):
            lines.append(f"{cell},{target},{target * (1 + 0.05 * draws.standard_normal()):.4f}")
    path = tmp_path / "writes.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_fitted_device_is_that_of_the_command_line(measured, program, tmp_path):
    fit = ohmspike.fit(measured, name="mine", window=(1, 200), write_law="relative", seed=2)
    program("device", "fit", measured, "--name", "mine", "--window", "1..200", "--law", "writes=relative", "--seed", 2)
    assert fit.device == ohmspike.Device.load(tmp_path / "mine.json")
    assert fit.device.to_dict() == ohmspike.Device.load(tmp_path / "mine.json").to_dict()
    spread = fit.numbers["write.sigma_percent_of_conductance"]
    # 1000 draws: the standard error of a standard deviation is 1 / sqrt(2000), of which five are allowed.
    assert spread["value"] == pytest.approx(5, rel=5 / np.sqrt(2000)) and spread["n"] == 1000
    assert spread["interval_95"][0] < spread["value"] < spread["interval_95"][1]
    assert "drift" in fit.withheld
    assert "mine" in repr(fit) and "relative" in fit.summary()
    assert "<svg" in fit.plot().svg


def test_a_fitted_device_is_used(measured, tmp_path):
    device = ohmspike.fit(measured, name="mine", window=(1, 200)).device
    array = ohmspike.Crossbar(device, 20, 10)
    array.program(np.full((20, 10), 0.4))
    spread = array.conductance[0].std() / array.conductance[0].mean()
    # 200 cells: five standard errors of a standard deviation are 25 %, around a fit that is itself within 5 %.
    assert spread == pytest.approx(0.05, rel=0.35)
    saved = device.save(tmp_path / "mine.json")
    settings = {"network.hidden": 5, "training.epochs": 1, "training.batch": 512}
    trained = ohmspike.train(set={"hardware.device": saved, **settings})
    assert trained.record["settings"]["hardware"]["device"] == str(tmp_path / "mine.json")
    # Without a file of its own, the device is saved below results/devices.
    unsaved = ohmspike.train(set={"hardware.device": device, **settings})
    [file] = (tmp_path / "results" / "devices").iterdir()
    assert unsaved.record["settings"]["hardware"]["device"] == str(file)
    assert np.array_equal(unsaved.weights["w0"], trained.weights["w0"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"only": ["colour"]}, "only: expected mechanisms of window, .*, got `colour`"),
        ({"write_law": "quadratic"}, "write_law: unknown variant `quadratic`"),
        ({"acceptance_percent": 1, "acceptance_microsiemens": 2}, "acceptance_percent: expected one acceptance window"),
    ],
)
def test_wrong_options_are_refused_by_name(measured, options, words):
    with pytest.raises(ohmspike.OhmspikeError, match=words):
        ohmspike.fit(measured, **options)


def test_missing_tables_are_refused_by_name():
    with pytest.raises(ohmspike.OhmspikeError, match="cannot read `missing.csv`"):
        ohmspike.fit("missing.csv")
    with pytest.raises(ohmspike.OhmspikeError):
        ohmspike.fit()


def test_options_that_nothing_uses_are_refused_by_argument(measured, tmp_path):
    reads = tmp_path / "reads.csv"
    reads.write_text("cell,conductance_microsiemens\n1,20\n1,20.1\n2,20\n2,20.2\n")
    for tables, options, told in (
        ([measured], {"after_seconds": 60}, "after_seconds: no effect, because no table has a column `after_microsiemens`"),
        ([measured], {"read_interval_seconds": 1}, "read_interval_seconds: no effect without repeated reads"),
        ([], {"reads": reads, "window": (1, 100), "wide": True}, "wide: no effect without a table of writes"),
        ([], {"reads": reads, "window": (1, 100), "acceptance_percent": 2}, "acceptance_percent: no effect without a table"),
        ([], {"reads": reads, "window": (1, 100), "acceptance_microsiemens": 2}, "acceptance_microsiemens: no effect without a"),
    ):
        with pytest.raises(ohmspike.OhmspikeError) as raised:
            ohmspike.fit(*tables, **options)
        assert str(raised.value).startswith(told)

#!/usr/bin/env python3
"""Generates tests/validation/data/statistics.json with numpy, scipy and statsmodels.

    python3 -m venv venv && venv/bin/pip install scipy==1.17.1 statsmodels==0.15.0
    venv/bin/python scripts/make_statistics.py

Every value is one call of numpy, scipy or statsmodels, or a textbook formula if none of them has the statistic; the docstring of
each function states which. Samples are published ones, by name, or invented accuracies in this file.
"""

import itertools
import json
import pathlib

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from scipy import optimize, stats
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.multitest import multipletests

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "tests/validation/data/statistics.json"

# Hours of sleep gained under two drugs: Student (1908), `sleep` in R.
DRUG_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
DRUG_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
# Invented.
LOW = [48.1, 49.2, 55.0, 47.3]
# Invented accuracies of eight seeds, as close to each other as those of a study.
ACCURATE = [0.7843, 0.7871, 0.7811, 0.7902, 0.7856, 0.7838, 0.7889, 0.7820]
LESS = [0.7798, 0.7812, 0.7761, 0.7850, 0.7803, 0.7779, 0.7841, 0.7768]
# Invented accuracies of eight seeds at increasing noise levels.
LEVELS = [0.0, 5.0, 10.0, 20.0, 40.0, 60.0]
ACCURACIES = [
    [0.799, 0.816, 0.807, 0.81, 0.805, 0.789, 0.788, 0.797],
    [0.8, 0.811, 0.802, 0.806, 0.815, 0.781, 0.786, 0.781],
    [0.776, 0.787, 0.786, 0.783, 0.801, 0.758, 0.779, 0.763],
    [0.737, 0.742, 0.747, 0.746, 0.757, 0.725, 0.734, 0.738],
    [0.662, 0.667, 0.673, 0.666, 0.68, 0.652, 0.651, 0.635],
    [0.498, 0.514, 0.505, 0.51, 0.522, 0.485, 0.501, 0.497],
]
# Yield of dye from six batches: Davies and Goldsmith (1972), `Dyestuff` in lme4; and `Dyestuff2` (Box and Tiao 1973).
DYESTUFF = [1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560, 1445, 1440, 1595,
            1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445]
DYESTUFF_2 = [7.298, 3.846, 2.434, 9.566, 7.990, 5.220, 6.556, 0.608, 11.788, -0.892, 0.110, 10.386, 13.434, 5.510,
              8.166, 2.212, 4.852, 7.092, 9.288, 4.980, 0.282, 9.014, 4.458, 9.446, 7.198, 1.722, 4.782, 8.106, 0.758,
              3.758]
# Strength of a paste, two assays of each of three casks of each of ten batches: Davies and Goldsmith, `Pastes` in lme4.
PASTES = [62.8, 62.6, 60.1, 62.3, 62.7, 63.1, 60.0, 61.4, 57.5, 56.9, 61.1, 58.9, 58.7, 57.5, 63.9, 63.1, 65.4, 63.7,
          57.1, 56.4, 56.9, 58.6, 64.7, 64.5, 55.1, 55.1, 54.7, 54.2, 58.8, 57.5, 63.4, 64.9, 59.3, 58.1, 60.5, 60.0,
          62.5, 62.6, 61.0, 58.7, 56.9, 57.7, 59.2, 59.4, 65.2, 66.0, 64.8, 64.1, 54.8, 54.8, 64.0, 64.0, 57.7, 56.8,
          58.3, 59.3, 59.2, 59.2, 58.9, 56.6]
CROSSED = [67.1, 64.8, 68.53, 67.91, 64.88, 63.12, 69.6, 69.59, 69.45, 68.19, 70.47, 68.47, 68.42, 64.25, 71.89, 70.46,
           72.5, 72.73, 74.8, 75.86, 71.57, 73.16, 74.47, 76.3]
THREE = [63.05, 57.82, 59.39, 62.89, 56.55, 59.31, 64.32, 56.62, 61.91, 65.85, 57.02, 61.66, 63.98, 58.03, 62.6, 63.58,
         56.79, 61.06]


def intervals():
    """`numpy.mean`, `numpy.std(ddof=1)`, `scipy.stats.t.interval`."""
    for sample in [DRUG_1, LOW, ACCURATE, [0.5, 0.75, 0.6]]:
        mean, sd, n = np.mean(sample), np.std(sample, ddof=1), len(sample)
        low, high = stats.t.interval(0.95, n - 1, loc=mean, scale=sd / np.sqrt(n))
        yield {"sample": sample, "mean": mean, "sd": sd, "low": low, "high": high}


def pairs():
    """`scipy.stats.ttest_rel` and its `confidence_interval(0.95)`."""
    for a, b in [(DRUG_1, DRUG_2), (ACCURATE, LESS), (LOW, [47.0, 49.5, 52.0, 48.0]), ([0.5, 0.7, 0.9], [0.49, 0.688, 0.891])]:
        test = stats.ttest_rel(a, b)
        low, high = test.confidence_interval(0.95)
        yield {"a": a, "b": b, "t": test.statistic, "p": test.pvalue, "low": low, "high": high}


def shifts():
    """The noncentrality at which a fraction `power` of `scipy.stats.nct` is above the critical value, by `scipy.optimize.brentq`. The
    fraction below the negative critical value is less than 1e-5."""
    for degrees, alpha, power in [(2, 0.05, 0.8), (2, 0.01, 0.8), (4, 0.05, 0.8), (7, 0.05, 0.9), (15, 0.05 / 6, 0.8), (99, 0.05, 0.8)]:
        critical = stats.t.ppf(1 - alpha / 2, degrees)
        found = lambda delta: stats.nct.sf(critical, degrees, delta) - power
        yield {"degrees": degrees, "alpha": alpha, "power": power, "shift": optimize.brentq(found, 0.1, 30.0, xtol=1e-12)}


def adjusted():
    """`statsmodels.stats.multitest.multipletests(method="holm")`."""
    for p in [[0.01, 0.04, 0.03, 0.005, 0.6, 0.04], [0.6, 0.7], [0.0004, 0.0004, 1.0]]:
        yield {"p": p, "holm": list(multipletests(p, method="holm")[1])}


def bounds_of_probabilities():
    """Both bounds of `scipy.stats.binomtest(...).proportion_ci(method="exact")`, one-sided."""
    for events, n, alpha in [(0, 8, 0.05), (58, 59, 0.05), (91, 93, 0.025), (122, 124, 0.0125), (682, 925, 0.01), (3, 1000, 0.05)]:
        ends = [stats.binomtest(events, n, alternative=side).proportion_ci(1 - alpha, method="exact") for side in ("greater", "less")]
        yield {"events": events, "n": n, "alpha": alpha, "low": ends[0].low, "high": ends[1].high}


def bounds_of_means():
    """Both bounds of `scipy.stats.ttest_1samp(...).confidence_interval`, one-sided."""
    for sample, alpha in [(DRUG_1, 0.05), (ACCURATE, 0.025), (LESS, 0.0125), (LOW, 0.01)]:
        low, high = [stats.ttest_1samp(sample, 0, alternative=side).confidence_interval(1 - alpha) for side in ("greater", "less")]
        yield {"sample": sample, "alpha": alpha, "low": low.low, "high": high.high}


def lines():
    """`scipy.stats.linregress`; the largest residual by numpy."""
    means = [float(np.mean(row)) for row in ACCURACIES]
    for x, y in [(LEVELS, means), ([1.0, 2.0, 4.0], [0.3, 0.2, 0.4])]:
        line = stats.linregress(x, y)
        residuals = np.array(y) - (line.intercept + line.slope * np.array(x))
        yield {"points": list(zip(x, y)), "slope": line.slope, "intercept": line.intercept,
               "r_squared": line.rvalue**2, "largest_residual": np.abs(residuals).max()}


def first_crossing(means, threshold):
    scale = 1 - ((1 - means) - (1 - means[0])) / (0.9 - (1 - means[0]))
    below = np.flatnonzero(scale[1:] <= threshold)
    if not len(below):
        return np.inf
    k = below[0] + 1
    return np.interp(threshold, [scale[k], scale[k - 1]], [LEVELS[k], LEVELS[k - 1]])


def bounds(threshold, level):
    """Returns both ends of `scipy.stats.t.interval` of a(level) - chance - threshold (a(clean) - chance)."""
    rows = np.array(ACCURACIES)
    distance = rows[LEVELS.index(level)] - 0.1 - threshold * (rows[0] - 0.1)
    return stats.t.interval(0.95, len(distance) - 1, loc=distance.mean(), scale=stats.sem(distance))


def ends(threshold):
    """Returns the last level before the lower bound reaches 0, and the first at which the upper bound is below it."""
    low, high = zip(*(bounds(threshold, level) for level in LEVELS))
    return [LEVELS[[bound > 0 for bound in low].index(False) - 1], LEVELS[[bound >= 0 for bound in high].index(False)]]


def crossings():
    """A* by its formula in numpy, the crossing by `numpy.interp`, its interval by t tests at the levels."""
    means = np.array([np.mean(row) for row in ACCURACIES])
    found = [{"threshold": threshold, "level": first_crossing(means, threshold), "ends": ends(threshold)}
             for threshold in [0.99, 0.95, 0.90, 0.7]]
    normalised = 1 - ((1 - means) - (1 - means[0])) / (0.9 - (1 - means[0]))
    return {"levels": LEVELS, "accuracies": ACCURACIES, "chance": 0.1, "normalised": list(normalised), "crossings": found}


def table(sizes, values):
    """Returns outcomes with the last factor varying fastest, then replicates."""
    repeats = len(values) // int(np.prod(sizes))
    keys = np.repeat(list(itertools.product(*[range(size) for size in sizes])), repeats, axis=0)
    return pd.DataFrame(keys, columns=list("abc")[: len(sizes)]).assign(y=np.array(values, dtype=float))


def mean_squares(formula, data):
    anova = anova_lm(smf.ols(formula, data).fit())
    return dict(zip(anova.index, anova["sum_sq"] / anova["df"]))


def components():
    """Mean squares by `anova_lm(smf.ols(...).fit())` of statsmodels; their expectations for random effects from Searle, Casella
    and McCulloch (1992), chapters 3 and 4, solved by hand for each design."""
    for name, values in [("Dyestuff", DYESTUFF), ("Dyestuff2", DYESTUFF_2)]:
        data = table([6], values)
        ms = mean_squares("y ~ C(a)", data)
        yield case(name, ["batch"], data, {"batch": (ms["C(a)"] - ms["Residual"]) / 5, "": ms["Residual"]})

    data = table([10, 3], PASTES)
    data["b"] = 3 * data["a"] + data["b"]
    ms = mean_squares("y ~ C(a) + C(a):C(b)", data.assign(b=data["b"] % 3))
    rest, casks, batches = ms["Residual"], ms["C(a):C(b)"], ms["C(a)"]
    yield case("Pastes", ["batch", "cask"], data,
               {"batch": (batches - casks) / 6, "batch x cask": (casks - rest) / 2, "": rest})

    data = table([3, 4], CROSSED)
    ms = mean_squares("y ~ C(a) * C(b)", data)
    rest, both = ms["Residual"], ms["C(a):C(b)"]
    yield case("crossed", ["chip", "write"], data,
               {"chip": (ms["C(a)"] - both) / 8, "write": (ms["C(b)"] - both) / 6, "chip x write": (both - rest) / 2, "": rest})

    data = table([2, 3, 3], THREE)
    ms = mean_squares("y ~ (C(a) + C(b) + C(c))**2", data)
    rest, ab, ac, bc = ms["Residual"], ms["C(a):C(b)"], ms["C(a):C(c)"], ms["C(b):C(c)"]
    yield case("three", ["chip", "write", "read"], data, {
        "chip": (ms["C(a)"] - ab - ac + rest) / 9, "write": (ms["C(b)"] - ab - bc + rest) / 6,
        "read": (ms["C(c)"] - ac - bc + rest) / 6, "chip x write": (ab - rest) / 3, "chip x read": (ac - rest) / 3,
        "write x read": (bc - rest) / 2, "chip x write x read": rest})


def case(name, factors, data, variances):
    columns = list("abc")[: len(factors)]
    outcomes = [[[int(key) for key in row[columns]], row["y"]] for _, row in data.iterrows()]
    return {"name": name, "factors": factors, "outcomes": outcomes, "variances": list(variances.items())}


def plain(value):
    return value.item() if isinstance(value, np.generic) else list(value)


def main():
    found = {
        "intervals": list(intervals()), "pairs": list(pairs()), "shifts": list(shifts()), "adjusted": list(adjusted()),
        "bounds_of_probabilities": list(bounds_of_probabilities()), "bounds_of_means": list(bounds_of_means()),
        "lines": list(lines()), "crossings": crossings(), "components": list(components()),
    }
    # One line per entry keeps diffs readable.
    rows = lambda value: ",\n".join("  " + json.dumps(entry, default=plain) for entry in value)
    parts = [
        f'"{name}": [\n{rows(value)}\n]' if isinstance(value, list) else f'"{name}": {json.dumps(value, default=plain)}'
        for name, value in found.items()
    ]
    OUTPUT.write_text("{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    main()

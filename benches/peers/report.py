"""Converts measurements to the table (CSV, Markdown) and the figure (SVG)."""

import csv
import statistics
from typing import NamedTuple

import catalogue
import figure
from figure import short

OURS = "Ohmspike"
# The Ohmspike side of a ratio: all cores busy.
WHOLE_MACHINE = "2 at a time"
EPOCH_IMAGES = 59_904
BATCHES = 234
# Units of the counted operations, and the factor that converts seconds to them.
UNITS = {
    "images": ("s per epoch", EPOCH_IMAGES),
    "reads": ("µs per read", 1e6),
    "cells": ("ns per cell", 1e9),
    "pulses": ("ns per pulse", 1e9),
    "chips": ("ms per chip", 1e3),
    "arrays": ("ms per array", 1e3),
}

class Row(NamedTuple):
    """A measurement in one round; `what` is the work and, after the last colon, the way it was called."""

    round: int
    program: str
    what: str
    counted: str
    count: int
    seconds: float

    def work(self):
        return self.what.rpartition(": ")[0], self.counted

    def how(self):
        return self.what.rpartition(": ")[2]

    def value(self):
        return self.seconds / self.count * UNITS[self.counted][1]


class Info(NamedTuple):
    """Information about the measurement."""

    date: str
    machine: str
    python: str
    rounds: int
    batches: int
    checks: list
    comparisons: list
    failures: dict
    versions: dict


class Line(NamedTuple):
    """A line of the table: a program with one kind of work, over all rounds."""

    work: str
    counted: str
    program: str
    how: str
    values: list
    ratios: list

    def ours(self):
        return self.program == OURS

    def unit(self):
        return UNITS[self.counted][0]

    def median(self):
        return statistics.median(self.values)

    def ratio(self):
        return statistics.median(self.ratios) if self.ratios else None


def lines(rows):
    """Returns the lines of the table: kinds of work in the order of measurement, the fastest program first."""
    reference = {(row.work(), row.round): row.value() for row in rows if row.program == OURS and row.how() == WHOLE_MACHINE}
    found = {}
    for row in rows:
        found.setdefault((row.work(), row.program, row.how()), []).append(row)
    made = []
    for (work, program, how), of_line in found.items():
        ratios = [row.value() / reference[work, row.round] for row in of_line if (work, row.round) in reference]
        made.append(Line(*work, program, how, [row.value() for row in of_line], ratios))
    order = list(dict.fromkeys((line.work, line.counted) for line in made))
    return sorted(made, key=lambda line: (order.index((line.work, line.counted)), line.median()))


def groups(table):
    """Groups the lines by kind of work."""
    grouped = {}
    for line in table:
        grouped.setdefault((line.work, line.unit()), []).append(line)
    return grouped


def spread(values):
    return f"{short(min(values))} to {short(max(values))}"


def verdicts(table):
    """Returns the training ratios with their targets, and the ratio of the fastest other program for all other work."""
    others = [line for line in table if line.work == "training" and not line.ours() and line.ratios]
    published = [line for line in others if line.program == catalogue.TRAINERS[0].name]
    made = []
    for lines_of, note, target in ((published, "", 150), (others, ", the fastest of the others", 100)):
        if lines_of:
            line = min(lines_of, key=Line.median)
            made.append(
                f"Training, two Ohmspike trials in parallel: {short(line.ratio())} times ({spread(line.ratios)}) the throughput of "
                f"{line.program} ({line.how}){note}; target: {target} times."
            )
    # Cells are the same measurement as pulses.
    return made + [fastest(of_work) for of_work in groups(table).values() if of_work[0].counted not in ("images", "cells")]


def fastest(of_work):
    """Returns the ratio of the fastest other program with one kind of work."""
    others = [line for line in of_work if not line.ours() and line.ratios]
    if not others:
        return f"{named(of_work[0])}: only Ohmspike was measured."
    line = min(others, key=Line.median)
    return f"{named(line)}: {short(line.ratio())} times ({spread(line.ratios)}) the throughput of {line.program} ({line.how}), the fastest of the others."


def named(line):
    return line.work[:1].upper() + line.work[1:]


def markdown(table, info):
    """Returns the report as Markdown."""
    part = "the whole epoch" if info.batches == BATCHES else f"{info.batches} of the {BATCHES} batches of an epoch, scaled to all"
    page = [
        "# Ohmspike compared with other programs",
        "",
        f"{info.date}; {info.machine}; Python {info.python}. Rounds: {info.rounds}, with all programs in turn; the other programs train {part}.",
        "",
        *(f"- {verdict}" for verdict in verdicts(table)),
        "",
        "Values are medians over the rounds, with the range. `ratio` compares with Ohmspike, two trials in parallel, in the same round.",
        "",
        "![Median and range of every program, by kind of work](peers.svg)",
        "",
    ]
    for (work, unit), of_work in groups(table).items():
        page += [f"## {work}, {unit}", "", "| program | how | median | range | ratio |", "|---|---|---|---|---|"]
        for line in of_work:
            ratio = f"{short(line.ratio())} ({spread(line.ratios)})" if line.ratios else ""
            name = f"**{line.program}**" if line.ours() else line.program
            page.append(f"| {name} | {line.how} | {short(line.median())} | {spread(line.values)} | {ratio} |")
        page.append("")
    measured = {line.program for line in table}
    page += ["## Differences", ""]
    page += [f"- {program.name}: {program.differs}." for program in catalogue.PROGRAMS if program.name in measured]
    page += ["", "## Check of the same work", ""]
    if info.checks:
        page += ["Loss of one batch with equal weights, compared with the float64 equations for the program's reset.", ""]
        page += ["| program | reset | hidden spikes per image | loss | expected | norms of the gradients |"]
        page += ["|---|---|---|---|---|---|", *info.checks, ""]
    if info.comparisons:
        page += ["Arrays with equal weights, resistances and inputs. Deviations are from the exact product, root mean square.", ""]
        page += ["| program | work | compared | found | expected |", "|---|---|---|---|---|", *info.comparisons, ""]
    page += ["## Versions", ""] + [f"- {program}: {version}" for program, version in info.versions.items()]
    page += ["", "## Failed", ""] + [f"- {program}: {reason}" for program, reason in info.failures.items()] if info.failures else []
    return "\n".join(page) + "\n"


def summary_of(what):
    return [f"{what}_{part}" for part in ("median", "least", "most")]


def summary(values):
    if not values:
        return [""] * 3
    return [f"{value:.5g}" for value in (statistics.median(values), min(values), max(values))]


def write(folder, rows, info):
    """Writes all files to `folder` and prints the ratios."""
    folder.mkdir(parents=True, exist_ok=True)
    table = lines(rows)
    with open(folder / "measurements.csv", "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([Row._fields, *rows])
    with open(folder / "peers.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["work", "program", "version", "how", "unit", *summary_of("time"), *summary_of("ratio")])
        for line in table:
            named = [line.work, line.program, info.versions[line.program], line.how, line.unit()]
            writer.writerow([*named, *summary(line.values), *summary(line.ratios)])
    (folder / "peers.md").write_text(markdown(table, info))
    (folder / "peers.svg").write_text(figure.draw(groups(table), f"{info.date}, {info.machine}"))
    print("\n".join(verdicts(table)))
    print(f"table and figure: {folder}")

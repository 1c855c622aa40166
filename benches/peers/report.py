"""From measurements to the table (CSV, Markdown) and the figure (SVG)."""

import csv
import statistics
from typing import NamedTuple

import catalogue
import figure

OURS = "Ohmspike"
# Our side of a ratio: all cores at work.
WHOLE_MACHINE = "2 at a time"
EPOCH_IMAGES = 59_904
BATCHES = 234
# What one of the counted things is measured in: the unit, and by what the seconds of one are multiplied.
UNITS = {
    "images": ("s an epoch", EPOCH_IMAGES),
    "reads": ("µs a read", 1e6),
    "cells": ("ns a cell", 1e9),
    "pulses": ("ns a pulse", 1e9),
}

class Row(NamedTuple):
    """One measurement of one round; `what` is the work and, after the last colon, how it was called."""

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
    """What a reader must know beside the numbers."""

    date: str
    machine: str
    python: str
    rounds: int
    batches: int
    checks: list
    failures: dict
    versions: dict


class Line(NamedTuple):
    """One line of the table: a program at one kind of work, over all rounds."""

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
    """The lines of the table: kinds of work in the order in which they were measured, quickest first."""
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
    """The lines of each kind of work."""
    grouped = {}
    for line in table:
        grouped.setdefault((line.work, line.unit()), []).append(line)
    return grouped


def short(value):
    """Three digits."""
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def spread(values):
    return f"{short(min(values))} to {short(max(values))}"


def verdicts(table):
    """The ratios of training beside those to reach."""
    others = [line for line in table if line.work == "training" and not line.ours() and line.ratios]
    published = [line for line in others if line.program == catalogue.TRAINERS[0].name]
    made = []
    for lines_of, note, target in ((published, "", 150), (others, ", the fastest of the others", 100)):
        if lines_of:
            line = min(lines_of, key=Line.median)
            made.append(
                f"Training, two of our trials at a time: {short(line.ratio())} times ({spread(line.ratios)}) the throughput of "
                f"{line.program} ({line.how}){note}; to reach: {target} times."
            )
    return made


def markdown(table, info):
    """The report as a page."""
    part = "the whole epoch" if info.batches == BATCHES else f"{info.batches} of the {BATCHES} batches of an epoch, scaled to all"
    page = [
        "# Ohmspike beside other programs",
        "",
        f"{info.date}; {info.machine}; Python {info.python}. Rounds: {info.rounds}, in each all programs in turn; the others train {part}.",
        "",
        *(f"- {verdict}" for verdict in verdicts(table)),
        "",
        "Medians over the rounds, then the least and the most. `times ours`: beside ours, two at a time, in the same round.",
        "",
        "![Median and spread of every program, by kind of work](peers.svg)",
        "",
    ]
    for (work, unit), of_work in groups(table).items():
        page += [f"## {work}, {unit}", "", "| program | how | median | least to most | times ours |", "|---|---|---|---|---|"]
        for line in of_work:
            ratio = f"{short(line.ratio())} ({spread(line.ratios)})" if line.ratios else ""
            name = f"**{line.program}**" if line.ours() else line.program
            page.append(f"| {name} | {line.how} | {short(line.median())} | {spread(line.values)} | {ratio} |")
        page.append("")
    page += ["## What differs", ""]
    page += [f"- {program.name}: {program.differs}." for program in [*catalogue.TRAINERS, catalogue.DEVICES]]
    page += ["", "## The same work", ""]
    page += ["Loss of one batch from the same weights, beside the equations of the study with the program's reset in float64.", ""]
    page += ["| program | resets | hidden spikes an image | loss | expected | norms of its gradients |"]
    page += ["|---|---|---|---|---|---|", *info.checks, ""]
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
    """Writes all files to `folder`, and the ratios of training to the terminal."""
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

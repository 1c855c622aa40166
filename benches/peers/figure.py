"""The figure: one panel per kind of work and one line per program, with medians as dots and ranges as bars on a logarithmic axis."""

import math
from html import escape

WIDTH, LEFT, RIGHT = 980, 410, 190
LINE, TITLE, AXIS, GAP = 24, 34, 24, 18
INK, PALE, OURS, THEIRS = "#1f2933", "#d9dee3", "#00707a", "#8a4b08"


def short(value):
    """Formats a value with three digits."""
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def text(x, y, words, anchor="start", size=13, colour=INK, weight="normal"):
    style = f'text-anchor="{anchor}" font-size="{size}" fill="{colour}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'


def axis(lines):
    """Returns the decades around all values, and the position of a value on the axis."""
    values = [value for line in lines for value in line.values]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    return range(low, high + 1), lambda value: LEFT + (math.log10(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def ticks(powers):
    """Returns the decades, with 2 and 5 between them if there are few."""
    between = (1, 2, 5) if len(powers) < 4 else (1,)
    values = [factor * 10.0**power for power in powers for factor in between]
    return [value for value in values if value <= 10.0 ** powers[-1]]


def panel(top, title, lines):
    """Returns the elements of a panel and the position of the next one."""
    powers, place = axis(lines)
    first, last = top + TITLE, top + TITLE + LINE * len(lines)
    made = [text(16, top + 18, title, size=15, weight="bold")]
    for value in ticks(powers):
        x = place(value)
        made.append(f'<line x1="{x:.1f}" y1="{first}" x2="{x:.1f}" y2="{last}" stroke="{PALE}"/>')
        made.append(text(x, last + 16, f"{value:g}", "middle", 12))
    for number, line in enumerate(lines):
        y, colour = first + LINE * (number + 0.5), OURS if line.ours() else THEIRS
        low, high, middle = (place(value) for value in (min(line.values), max(line.values), line.median()))
        name = f"{line.program}, {line.how}"
        made.append(text(LEFT - 14, y + 4.5, name, "end", weight="bold" if line.ours() else "normal", colour=colour))
        made.append(f'<line x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}" stroke="{colour}" stroke-width="3"/>')
        made.append(f'<circle cx="{middle:.1f}" cy="{y}" r="5" fill="{colour}"/>')
        ratio = f" · {short(line.ratio())} times" if line.ratios and line.ratio() != 1 else ""
        made.append(text(WIDTH - RIGHT + 16, y + 4.5, f"{short(line.median())}{ratio}"))
    return made, last + AXIS + GAP


def draw(groups, caption):
    """Draws every kind of work as SVG, but not cells: they are the same measurement as pulses."""
    made, top = [], 12
    for (work, unit), lines in groups.items():
        if unit != "ns per cell":
            elements, top = panel(top, f"{work}, {unit}", lines)
            made += elements
    made.append(text(16, top + 8, f"Median and spread; times ours, two at a time, in the same round. {caption}", size=12))
    height = top + 24
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="Helvetica, Arial, sans-serif">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{height}" fill="white"/>', *made, "</svg>"]) + "\n"

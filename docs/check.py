#!/usr/bin/env python3
"""Runs the commands of the docs pages, in order, page by page, and compares what they print.

Every page gets a folder with links to the repository's `experiments`, `device-models`, `crates` and `docs`, and a copy of
`results/quickstart` if there is one, so that the quickstart is not run again. In it,

- a block with a title (```toml title="study.toml") is written to that file,
- a block marked `sh` or `python` runs; it must exit with 0,
- a block marked `text` right after it must be part of what it printed: its lines in order, where a line `...` skips any lines.

A comment `<!-- not run: REASON -->` before a block skips it. Usage: docs/check.py [PAGE ...], with `ohmspike`, and a
`python3` that has the packages of docs/requirements.txt, on the PATH.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(
    r"(?P<skip><!-- not run: [^>]+ -->\s*)?^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```$", re.S | re.M
)
LINKS = ["experiments", "device-models", "crates", "docs"]
QUICKSTART = pathlib.Path("results/quickstart")


def lines_of(text):
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def missing_line(shown, printed):
    """The first line of `shown` that `printed` lacks in this order; None if all are there."""
    printed = iter(lines_of(printed))
    for line in lines_of(shown):
        if line != "..." and line not in printed:
            return line
    return None


def run(language, body, folder):
    command = ["bash", "-euo", "pipefail", "-c", body] if language == "sh" else [sys.executable, "-c", body]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def check(page):
    """The problems of a page."""
    problems, blocks, skipped, printed = [], 0, 0, ""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for link in LINKS:
            (folder / link).symlink_to(ROOT / link)
        if (ROOT / QUICKSTART).is_dir():
            shutil.copytree(ROOT / QUICKSTART, folder / QUICKSTART)
        text = page.read_text()
        for fence in FENCE.finditer(text):
            place = f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, fence.start('info')) + 1}"
            language, _, rest = fence["info"].strip().partition(" ")
            body = re.sub(f"^{fence['indent']}", "", fence["body"], flags=re.M)
            title = re.search(r'title="([^"]+)"', rest)
            if fence["skip"]:
                skipped, printed = skipped + (language in ("sh", "python")), ""
            elif title:
                file = folder / title[1]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(body)
            elif language in ("sh", "python"):
                blocks += 1
                status, printed = run(language, body, folder)
                if status != 0:
                    problems.append(f"{place}: exit status {status}\n{printed}")
            elif language == "text" and printed:
                line = missing_line(body, printed)
                if line is not None:
                    problems.append(f"{place}: not printed: {line}\n--- printed:\n{printed}")
                printed = ""
    return blocks, skipped, problems


def main():
    pages = [pathlib.Path(page).resolve() for page in sys.argv[1:]]
    pages = pages or sorted((ROOT / "docs").rglob("*.md"))
    failed = False
    for page in pages:
        began = time.monotonic()
        blocks, skipped, problems = check(page)
        if blocks or skipped:
            print(f"{page.relative_to(ROOT)}: {blocks} blocks run, {skipped} skipped, {time.monotonic() - began:.0f} s", flush=True)
        for problem in problems:
            failed = True
            print(problem, flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()

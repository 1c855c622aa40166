#!/usr/bin/env python3
"""Runs the code cells of a notebook in order, in one namespace and without Jupyter. Usage: run_notebook.py NOTEBOOK"""

import ast
import json
import pathlib
import sys


def main():
    path = pathlib.Path(sys.argv[1])
    names = {"__name__": "__main__"}
    for number, cell in enumerate(json.loads(path.read_text())["cells"], 1):
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]), f"{path.name}, cell {number}")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"{path.name}, cell {number}", "exec"), names)
        if last is not None:
            shown = eval(compile(ast.Expression(last.value), f"{path.name}, cell {number}", "eval"), names)
            if shown is not None:
                print(repr(shown))


if __name__ == "__main__":
    main()

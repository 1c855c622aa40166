#!/usr/bin/env python3
"""Writes docs/reference/python.md from the stubs and from ohmspike/torch.py; with `--check`, only compares."""

import ast
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "python/package/ohmspike"
PAGE = ROOT / "docs/reference/python.md"
FUNCTIONS = ["run", "train", "open_results", "deploy", "limit", "ablate", "fit", "load_data", "export_nir", "import_nir"]
HEAD = """# Python

This page is generated from the type stubs of the package, so it matches it exactly. The guide is [From Python](../guides/python.md).

Conductances are in µS, times in s, weights in units of the network. Arrays of other types than float32, other orders and
lists are converted; wrong shapes, types and devices are refused by name.
"""


# Aliases of the stub, spelled out.
ALIASES = {
    "_Path": "str | PathLike",
    "_Set": "Mapping[str, value | Device]",
    "_Seed": "int | Seed",
    "_Network": "network",
    "_Levels": "levels",
    "_Value": "value",
    "_Whole": "int",
}


def plain(text):
    return re.sub(r"_[A-Z]\w+", lambda found: ALIASES[found[0]], text)


def signature(node, owner=None):
    """The call of a function of the stub, over several lines if it is long."""
    own = [argument.arg for argument in node.args.args[:1]] if owner else []
    static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in node.decorator_list)
    arguments = ast.unparse(node.args)
    if own and not static:
        arguments = arguments.removeprefix(own[0]).removeprefix(", ")
    name = owner if node.name in ("__new__", "__init__") else f"{owner}.{node.name}" if static else node.name
    result = "" if node.returns is None or node.name in ("__new__", "__init__") else f" -> {ast.unparse(node.returns)}"
    arguments, result = plain(re.sub(r"(?<=[\w\])'])=(?=[\w'(-])", " = ", arguments)), plain(result)
    line = f"{name}({arguments}){result}"
    if len(line) <= 110:
        return line
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(arguments):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append(arguments[start:place].strip())
            start = place + 1
    parts.append(arguments[start:].strip())
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){result}"


def code(text):
    return f"```text\n{text}\n```"


def members(node):
    """Constructor, properties and methods of a class, each with its text."""
    constructor, properties, methods = [], [], []
    for one in node.body:
        if not isinstance(one, ast.FunctionDef):
            continue
        documented = ast.get_docstring(one)
        if one.name.startswith("_") and one.name not in ("__new__", "__init__", "__getitem__", "__str__"):
            continue
        if one.name in ("__new__", "__init__"):
            constructor += [code(signature(one, node.name)), *([documented] if documented else [])]
        elif documented and any(isinstance(mark, ast.Name) and mark.id == "property" for mark in one.decorator_list):
            properties.append(f"| `{one.name}` | `{plain(ast.unparse(one.returns))}` | {' '.join(documented.split())} |".replace("| None`", "\\| None`"))
        elif documented and not one.name.startswith("__arrow"):
            name = f"{node.name}[key]" if one.name == "__getitem__" else f"{node.name}.{one.name}"
            methods += [f"### {name}", code(signature(one, node.name)), documented]
    table = ["\n".join(["| property | type | meaning |", "|---|---|---|", *properties])] if properties else []
    return constructor + table + methods


def page():
    stub = ast.parse((PACKAGE / "_ohmspike.pyi").read_text())
    layers = ast.parse((PACKAGE / "torch.py").read_text())
    functions = {node.name: node for node in stub.body if isinstance(node, ast.FunctionDef)}
    classes = [node for node in stub.body if isinstance(node, ast.ClassDef)]
    assert set(FUNCTIONS) == set(functions) - {"run_command"}, "a function is missing in FUNCTIONS"
    parts = [HEAD.strip(), "## Studies and answers"]
    for name in FUNCTIONS:
        parts += [f"### {name}", code(signature(functions[name])), ast.get_docstring(functions[name])]
    for node in classes:
        parts += [f"## {node.name}", ast.get_docstring(node), *members(node)]
    public = ast.literal_eval(next(one.value for one in layers.body if isinstance(one, ast.Assign)))
    parts += ["## ohmspike.torch", ast.get_docstring(layers).replace("::\n\n", ":\n\n").replace("``", "`")]
    for node in layers.body:
        if getattr(node, "name", None) not in public:
            continue
        documented = (ast.get_docstring(node) or "").replace("``", "`")
        own = members(node) if isinstance(node, ast.ClassDef) else [code(signature(node))]
        parts += [f"### {node.name}", documented, *(part.replace("``", "`") if not part.startswith("```") else part for part in own)]
    text = "\n\n".join(parts) + "\n"
    for name in public:
        text = text.replace(f"### {name}.", f"#### {name}.")
    return text


def main():
    text = page()
    if "--check" not in sys.argv:
        PAGE.write_text(text)
    elif PAGE.read_text() != text:
        sys.exit(f"{PAGE.relative_to(ROOT)}: not current; run python/make_reference.py")


if __name__ == "__main__":
    main()

"""The stubs say what the extension has: names, signatures and documentation."""

import ast
import inspect
import pathlib

import pytest

import ohmspike
from ohmspike import _ohmspike

STUB = pathlib.Path(_ohmspike.__file__).parent / "_ohmspike.pyi"
TREE = ast.parse(STUB.read_text())
CLASSES = {node.name: node for node in TREE.body if isinstance(node, ast.ClassDef)}
FUNCTIONS = {node.name: node for node in TREE.body if isinstance(node, ast.FunctionDef)}
# Methods that Python gives to every class with the operation.
IMPLIED = {"__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__module__", "__doc__", "__new__", "__repr__", "__reduce__", "_restore", "__weakref__", "__dict__"}


def parameters(node):
    """Names, kinds and defaults of a function of the stub."""
    given, kinds = node.args, inspect.Parameter
    found = []
    positional = given.posonlyargs + given.args
    defaults = [None] * (len(positional) - len(given.defaults)) + given.defaults
    for argument, default in zip(positional, defaults):
        kind = kinds.POSITIONAL_ONLY if argument in given.posonlyargs else kinds.POSITIONAL_OR_KEYWORD
        found.append((argument.arg, kind, default))
    if given.vararg:
        found.append((given.vararg.arg, kinds.VAR_POSITIONAL, None))
    found += [(argument.arg, kinds.KEYWORD_ONLY, default) for argument, default in zip(given.kwonlyargs, given.kw_defaults)]
    if given.kwarg:
        found.append((given.kwarg.arg, kinds.VAR_KEYWORD, None))
    static = [decorator.id for decorator in node.decorator_list if isinstance(decorator, ast.Name)]
    own = found[1:] if found and found[0][0] in ("self", "cls") and "staticmethod" not in static else found
    return [(name, kind, inspect.Parameter.empty if default is None else ast.literal_eval(default)) for name, kind, default in own]


def of_runtime(function):
    found = inspect.signature(function).parameters.values()
    return [(one.name, one.kind, one.default) for one in found if one.name not in ("self", "$self")]


def is_property(node):
    return any(isinstance(decorator, ast.Name) and decorator.id == "property" for decorator in node.decorator_list)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    function = getattr(_ohmspike, name)
    assert parameters(FUNCTIONS[name]) == of_runtime(function)
    assert inspect.getdoc(function) == ast.get_docstring(FUNCTIONS[name])


@pytest.mark.parametrize("name", CLASSES)
def test_classes(name):
    found, node = getattr(_ohmspike, name), CLASSES[name]
    assert inspect.getdoc(found) == ast.get_docstring(node)
    methods = {method.name: method for method in node.body if isinstance(method, ast.FunctionDef)}
    if not issubclass(found, BaseException):
        public = {method for method in vars(found) if method not in IMPLIED}
        assert public - {"__hash__"} == set(methods) - {"__new__", "__hash__"}
    for method, of_stub in methods.items():
        if method in ("__eq__", "__hash__", "__iter__", "__contains__"):
            continue
        if method == "__new__":
            assert parameters(of_stub) == of_runtime(found)
            continue
        of_class = inspect.getattr_static(found, method)
        if is_property(of_stub):
            assert inspect.isdatadescriptor(of_class), method
        else:
            assert parameters(of_stub) == of_runtime(getattr(found, method)), method
        if not method.startswith("_"):
            assert inspect.getdoc(of_class if is_property(of_stub) else getattr(found, method)) == ast.get_docstring(of_stub), method


def test_every_name_is_in_the_stub():
    public = {name for name in vars(_ohmspike) if not name.startswith("_")}
    assert public == set(CLASSES) | set(FUNCTIONS)
    assert set(ohmspike.__all__) == (public | {"__version__"}) - {"run_command"}
    of_stub = next(ast.literal_eval(node.value) for node in TREE.body if isinstance(node, ast.Assign))
    assert of_stub == _ohmspike.__all__ and set(of_stub) == public | {"__version__"}
    assert all(getattr(ohmspike, name) is getattr(_ohmspike, name) for name in ohmspike.__all__)


def test_the_package_is_typed():
    assert (STUB.parent / "py.typed").exists()

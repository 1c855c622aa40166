"""Locates the files of Fashion-MNIST in the same folders as `ohmspike data list`."""

import os
from pathlib import Path

FILES = [f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]


def find(given):
    """Returns the folder with all four files: the given one, or the first found."""
    named = os.environ.get("OHMSPIKE_DATA")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ohmspike"
    roots = [given] if given else [root for root in (named, "/usr/share/datasets", cache) if root]
    folders = [folder for root in map(Path, roots) for folder in (root / "fashion-mnist", root)]
    for folder in folders:
        if all((folder / file).is_file() for file in FILES):
            return folder.resolve()
    looked = ", ".join(map(str, folders))
    raise SystemExit(
        f"fashion-mnist: not found, looked in {looked}, one must hold all of {', '.join(FILES)}\n\n"
        "hint: `ohmspike data fetch fashion-mnist` downloads the files; --data names a folder"
    )

"""Emulates memristive crossbars and trains spiking networks on them.

- ``Device``: a memristive device, built in or from a file; ``fit`` makes one from measurements;
- ``Crossbar``: an array of conductance pairs that you write and read;
- ``run``, ``train``: studies and single networks, with the same bits as the command line;
- ``deploy``, ``limit``, ``ablate``: answers about trained networks and devices;
- ``export_nir``, ``import_nir``: networks of and for other simulators;
- ``ohmspike.torch``: crossbars as layers of PyTorch models.

Conductances are in µS, times in s, weights in units of the network. The same seed gives the same bits on every machine.
"""

from ._ohmspike import (
    Answer,
    Crossbar,
    Device,
    Figure,
    Fit,
    OhmspikeError,
    OhmspikeWarning,
    Results,
    Seed,
    Table,
    Trained,
    WriteReport,
    __version__,
    ablate,
    deploy,
    export_nir,
    fit,
    import_nir,
    limit,
    load_data,
    open_results,
    run,
    train,
)

__all__ = [
    "Answer",
    "Crossbar",
    "Device",
    "Figure",
    "Fit",
    "OhmspikeError",
    "OhmspikeWarning",
    "Results",
    "Seed",
    "Table",
    "Trained",
    "WriteReport",
    "__version__",
    "ablate",
    "deploy",
    "export_nir",
    "fit",
    "import_nir",
    "limit",
    "load_data",
    "open_results",
    "run",
    "train",
]

"""Open a trained network, walk through it in 3D, look into every layer.

>>> import explorer3d
>>> model = explorer3d.open_model("lenet_fashion.h5")
>>> model.run("trousers.png")["conv1"].output
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer3d.api import LayerRun, Network, Run, open_model
    from explorer3d.errors import ExplorerError

__version__ = "0.1.0"

__all__ = ["ExplorerError", "LayerRun", "Network", "Run", "StandIn", "__version__", "open_model"]


def __getattr__(name: str) -> object:
    """Load the libraries behind the interface when it is first used: they take seconds."""
    if name == "ExplorerError":
        from explorer3d.errors import ExplorerError

        return ExplorerError
    if name == "StandIn":
        from explorer3d.graph.stand_in import StandIn

        return StandIn
    if name in __all__:
        from explorer3d import api

        return getattr(api, name)
    raise AttributeError(f"module 'explorer3d' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)

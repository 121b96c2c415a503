"""What a person is told when a file, an input or a request is at fault.

Each message is one or two sentences that say what happened, why, and what to do.
"""


class ExplorerError(Exception):
    """A fault outside the program: the message is shown as it is, without a traceback."""


class ModelError(ExplorerError):
    """The model file cannot be opened."""


class InputError(ExplorerError):
    """The picture or array does not fit the model, or cannot be read."""


class RunError(ExplorerError):
    """The model cannot be run, or not up to what was asked for."""


class RequestError(ExplorerError):
    """What was asked for does not exist, such as a layer of that name."""


class Cancelled(Exception):
    """The user gave up on a piece of work. Never shown."""

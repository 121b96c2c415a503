"""Why a model is not converted although it could be."""


class Refused(Exception):
    """The end of a sentence that names the model."""

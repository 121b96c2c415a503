"""The text of a model's configuration, from whatever version of Keras, as one kind of dictionary."""

from __future__ import annotations

import json
from typing import Any

from explorer3d.errors import ModelError
from explorer3d.formats.keras.keras_1 import modern
from explorer3d.formats.signature import CLASS_IN_YAML

_AGAIN = "Save the model again with Keras' model.save."


def loaded(text: str | bytes) -> dict[str, Any]:
    """A model's configuration under the names of Keras 2 and 3.

    Raises
    ------
    ModelError
        It is no JSON, or does not describe a model.
    """
    try:
        model = json.loads(text)
        if isinstance(model, str):
            # What to_json gives is text already, and was written as JSON once more.
            model = json.loads(model)
        if not isinstance(model, dict) or not isinstance(model.get("class_name"), str):
            raise ModelError(f"The file's model configuration does not describe a Keras model. {_AGAIN}")
        found: dict[str, Any] = modern(model)
        return found
    except RecursionError as error:
        raise ModelError(
            "The file's model configuration is nested too deeply to be a Keras model."
        ) from error
    except ValueError as error:
        if CLASS_IN_YAML.search(text.encode("utf-8", "replace") if isinstance(text, str) else text):
            raise ModelError(
                "The model's configuration is written in YAML, which Keras itself has given up. Turn it into "
                "JSON where it still opens: keras.models.model_from_yaml(text).to_json()."
            ) from error
        raise ModelError(
            f"The file's model configuration is damaged: it is not valid JSON ({error}). {_AGAIN}"
        ) from error

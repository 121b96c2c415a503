"""Keras' own reader, in its safe mode, and the graph of what it has read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from explorer3d.conversion.refused import Refused
from explorer3d.conversion.traced import Traced

_SAFE = (3, 13)


def trace(path: Path) -> Traced:
    """Load a ``.h5`` or ``.keras`` file and trace what it computes at inference.

    The weights are arguments of the graph, not constants in it: TensorFlow and tf2onnx copy constants dozens
    of times. VGG16 needs 4 GB this way and over 20 the other.

    Raises
    ------
    Refused
    """
    import keras
    import tensorflow as tf

    if tuple(map(int, keras.__version__.split(".")[:2])) < _SAFE:
        raise Refused(f"Keras {keras.__version__} may execute code of a file, install {_SAFE[0]}.{_SAFE[1]}")
    model = keras.saving.load_model(path, compile=False, safe_mode=True)
    if not getattr(model, "inputs", None):
        raise Refused("it was saved before it knew the shape of its input")
    trained, fixed = list(model.trainable_variables), list(model.non_trainable_variables)
    fed = [tf.TensorSpec(tensor.shape, tensor.dtype, name=tensor.name) for tensor in model.inputs]
    held = [
        tf.TensorSpec(variable.shape, variable.dtype, name=f"weight_{at}")
        for at, variable in enumerate((*trained, *fixed))
    ]
    # A Sequential model has one result, that of its last layer, and no name for it.
    names = list(getattr(model, "output_names", [model.layers[-1].name]))

    def inference(*arguments: Any) -> dict[str, Any]:
        given, weights = list(arguments[: len(fed)]), list(arguments[len(fed) :])
        results, *_ = model.stateless_call(
            weights[: len(trained)],
            weights[len(trained) :],
            given if len(given) > 1 else given[0],
            training=False,
        )
        return dict(zip(names, keras.tree.flatten(results), strict=True))

    function = tf.function(inference, autograph=False).get_concrete_function(*fed, *held)
    arguments = [tensor.name for tensor in function.inputs][: len(fed) + len(held)]
    variables = [(variable.path, variable) for variable in (*trained, *fixed)]
    return Traced(
        owner=model,
        function=function,
        inputs=dict(zip(arguments, (spec.name for spec in fed), strict=False)),
        outputs={tensor.name: name for name, tensor in function.structured_outputs.items()},
        weights=dict(zip(arguments[len(fed) :], variables, strict=True)),
    )

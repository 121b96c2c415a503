"""Keras' own layer classes that cannot run here, and why: the end of a sentence that names the class."""

from __future__ import annotations

_CODE = "is Python code hidden in the file, which is never run"
_OTHER_CODE = "holds a function of another framework as Python code, which is never run"
_HASH = "numbers its input by a hash that ONNX has no operator for"
_CELL = "is one step of a recurrent layer and cannot stand outside of one"
_COLUMNS = "reads feature columns, which are Python objects of TensorFlow"

ABSENT: dict[str, str] = {
    "AbstractRNNCell": _CELL,
    "DenseFeatures": _COLUMNS,
    "FlaxLayer": _OTHER_CODE,
    "GRUCell": _CELL,
    "HashedCrossing": _HASH,
    "Hashing": _HASH,
    "JaxLayer": _OTHER_CODE,
    "LSTMCell": _CELL,
    "Lambda": _CODE,
    "SequenceFeatures": _COLUMNS,
    "SimpleRNNCell": _CELL,
    "StackedRNNCells": _CELL,
    "TFSMLayer": "stands for a SavedModel in a folder of its own, which is not in the file",
    "TextVectorization": "splits text by patterns that ONNX has no operator for",
    "TorchModuleWrapper": _OTHER_CODE,
}

"""The road everybody takes: load a Keras file with Keras, convert it with tf2onnx. Prints JSON.

    python tests/benchmarks/keras_to_onnx.py FILE OUT.onnx

Runs in an environment of its own with TensorFlow and tf2onnx, and needs nothing of this project.
"""

import json
import os
import resource
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
before = time.monotonic()

import keras  # noqa: E402
import onnxruntime  # noqa: E402
import tensorflow  # noqa: E402
import tf2onnx  # noqa: E402

imported = time.monotonic()
model = keras.saving.load_model(sys.argv[1], compile=False)
(source,) = model.inputs
# tf2onnx's own from_keras fails on Sequential models.
function = tensorflow.function(lambda x: model(x, training=False))
signature = [tensorflow.TensorSpec(source.shape, source.dtype, name="input")]
tf2onnx.convert.from_function(function, signature, opset=18, output_path=sys.argv[2])
answer = {
    "seconds": round(time.monotonic() - imported, 1),
    "import_s": round(imported - before, 1),
    "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6),
}
try:
    onnxruntime.InferenceSession(sys.argv[2], providers=["CPUExecutionProvider"])
except Exception as error:
    # onnxruntime's exceptions share no base class.
    answer["refused"] = str(error)[:300]
json.dump(answer, sys.stdout)

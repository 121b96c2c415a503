"""onnxruntime: sessions, activations, and what is asked of them."""

import explorer3d.graph  # noqa: F401  says how onnx_ir is to be loaded, so before it

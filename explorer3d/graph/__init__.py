"""A trained network as data: layers as their author wrote them, over an ONNX graph."""

from explorer3d.graph.on_demand import load_on_demand

load_on_demand(
    # onnx_ir imports sympy for sums and products of named sizes, which nothing here forms: half of its time.
    "sympy",
    "onnx_ir._symbolic_shapes",
    # What writes models as text, checks, joins and converts them: a third of onnx's time.
    "google.protobuf.json_format",
    "google.protobuf.internal.python_message",
    "google.protobuf.text_format",
    "onnx.checker",
    "onnx.compose",
    "onnx.gen_proto",
    "onnx.helper",
    "onnx.parser",
    "onnx.printer",
    "onnx.serialization",
    "onnx.utils",
    "onnx.version_converter",
    "onnx_ir.passes",
    "onnx_ir.schemas",
    "onnx_ir.tape",
    "uuid",
)

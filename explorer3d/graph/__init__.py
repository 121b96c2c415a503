"""A trained network as data: layers as their author wrote them, over an ONNX graph."""

from explorer3d.graph.on_demand import load_on_demand

# onnx_ir imports sympy for sums and products of named sizes, which nothing here forms: half of its time.
load_on_demand("sympy", "onnx_ir._symbolic_shapes")

"""Gradients of any value of a network by any others, by onnxruntime alone.

`VJPS` has one rule per operator that writes the way back in ONNX nodes; forward and backward are one model,
of which only what lies between the target and the values asked for is made. Shapes are concrete: there is one
model for each shape of the input.

Quantised networks pass gradients straight through their rounding (Bengio et al. 2013, arXiv 1308.3432): what
comes back is the gradient of the network before it was quantised, within the range that can be represented.
"""

from explorer3d.compute.gradient import rules
from explorer3d.compute.gradient.session import Gradients, gradients

__all__ = ["Gradients", "gradients", "rules"]

"""Which operators belong together."""

from __future__ import annotations

import pytest

from explorer3d.scene.palette import FAMILIES, family_of


@pytest.mark.parametrize(
    ("family", "ops"),
    [
        (
            "convolution",
            "Conv Conv2D Conv2DTranspose ConvTranspose DepthwiseConv2D SeparableConv1D QLinearConv",
        ),
        ("recurrent", "LSTM GRU SimpleRNN RNN ConvLSTM2D Bidirectional TimeDistributed"),
        ("attention", "MultiHeadAttention AdditiveAttention GroupQueryAttention Attention"),
        ("dense", "Dense EinsumDense Gemm MatMul Embedding"),
        ("normalisation", "LayerNormalization BatchNormalization UnitNormalization Rescaling"),
        ("pooling", "MaxPooling2D GlobalAveragePooling1D AdaptiveMaxPooling3D MaxPool"),
        ("activation", "ReLU LeakyReLU Softmax Activation PReLU Sigmoid"),
        ("merge", "Add Concatenate Multiply Average Dot Sum"),
        ("shape", "Reshape Transpose Flatten UpSampling2D ZeroPadding2D Resizing GetItem Dropout"),
        ("other", "NotEqual Masking"),
    ],
)
def test_family(family: str, ops: str) -> None:
    assert {op: family_of(op) for op in ops.split()} == dict.fromkeys(ops.split(), family)
    assert family in FAMILIES

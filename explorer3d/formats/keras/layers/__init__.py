"""All layer classes that can run: one entry each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers import (
    activation,
    adaptive,
    attention,
    augmentation,
    categories,
    contrast,
    convolution,
    core,
    dot,
    einsum,
    embedding,
    equalization,
    heads,
    hiding,
    input_statistics,
    locally_connected,
    lookup,
    masked,
    merging,
    normalization,
    pipeline,
    pooling,
    reshaping,
    resizing,
    scaling,
    spectral,
    spectrogram,
    transposed,
)
from explorer3d.formats.keras.layers.aliases import ALIASES
from explorer3d.formats.keras.layers.recurrent import bidirectional, time_distributed
from explorer3d.formats.keras.layers.recurrent import cells as recurrent_cells
from explorer3d.formats.keras.layers.recurrent import convolution as recurrent_convolution
from explorer3d.formats.keras.layers.recurrent import layers as recurrent
from explorer3d.formats.keras.settings import Unsupported

Emitter = Callable[[Scope, Sequence[Tensor]], Tensor | tuple[Tensor, ...]]


def _one(emit: Callable[[Scope, Tensor], Tensor]) -> Emitter:
    """For a layer with a single input."""

    def emitter(scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
        if len(inputs) != 1:
            raise Unsupported(f"it has {len(inputs)} inputs, but 1 is needed")
        return emit(scope, inputs[0])

    return emitter


def _function(emit: Callable[[Scope, Tensor], Tensor]) -> Emitter:
    """For a layer that computes with floats, place by place."""
    return _one(lambda scope, x: emit(scope, scope.floating(x)))


def _conv_lstm(rank: int) -> Emitter:
    make = partial(recurrent_convolution.conv_lstm_cell, rank)
    return partial(recurrent.recurrent, make, "conv_lstm_cell")


KERAS_LAYERS: dict[str, Emitter] = {
    "Activation": _function(activation.activated),
    "ActivityRegularization": _one(core.unchanged),
    "AdaptiveAveragePooling1D": _one(partial(adaptive.adaptive_pooling, "AveragePool", 1)),
    "AdaptiveAveragePooling2D": _one(partial(adaptive.adaptive_pooling, "AveragePool", 2)),
    "AdaptiveAveragePooling3D": _one(partial(adaptive.adaptive_pooling, "AveragePool", 3)),
    "AdaptiveMaxPooling1D": _one(partial(adaptive.adaptive_pooling, "MaxPool", 1)),
    "AdaptiveMaxPooling2D": _one(partial(adaptive.adaptive_pooling, "MaxPool", 2)),
    "AdaptiveMaxPooling3D": _one(partial(adaptive.adaptive_pooling, "MaxPool", 3)),
    "Add": partial(merging.elementwise, "Add"),
    "AdditiveAttention": attention.additive_attention,
    "Addons>GroupNormalization": _one(partial(input_statistics.group_normalization, 32)),
    "Addons>InstanceNormalization": _one(partial(input_statistics.group_normalization, -1)),
    "Addons>SpectralNormalization": partial(spectral.spectral_normalization, "sn_u"),
    "Addons>StochasticDepth": scaling.surviving_residual,
    "AlphaDropout": _one(core.unchanged),
    "Attention": attention.attention,
    "AugMix": _one(augmentation.given_as_floats),
    "AutoContrast": _one(contrast.auto_contrast),
    "Average": merging.average,
    "AveragePooling1D": _one(partial(pooling.pooling, "AveragePool", 1)),
    "AveragePooling2D": _one(partial(pooling.pooling, "AveragePool", 2)),
    "AveragePooling3D": _one(partial(pooling.pooling, "AveragePool", 3)),
    "BatchNormalization": _one(normalization.batch_normalization),
    "Bidirectional": bidirectional.bidirectional,
    "CategoryEncoding": _one(categories.category_encoding),
    "CenterCrop": _one(resizing.center_crop),
    "Concatenate": merging.concatenate,
    "ContrastLimitedAdaptiveHistogramEqualization": _one(equalization.equalization_by_tiles),
    "Conv1D": _one(partial(convolution.convolution, 1)),
    "Conv1DTranspose": _one(partial(transposed.transposed_convolution, 1)),
    "Conv2D": _one(partial(convolution.convolution, 2)),
    "Conv2DTranspose": _one(partial(transposed.transposed_convolution, 2)),
    "Conv3D": _one(partial(convolution.convolution, 3)),
    "Conv3DTranspose": _one(partial(transposed.transposed_convolution, 3)),
    "ConvLSTM1D": _conv_lstm(1),
    "ConvLSTM2D": _conv_lstm(2),
    "ConvLSTM3D": _conv_lstm(3),
    "Cropping1D": _one(partial(reshaping.cropping, 1)),
    "Cropping2D": _one(partial(reshaping.cropping, 2)),
    "Cropping3D": _one(partial(reshaping.cropping, 3)),
    "CuDNNGRU": partial(recurrent.by_cudnn, recurrent_cells.gru_cell),
    "CuDNNLSTM": partial(recurrent.by_cudnn, recurrent_cells.lstm_cell),
    "Custom>DropPath": _one(core.unchanged),
    "Custom>FixedDropout": _one(core.unchanged),
    "Custom>LayerScale": _one(partial(scaling.layer_scale, ("gamma", "variable", "Variable"))),
    "Custom>StochasticDepth": _one(core.unchanged),
    "CustomScaleLayer": scaling.scaled_residual,
    "CutMix": _one(augmentation.given_as_floats),
    "Dense": _one(core.dense),
    "DepthwiseConv1D": _one(partial(convolution.depthwise_convolution, 1)),
    "DepthwiseConv2D": _one(partial(convolution.depthwise_convolution, 2)),
    "Discretization": _one(categories.discretization),
    "Dot": dot.dot,
    "Dropout": _one(core.unchanged),
    "ELU": _function(activation.elu),
    "EinsumDense": _one(einsum.einsum_dense),
    "Embedding": _one(embedding.embedding),
    "Equalization": _one(augmentation.left_alone),
    "FixedDropout": _one(core.unchanged),
    "Flatten": _one(reshaping.flatten),
    "GRU": partial(recurrent.recurrent, recurrent_cells.gru_cell, "gru_cell"),
    "GaussianDropout": _one(core.unchanged),
    "GaussianNoise": _one(core.unchanged),
    "GlobalAveragePooling1D": _one(masked.average_of_steps),
    "GlobalAveragePooling2D": _one(partial(pooling.global_pooling, "ReduceMean", 2)),
    "GlobalAveragePooling3D": _one(partial(pooling.global_pooling, "ReduceMean", 3)),
    "GlobalMaxPooling1D": _one(partial(pooling.global_pooling, "ReduceMax", 1)),
    "GlobalMaxPooling2D": _one(partial(pooling.global_pooling, "ReduceMax", 2)),
    "GlobalMaxPooling3D": _one(partial(pooling.global_pooling, "ReduceMax", 3)),
    "GroupNormalization": _one(partial(input_statistics.group_normalization, 32)),
    "GroupQueryAttention": heads.group_query_attention,
    "Identity": _one(core.unchanged),
    "IntegerLookup": _one(lookup.integer_lookup),
    "LSTM": partial(recurrent.recurrent, recurrent_cells.lstm_cell, "lstm_cell"),
    "LayerNormalization": _one(input_statistics.layer_normalization),
    # Keras gives its weight no name; its versions each make up another.
    "LayerScale": _one(partial(scaling.layer_scale, ("variable", "Variable", "gamma"))),
    "LeakyReLU": _function(activation.leaky_relu),
    "LocallyConnected1D": _one(partial(locally_connected.locally_connected, 1)),
    "LocallyConnected2D": _one(partial(locally_connected.locally_connected, 2)),
    "Masking": _one(hiding.masking),
    "MaxNumBoundingBoxes": _one(augmentation.left_alone),
    "MaxPooling1D": _one(partial(pooling.pooling, "MaxPool", 1)),
    "MaxPooling2D": _one(partial(pooling.pooling, "MaxPool", 2)),
    "MaxPooling3D": _one(partial(pooling.pooling, "MaxPool", 3)),
    "Maximum": partial(masked.extreme, "Max"),
    "MelSpectrogram": _one(spectrogram.mel_spectrogram),
    "Minimum": partial(masked.extreme, "Min"),
    "MixUp": _one(augmentation.left_alone),
    "MultiHeadAttention": heads.multi_head_attention,
    "Multiply": masked.product,
    "Normalization": _one(normalization.normalization),
    "PReLU": _one(activation.prelu),
    "Permute": _one(reshaping.permute),
    "Pipeline": _one(pipeline.pipeline),
    "RMSNormalization": _one(input_statistics.rms_normalization),
    "RNN": recurrent.rnn,
    "RandAugment": _one(augmentation.given_as_floats),
    "RandomBrightness": _one(augmentation.left_alone),
    "RandomColorDegeneration": _one(augmentation.left_alone),
    "RandomColorJitter": _one(augmentation.left_alone),
    "RandomContrast": _one(augmentation.left_alone),
    "RandomCrop": _one(resizing.random_crop),
    "RandomElasticTransform": _one(augmentation.given_as_floats),
    "RandomErasing": _one(augmentation.given_as_floats),
    "RandomFlip": _one(augmentation.given_as_floats),
    "RandomGaussianBlur": _one(augmentation.given_as_floats),
    "RandomGrayscale": _one(augmentation.left_alone),
    "RandomHeight": _one(core.unchanged),
    "RandomHue": _one(augmentation.left_alone),
    "RandomInvert": _one(augmentation.left_alone),
    "RandomPerspective": _one(augmentation.given_as_floats),
    "RandomPosterization": _one(augmentation.left_alone),
    "RandomRotation": _one(augmentation.given_as_floats),
    "RandomSaturation": _one(augmentation.left_alone),
    "RandomSharpness": _one(augmentation.given_as_floats),
    "RandomShear": _one(augmentation.given_as_floats),
    "RandomTranslation": _one(augmentation.given_as_floats),
    "RandomWidth": _one(core.unchanged),
    "RandomZoom": _one(augmentation.given_as_floats),
    "ReLU": _function(activation.relu),
    "RepeatVector": _one(reshaping.repeat_vector),
    "Rescaling": _one(normalization.rescaling),
    "Reshape": _one(reshaping.reshape),
    "Resizing": _one(resizing.resizing),
    "ReversibleEmbedding": _one(embedding.reversible_embedding),
    "STFTSpectrogram": _one(spectrogram.stft_spectrogram),
    "SeparableConv1D": _one(partial(convolution.separable_convolution, 1)),
    "SeparableConv2D": _one(partial(convolution.separable_convolution, 2)),
    "SimpleRNN": partial(recurrent.recurrent, recurrent_cells.simple_rnn_cell, "simple_rnn_cell"),
    "Softmax": masked.masked_softmax,
    "Solarization": _one(augmentation.given_as_floats),
    "SpatialDropout1D": _one(core.unchanged),
    "SpatialDropout2D": _one(core.unchanged),
    "SpatialDropout3D": _one(core.unchanged),
    "SpectralNormalization": partial(spectral.spectral_normalization, "vector_u"),
    "StochasticDepth": _one(core.unchanged),
    "StringLookup": _one(lookup.string_lookup),
    "Subtract": merging.subtract,
    "ThresholdedReLU": _function(activation.thresholded_relu),
    "TimeDistributed": time_distributed.time_distributed,
    "UnitNormalization": _one(input_statistics.unit_normalization),
    "UpSampling1D": _one(partial(resizing.upsampling, 1)),
    "UpSampling2D": _one(partial(resizing.upsampling, 2)),
    "UpSampling3D": _one(partial(resizing.upsampling, 3)),
    "ZeroPadding1D": _one(partial(reshaping.zero_padding, 1)),
    "ZeroPadding2D": _one(partial(reshaping.zero_padding, 2)),
    "ZeroPadding3D": _one(partial(reshaping.zero_padding, 3)),
}

KERAS_LAYERS |= {alias: KERAS_LAYERS[name] for alias, name in ALIASES.items()}

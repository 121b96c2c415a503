"""Attention and embeddings in files of Keras 2, and in files that ask for what cannot be."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from explorer3d.errors import ModelError
from explorer3d.formats import read_model
from tests.formats.keras_files import Weights, layer, sequential, write_h5
from tests.formats.keras_referee import TOLERANCE, difference, our_outputs

QUERY = layer("InputLayer", "query", batch_input_shape=[None, 4, 3], dtype="float32") | {"inbound_nodes": []}
VALUE = layer("InputLayer", "value", batch_input_shape=[None, 5, 2], dtype="float32") | {"inbound_nodes": []}
MASK = layer("InputLayer", "mask", batch_input_shape=[None, 4, 5], dtype="bool") | {"inbound_nodes": []}


def called(*layers: dict[str, Any]) -> dict[str, Any]:
    """A functional model of Keras 2; the last layer's result is its own."""
    sources = [one["name"] for one in (QUERY, VALUE, MASK)]
    return {
        "class_name": "Functional",
        "config": {
            "name": "model",
            "layers": [QUERY, VALUE, MASK, *layers],
            "input_layers": [[name, 0, 0] for name in sources],
            "output_layers": [[layers[-1]["name"], 0, 0]],
        },
    }


def attending(node: Any, class_name: str = "MultiHeadAttention", **config: Any) -> dict[str, Any]:
    return called(layer(class_name, "att", **config) | {"inbound_nodes": [node]})


def heads(
    seed: int = 0, count: int = 2, key: int = 3, value: int = 4, channels: int = 2
) -> dict[str, np.ndarray]:
    """Of queries with 3 channels."""
    noise = np.random.default_rng(seed)
    shapes = {
        "query/kernel": (3, count, key),
        "query/bias": (count, key),
        "key/kernel": (channels, count, key),
        "key/bias": (count, key),
        "value/kernel": (channels, count, value),
        "value/bias": (count, value),
        "attention_output/kernel": (count, value, 3),
        "attention_output/bias": (3,),
    }
    return {name: noise.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def softmax(x: np.ndarray) -> np.ndarray:
    raised = np.exp(x - x.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def feeds(seed: int = 1) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(seed)
    return {
        "query": noise.normal(size=(2, 4, 3)).astype(np.float32),
        "value": noise.normal(size=(2, 5, 2)).astype(np.float32),
        "mask": noise.integers(0, 2, (2, 4, 5)).astype(bool),
    }


def test_several_heads_as_keras_2_saves_them(tmp_path: Path) -> None:
    weights = heads()
    node = [["query", 0, 0, {"value": ["value", 0, 0], "attention_mask": ["mask", 0, 0]}]]
    config = attending(
        node,
        num_heads=2,
        key_dim=3,
        value_dim=4,
        use_bias=True,
        output_shape=None,
        attention_axes=[1],
        query_shape=[None, 4, 3],
        key_shape=[None, 5, 2],
        value_shape=[None, 5, 2],
    )
    opened = read_model(write_h5(tmp_path / "m.h5", config, {"att": weights}, "2.11.0"))
    given_ = feeds()
    given_["mask"][..., 0] = True

    def projected(name: str, x: np.ndarray) -> np.ndarray:
        return np.einsum("ntc,chd->nhtd", x, weights[f"{name}/kernel"]) + weights[f"{name}/bias"][:, None]

    query = projected("query", given_["query"]) / np.sqrt(3)
    scores = np.einsum("nhtd,nhsd->nhts", query, projected("key", given_["value"]))
    scores = np.where(given_["mask"][:, None], scores, -np.inf)
    y = np.einsum("nhts,nhsd->nhtd", softmax(scores), projected("value", given_["value"]))
    y = np.einsum("nhtd,hdc->ntc", y, weights["attention_output/kernel"]) + weights["attention_output/bias"]
    assert difference(our_outputs(opened, given_)["att"], y) <= TOLERANCE
    assert [weight.name for weight in opened.layers[0].weights] == list(weights)
    assert opened.layers[0].parameters == sum(array.size for array in weights.values())


def test_attention_of_keras_2_that_looks_back_only(tmp_path: Path) -> None:
    """The first releases had it among the settings."""
    square = layer("Dense", "square", units=3, use_bias=False, activation="linear")
    square["inbound_nodes"] = [[["value", 0, 0, {}]]]
    att = layer("Attention", "att", use_scale=True, causal=True, dropout=0.0)
    att["inbound_nodes"] = [[["query", 0, 0, {}], ["square", 0, 0, {}]]]
    kernel = np.random.default_rng(2).normal(size=(2, 3)).astype(np.float32)
    weights: Weights = {"square": {"kernel": kernel}, "att": {"scale": np.float32(0.7)[()]}}
    opened = read_model(write_h5(tmp_path / "m.h5", called(square, att), weights, "2.4.0"))
    given_ = feeds()
    value = given_["value"] @ kernel
    scores = 0.7 * given_["query"] @ value.transpose(0, 2, 1)
    scores = np.where(np.tril(np.ones((4, 5), bool)), scores, -np.inf)
    assert difference(our_outputs(opened, given_)["att"], softmax(scores) @ value) <= TOLERANCE


def test_an_embedding_as_keras_1_and_2_save_it(tmp_path: Path) -> None:
    table = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    model = sequential(
        layer(
            "Embedding",
            "words",
            batch_input_shape=[None, 4],
            dtype="float32",
            input_dim=7,
            output_dim=3,
            mask_zero=False,
            input_length=4,
            weights=None,
        )
    )
    opened = read_model(write_h5(tmp_path / "m.h5", model, {"words": {"embeddings": table}}))
    (port,) = opened.inputs
    assert port.shape == (None, 4)
    places = np.array([[1.0, 2.9, 0.0, 6.0]], dtype=np.float32)
    found = our_outputs(opened, {port.value: places})["words"]
    np.testing.assert_array_equal(found, table[[[1, 2, 0, 6]]])


VALUES_KWARGS = {"value": ["value", 0, 0]}
PLAIN = {"num_heads": 2, "key_dim": 3, "value_dim": 4}


@pytest.mark.parametrize(
    ("config", "keywords", "said"),
    [
        ({"num_heads": "two"}, {}, "num_heads is not a whole number"),
        ({"num_heads": 0}, {}, "num_heads is 0, but must be positive"),
        ({"num_heads": 2**31 - 1, "key_dim": 2**31 - 1}, {}, "has the shape"),
        ({"num_heads": 2**40}, {}, "num_heads is not a whole number"),
        ({"key_dim": 2}, {}, "its weight kernel has the shape"),
        ({"value_dim": -1}, {}, "value_dim is -1"),
        ({"attention_axes": [0]}, {}, "attention_axes [0] are not axes of places"),
        ({"attention_axes": [1, 1]}, {}, "are not axes of places"),
        ({"attention_axes": 9}, {}, "are not axes of places"),
        ({"attention_axes": {}}, {}, "attention_axes is not a whole number"),
        ({"output_shape": "wide"}, {}, "output_shape is not a whole number"),
        ({"output_shape": [0]}, {}, "output_shape is not made of"),
        ({"output_shape": 2**31 - 1}, {}, "its weight kernel has the shape"),
        ({"use_bias": "no"}, {}, "use_bias is not yes or no"),
        ({"use_gate": 1}, {}, "use_gate is not yes or no"),
        ({"sliding_window": 0}, {}, "sliding_window is 0"),
        ({"dropout": "much"}, {"attention_mask": ["mask", 0, 0]}, "dropout is not a number"),
        ({}, {"use_causal_mask": "yes"}, "use_causal_mask is not yes or no"),
        ({}, {"return_attention_scores": [1]}, "return_attention_scores is not yes or no"),
        ({}, {"attention_mask": 3}, "attention_mask is no tensor"),
        ({}, {"attention_mask": ["value", 0, 0]}, "does not fit its scores"),
        ({}, {"value_mask": "all"}, "value_mask is no tensor"),
        ({}, {"key": ["query", 0, 0]}, "its inputs do not fit"),
        ({}, {"value": 1}, "not called with a query and a value"),
    ],
)
def test_several_heads_that_cannot_be(
    config: dict[str, Any], keywords: dict[str, Any], said: str, tmp_path: Path
) -> None:
    node = [["query", 0, 0, VALUES_KWARGS | keywords]]
    path = write_h5(tmp_path / "m.h5", attending(node, **(PLAIN | config)), {"att": heads()}, "2.11.0")
    tracemalloc.start()
    opened = read_model(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6
    assert said in str(opened.layers[0].reason)


BOTH = [["query", 0, 0, {}], ["value", 0, 0, {}]]


@pytest.mark.parametrize(
    ("class_name", "config", "node", "said"),
    [
        ("Attention", {}, BOTH[:1], "it has 1 inputs"),
        ("Attention", {}, [*BOTH, *BOTH], "it has 4 inputs"),
        ("Attention", {}, BOTH, "its inputs do not fit"),
        ("Attention", {"score_mode": "sum"}, BOTH, "score_mode 'sum' is not known"),
        ("Attention", {"use_scale": 2}, BOTH, "use_scale is not yes or no"),
        ("Attention", {"use_scale": True}, BOTH, "its weight scale is not in the file"),
        ("AdditiveAttention", {}, BOTH, "its weight scale is not in the file"),
        ("AdditiveAttention", {"use_scale": False}, BOTH, "its inputs do not fit"),
        ("Attention", {}, [["query", 0, 0, {"mask": 3}], *BOTH[1:]], "its mask is no list"),
        ("Attention", {}, [["query", 0, 0, {"mask": [4, 5]}], *BOTH[1:]], "its mask is no tensor"),
        (
            "Attention",
            {},
            [["query", 0, 0, {"mask": [["query", 0, 0], None]}], *BOTH[1:]],
            "does not fit its input of shape",
        ),
        (
            "GroupQueryAttention",
            {"head_dim": 2, "num_query_heads": 3, "num_key_value_heads": 2},
            [["query", 0, 0, VALUES_KWARGS]],
            "its 3 heads cannot share 2 keys",
        ),
        ("GroupQueryAttention", {"head_dim": 2}, [["query", 0, 0, VALUES_KWARGS]], "num_query_heads is not"),
        ("Embedding", {"input_dim": 2**31, "output_dim": 3}, BOTH[:1], "input_dim is not a whole number"),
        ("Embedding", {"input_dim": 2**31 - 1, "output_dim": 3}, BOTH[:1], "embeddings is not in the file"),
        ("Embedding", {"input_dim": 7}, BOTH[:1], "output_dim is not a whole number"),
        ("Embedding", {"input_dim": 7, "output_dim": 3}, BOTH, "it has 2 inputs"),
        ("ReversibleEmbedding", {"input_dim": 7, "output_dim": 3, "tie_weights": 0}, BOTH[:1], "tie_weights"),
        ("Softmax", {"axis": "all"}, BOTH[:1], "axis is not a whole number"),
        ("Softmax", {}, BOTH, "does not fit its input of shape"),
        ("Softmax", {}, [["query", 0, 0, {"mask": "all"}]], "its mask is no tensor"),
        ("LayerScale", {"projection_dim": 4}, BOTH[:1], "its input has 3 channels, but 4 are needed"),
        ("LayerScale", {"projection_dim": 3}, BOTH[:1], "is not in the file"),
        ("CustomScaleLayer", {"scale": "half"}, BOTH, "scale is not a number"),
        ("CustomScaleLayer", {}, BOTH[:1], "it has 1 inputs, but 2 are needed"),
        ("Multiply", {}, BOTH, "its inputs do not fit"),
        ("Maximum", {}, BOTH, "its inputs do not fit"),
    ],
)
def test_what_cannot_be(
    class_name: str, config: dict[str, Any], node: Any, said: str, tmp_path: Path
) -> None:
    opened = read_model(write_h5(tmp_path / "m.h5", attending(node, class_name, **config), {}, "3.5.0"))
    assert said in str(opened.layers[0].reason)


def test_an_embedding_whose_table_is_smaller_than_it_says(tmp_path: Path) -> None:
    config = attending(BOTH[:1], "Embedding", input_dim=2**31 - 1, output_dim=3)
    table = np.zeros((7, 3), np.float32)
    tracemalloc.start()
    opened = read_model(write_h5(tmp_path / "m.h5", config, {"att": {"embeddings": table}}))
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()
    assert "(7, 3) in the file, but (2147483647, 3) is needed" in str(opened.layers[0].reason)


ANY = st.sampled_from(
    [None, True, False, 0, 1, 2, -1, 2**31, 0.5, "x", [], [1], [1, 2], {}, ["query", 0, 0], ["mask", 0, 0]]
)
SETTINGS = (
    "num_heads key_dim value_dim output_shape attention_axes sliding_window use_gate use_bias head_dim "
    "num_query_heads num_key_value_heads use_scale score_mode causal dropout axis input_dim output_dim "
    "mask_zero"
)
ARGUMENTS = (
    "value key mask query_mask value_mask key_mask attention_mask use_causal_mask return_attention_scores "
    "reverse"
)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(
        [
            "AdditiveAttention",
            "Attention",
            "Embedding",
            "GlobalAveragePooling1D",
            "GroupQueryAttention",
            "MultiHeadAttention",
            "ReversibleEmbedding",
            "Softmax",
        ]
    ),
    config=st.dictionaries(st.sampled_from(SETTINGS.split()), ANY, max_size=5),
    keywords=st.dictionaries(st.sampled_from(ARGUMENTS.split()), ANY, max_size=4),
    count=st.integers(1, 2),
)
def test_any_call_opens_or_is_refused(
    name: str,
    config: dict[str, Any],
    keywords: dict[str, Any],
    count: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    node = [["query", 0, 0, {"value": ["query", 0, 0]} | keywords], ["query", 0, 0, {}]][:count]
    known = {"num_heads": 2, "key_dim": 3, "value_dim": 4, "output_dim": 3, "input_dim": 7}
    known |= {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 2}
    # As some of the settings need them; with other settings they are refused later.
    sizes = {"GroupQueryAttention": 3}
    tables = {"embeddings": np.ones((7, 3), np.float32)}
    weights = tables if "Embedding" in name else heads(value=sizes.get(name, 4), channels=3)
    weights = {} if name in ("Attention", "AdditiveAttention", "Softmax") else weights
    path = tmp_path_factory.getbasetemp() / "attention.h5"
    try:
        model = read_model(
            write_h5(path, attending(node, name, **(known | config)), {"att": weights}, "3.5.0")
        )
    except ModelError as error:
        assert str(error)
    else:
        assert all(one.runnable or one.name in str(one.reason) for one in model.layers)

"""Usual ways to turn the bytes of a picture into numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """The part of a `Preprocessing` that its author's framework decides.

    Attributes
    ----------
    tip : str
        Who uses it.
    scale, mean, std, bgr
        As in `Preprocessing`.
    """

    tip: str
    scale: float
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    bgr: bool = False

    @property
    def channels(self) -> int | None:
        """The only number of colour channels it is for; None if it is for all."""
        found = max(len(values or ()) for values in (self.mean, self.std))
        return found if found > 1 else None


PRESETS: dict[str, Preset] = {
    "0 … 1": Preset("Most networks", 1 / 255),
    "−1 … 1": Preset("MobileNet, Xception, Inception, many emotion networks", 1 / 255, (0.5,), (0.5,)),
    "0 … 255": Preset("Networks that scale their input themselves", 1.0),
    # https://pytorch.org/vision/stable/models.html
    "ImageNet mean and std": Preset(
        "torchvision, timm", 1 / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    ),
    # keras.applications.imagenet_utils.preprocess_input, mode "caffe"
    "ImageNet mean, BGR": Preset(
        "Caffe; VGG and ResNet of Keras", 1.0, (123.68, 116.779, 103.939), None, True
    ),
}
"""By the name a person reads."""

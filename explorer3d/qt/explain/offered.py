"""Which methods are offered, under which keys. Nobody waits for the methods themselves at the start."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Offer:
    """A method as it stands in the menu.

    Attributes
    ----------
    title : str
        As of the method.
    key : str
    live : bool
        So fast that it follows whatever runs through the network.
    layer : bool
        Whether it looks at a layer.
    """

    title: str
    key: str
    live: bool = False
    layer: bool = False


GROUPS: dict[str, dict[str, Offer]] = {
    "Where in the picture": {
        "grad_cam": Offer("Grad-CAM", "G", live=True, layer=True),
        "grad_cam_pp": Offer("Grad-CAM++", "Shift+G", live=True, layer=True),
        "layer_cam": Offer("Layer-CAM", "Ctrl+G", live=True, layer=True),
        "score_cam": Offer("Score-CAM", "Ctrl+Shift+G", layer=True),
        "saliency": Offer("Saliency", "Y", live=True),
        "gradient_x_input": Offer("Gradient × input", "Shift+Y", live=True),
        "smoothgrad": Offer("SmoothGrad", "Ctrl+Shift+Y"),
        "integrated_gradients": Offer("Integrated gradients", "Ctrl+Shift+N"),
        "guided_backprop": Offer("Guided backpropagation", "B", live=True),
        "guided_grad_cam": Offer("Guided Grad-CAM", "Shift+B", live=True, layer=True),
    },
    "In this layer": {
        "ranked_activations": Offer("Ranked activations", "Ctrl+Shift+R", live=True, layer=True),
        "deconvnet": Offer("Deconvnet", "Ctrl+Shift+D", live=True, layer=True),
    },
    "What it likes": {
        "activation_maximisation": Offer("Activation maximisation", "Ctrl+Shift+A"),
        "layer_maximisation": Offer("Filters of the layer", "Ctrl+Shift+L", layer=True),
    },
    "What if": {
        "occlusion": Offer("Occlusion", "Ctrl+Shift+O"),
        "invariance": Offer("Invariance", "Ctrl+Shift+V"),
        "channel_surgery": Offer("Channel surgery", "Ctrl+Shift+M", layer=True),
    },
}
"""By what is asked, then by name as in `attribution.METHODS`."""

OFFERS: dict[str, Offer] = {name: offer for group in GROUPS.values() for name, offer in group.items()}

"""The method that shows what features of a layer look for: their top inputs, one explanation of all."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace

import numpy as np

from explorer3d.attribution.many import ManyCase, ManyMethod
from explorer3d.attribution.ranking import Ranking, rank_inputs
from explorer3d.attribution.result import Attribution, settings_text
from explorer3d.attribution.settings import between
from explorer3d.attribution.target import Target
from explorer3d.attribution.top_inputs import TopInput, project_inputs, sample
from explorer3d.errors import RequestError
from explorer3d.graph.summary import counted


@dataclass(frozen=True)
class TopInputs:
    """Which features, and how many inputs of each.

    Attributes
    ----------
    channel : str
        One of the layer, or several such as 3,7; empty: those with the strongest activations.
    features : int
        How many, where no channel is chosen.
    most : int
        So many inputs of each feature.
    """

    channel: str = ""
    features: int = 1
    most: int = 9

    def __post_init__(self) -> None:
        between("features", self.features, 1, 36)
        between("most", self.most, 1, 25)
        if not re.fullmatch(r"\s*(\d{1,9}(\s*,\s*\d{1,9})*)?\s*", self.channel):
            raise RequestError(
                f"The setting 'channel' is a number or several, such as 3,7, not '{self.channel}'."
            )

    def chosen(self, ranking: Ranking) -> list[int]:
        """Numbers of the channels."""
        given = [int(part) for part in self.channel.split(",") if part.strip()]
        return list(dict.fromkeys(given)) or ranking.strongest(self.features)


def _explain(case: ManyCase, settings: TopInputs) -> Attribution:
    inputs, model = case.inputs, case.runner.model

    def feeds(number: int) -> dict[str, np.ndarray]:
        return dict(inputs.feeds(model, number).arrays)

    def ranked(share: float, message: str) -> None:
        case.progress(0.7 * share, message)

    ranking = case.ranking
    if ranking is None:
        ranking = rank_inputs(case.runner, len(inputs), feeds, case.layer or None, settings.most, ranked)
    channels = settings.chosen(ranking)
    found: list[list[TopInput]] = []
    for place, channel in enumerate(channels):

        def projected(share: float, message: str, place: int = place) -> None:
            case.progress(0.7 + 0.3 * (place + share) / len(channels), message)

        found.append(list(project_inputs(case.runner, feeds, ranking, channel, projected)))
    if not any(found):
        which = f"Channel {settings.channel} of" if settings.channel else "No channel of"
        verb = "is active with none" if settings.channel else "is active with any"
        raise RequestError(f"{which} '{ranking.layer}' {verb} of these inputs. Choose other ones.")
    return _described(case, replace(settings, channel=",".join(map(str, channels))), ranking, channels, found)


def _described(
    case: ManyCase, settings: TopInputs, ranking: Ranking, channels: list[int], found: list[list[TopInput]]
) -> Attribution:
    first = next(one for row in found for one in row)
    axes = first.axes.replace("N", "")
    every = [one for row in found for one in row]
    sizes = np.max([sample(one)[0].shape for one in every], axis=0).tolist()
    shape = len(found), settings.most
    array = np.zeros((*shape, *sizes), first.projection.dtype)
    numbers, peaks = np.full(shape, -1), np.zeros(shape)
    places = np.full((*shape, len(first.place)), -1)
    windows = np.zeros((*shape, len(axes), 2), np.int64)
    for row, features in enumerate(found):
        for rank, one in enumerate(features[: settings.most]):
            projection, window = sample(one)
            array[row, rank][tuple(map(slice, projection.shape))] = projection
            numbers[row, rank], peaks[row, rank], places[row, rank] = one.number, one.peak, one.place
            windows[row, rank] = [(part.start, part.stop) for part in window]
    title = f"channel{'' if len(channels) == 1 else 's'} {settings.channel} of {ranking.layer}"
    skipped = f"{counted(len(ranking.skipped), 'input')} skipped" if ranking.skipped else ""
    why = next(iter(ranking.skipped.values()), "").rstrip(".")
    said = [
        f"{METHOD.title}: {title}",
        str(case.inputs) if ranking.complete else f"the first {ranking.read:,} of {case.inputs}",
        skipped,
        settings_text(replace(settings, channel="", features=len(channels))),
        f"strongest {first.peak:.4g}",
    ]
    return Attribution(
        method=METHOD.name,
        array=array,
        axes="FK" + axes,
        layer=ranking.layer,
        input=first.input,
        target=Target(ranking.value, np.zeros(0), tuple(channels), title, float(peaks.max())),
        settings=asdict(settings),
        seed=0,
        title=" · ".join(filter(None, said)),
        further={
            "files": np.asarray(case.inputs.names),
            "channels": np.asarray(channels),
            "numbers": numbers,
            "activations": peaks,
            "places": places,
            "windows": windows,
            "every_channel_numbers": ranking.numbers,
            "every_channel_activations": ranking.peaks,
        },
        note=f"{skipped}: {why}" if skipped else "",
    )


METHOD = ManyMethod(
    "top_inputs",
    "Top inputs",
    "The inputs of a folder that excite a feature most, cropped to what it sees, beside its projections.",
    _explain,
    TopInputs,
)

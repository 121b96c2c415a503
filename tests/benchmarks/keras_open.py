"""How long eight Keras files take to open, how much memory, and how fast their graphs run.

Beside them stand plain onnxruntime and what tf2onnx makes of the same files.

    python tests/benchmarks/keras_open.py FOLDER [--tf2onnx PYTHON] [--runs 5] [MODEL ...]
    python tests/benchmarks/keras_open.py FOLDER --table

Opening: from the file to a session that is ready. Floor: reading the bytes of the same graph as ``.onnx`` and
creating a plain session of onnxruntime with them. Libraries are loaded before the clock starts on both sides,
each in a process of its own. Running: our plain session and one of tf2onnx's model by turns in one process,
result only.

PYTHON is that of an environment with TensorFlow and tf2onnx; without it, that side is left out unless the
folder holds it. Writes ``FOLDER/<model>.json``; files are made in the folder once and kept. Needs the extra
`keras`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from processes import clock, medians, peak_mb, start

HERE = Path(__file__).resolve().parent
MODELS = (
    "AlexNet",
    "VGG16",
    "ResNet50",
    "MobileNetV2",
    "EfficientNetB0",
    "DenseNet121",
    "InceptionV3",
    "ConvNeXtTiny",
)
SLOWEST_CONVERSION = 1800
TURNS = 40


def plain(file: Path) -> dict[str, Any]:
    """Read the bytes of an ``.onnx`` file, create a session with them."""
    import onnxruntime

    before = clock()
    session = onnxruntime.InferenceSession(file.read_bytes(), providers=["CPUExecutionProvider"])
    answer = {"open_s": clock() - before, "peak_mb": peak_mb()}
    assert session.get_outputs()
    return answer


def opened(file: Path) -> dict[str, Any]:
    """Open a Keras file as the program does, create its plain session."""
    import explorer3d.compute.runner
    import explorer3d.formats.keras.reader  # noqa: F401
    from explorer3d.compute.sessions import SharedWeights, create_session
    from explorer3d.formats import read_model
    from explorer3d.graph.skeleton import skeleton

    idle = peak_mb()
    before = clock()
    model = read_model(file)
    read = clock()
    weights = SharedWeights()
    session = create_session(skeleton(model.ir, model.ir.graph.outputs), weights, optimised=True)
    answer = {
        "read_s": read - before,
        "open_s": clock() - before,
        "idle_mb": idle,
        "peak_mb": peak_mb(),
    }
    picture = np.load(file.parent / "input.npy")
    session.run(None, {model.inputs[0].value: picture})
    return {**answer, "peak_after_run_mb": peak_mb()}


def to_onnx(file: Path, out: Path) -> None:
    """Write the graph we make of a Keras file."""
    import onnx_ir
    from onnx_ir.passes.common import RemoveUnusedNodesPass

    from explorer3d.formats import read_model

    # What shows a layer's result in Keras' order of axes, and what no result depends on.
    onnx_ir.save(RemoveUnusedNodesPass()(read_model(file).ir).model, out)


def run(file: Path, other: Path | None = None) -> dict[str, Any]:
    """Run both by turns: the one that goes first changes each time. Where there is no other, run ours."""
    import onnxruntime

    from explorer3d.compute.sessions import SharedWeights, create_session
    from explorer3d.formats import read_model
    from explorer3d.graph.skeleton import skeleton

    model = read_model(file)
    weights = SharedWeights()
    cut = skeleton(model.ir, model.ir.graph.outputs)
    sessions = {"ours": create_session(cut, weights, optimised=True)}
    if other is not None:
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        providers = ["CPUExecutionProvider"]
        sessions["tf2onnx"] = onnxruntime.InferenceSession(str(other), options, providers=providers)
    picture = np.load(file.parent / "input.npy")
    feeds = {
        name: {
            port.name: _constant(model, port) if at else picture
            for at, port in enumerate(session.get_inputs())
        }
        for name, session in sessions.items()
    }
    results = {name: session.run(None, feeds[name])[0] for name, session in sessions.items()}
    times: dict[str, list[float]] = {name: [] for name in sessions}
    for turn in range(TURNS):
        for name in sorted(sessions, reverse=bool(turn % 2)):
            before = time.perf_counter()
            sessions[name].run(None, feeds[name])
            times[name].append(time.perf_counter() - before)
    answer = {f"{name}_ms": statistics.median(taken) * 1e3 for name, taken in times.items()}
    if other is not None:
        pairs = zip(times["ours"], times["tf2onnx"], strict=True)
        answer["ratio"] = statistics.median(one / another for one, another in pairs)
        theirs = results["tf2onnx"]
        answer["error"] = float(np.abs(results["ours"] - theirs).max() / np.abs(theirs).max())
    return answer


def _constant(model: Any, port: Any) -> np.ndarray:
    """What tf2onnx makes an input of although it is known: the moments of a Normalization layer."""
    (layer,) = (layer for layer in model.layers if layer.op == "Normalization")
    weight = {"Sub": "mean", "Sqrt": "variance"}[port.name.split("/")[-2]]
    return next(own.numpy().reshape(port.shape) for own in layer.weights if own.name == weight)


def convert(python: str, file: Path, out: Path, limit_mb: int) -> dict[str, Any]:
    """Let tf2onnx convert a file; killed when it takes more memory or time than allowed."""
    before = clock()
    with tempfile.TemporaryFile("w+") as answer:
        command = [python, str(HERE / "keras_to_onnx.py"), str(file), str(out)]
        process = subprocess.Popen(command, stdout=answer, stderr=subprocess.DEVNULL)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _memory_mb(process.pid))
            reason = f"over {limit_mb / 1000:g} GB" if peak > limit_mb else ""
            if clock() - before > SLOWEST_CONVERSION:
                reason = f"over {SLOWEST_CONVERSION} s"
            if reason:
                process.kill()
                process.wait()
                return {"killed": reason, "seconds": round(clock() - before, 1), "peak_mb": peak}
            time.sleep(0.1)
        answer.seek(0)
        if process.returncode:
            return {"failed": process.returncode, "seconds": round(clock() - before, 1), "peak_mb": peak}
        return dict(json.load(answer))


def _memory_mb(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    sizes = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return round(sizes[0] * 1024 / 1e6) if sizes else 0


def measure(name: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    file, archive = place / "model.h5", place / "model.keras"
    emitted, converted = place / "ours.onnx", place / "tf2onnx.onnx"
    conversion = place / "tf2onnx.json"
    if not file.exists():
        start([str(HERE / "keras_truth.py"), name, str(place)])
        for result in place.glob("[0-9]*.npy"):
            result.unlink()
    if options.tf2onnx and not conversion.exists():
        found = convert(options.tf2onnx, file, converted, options.limit_mb)
        if "failed" in found:
            # Keras does not open every .h5 that it writes.
            found = {**convert(options.tf2onnx, archive, converted, options.limit_mb), "of": archive.name}
        conversion.write_text(json.dumps(found))
    start([__file__, "--to-onnx", str(file), str(emitted)])
    programs = {
        "floor": [__file__, "--plain", str(emitted)],
        "opened": [__file__, "--opened", str(file)],
    }
    answer: dict[str, Any] = {"model": name, "file_mb": round(file.stat().st_size / 1e6, 1)}
    answer |= medians(programs, options.runs)
    if conversion.exists():
        answer["tf2onnx"] = json.loads(conversion.read_text())
    there_is = answer.get("tf2onnx", {"failed": 1}).keys().isdisjoint(("killed", "failed", "refused"))
    answer |= medians({"run": [__file__, "--run", str(file), *([str(converted)] if there_is else [])]}, 1)
    emitted.unlink()
    return answer


def table(folder: Path) -> str:
    lines = [
        "| network | file MB | floor s | open s | × floor | peak MB | of allowed | run ms "
        "| × tf2onnx's | Keras + tf2onnx s | peak MB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|",
    ]
    for name in MODELS:
        result = json.loads((folder / f"{name}.json").read_text())
        floor, ours = result["floor"], result["opened"]
        run, other = result["run"], result.get("tf2onnx")
        cells = [
            name,
            f"{result['file_mb']:.0f}",
            f"{floor['open_s']:.2f}",
            f"{ours['open_s']:.2f}",
            f"{ours['open_s'] / floor['open_s']:.2f}",
            f"{ours['peak_mb']:.0f}",
            f"{ours['peak_mb'] / (2 * result['file_mb'] + 300):.2f}",
            f"{run['ours_ms']:.1f}",
            f"{run['ratio']:.2f}" if "ratio" in run else "there is none",
            *(_conversion(other) if other else ("", "")),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _conversion(found: dict[str, Any]) -> tuple[str, str]:
    if "killed" in found:
        return f"killed after {found['seconds']:.0f}: {found['killed']}", f"{found['peak_mb']}"
    if "failed" in found:
        return f"failed after {found['seconds']:.0f}", f"{found['peak_mb']}"
    seconds = f"{found['seconds']:.0f}"
    if "of" in found:
        seconds += f", from {found['of']}"
    if "refused" in found:
        seconds += "; onnxruntime refuses the result"
    return seconds, f"{found['peak_mb']}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--tf2onnx", metavar="PYTHON")
    parser.add_argument("--limit-mb", type=int, default=16000, help="memory that tf2onnx may take")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_intermixed_args()
    if options.table:
        print(table(options.folder))
        return
    for name in options.models:
        answer = measure(name, options.folder, options)
        (options.folder / f"{name}.json").write_text(json.dumps(answer, indent=1))
        print(json.dumps(answer), file=sys.stderr)


if __name__ == "__main__":
    kind, *paths = sys.argv[1:] or [""]
    if kind == "--to-onnx":
        to_onnx(Path(paths[0]), Path(paths[1]))
    elif kind == "--plain":
        json.dump(plain(Path(paths[0])), sys.stdout)
    elif kind == "--opened":
        json.dump(opened(Path(paths[0])), sys.stdout)
    elif kind == "--run":
        json.dump(run(*map(Path, paths)), sys.stdout)
    else:
        main()

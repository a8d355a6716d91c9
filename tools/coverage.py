#!/usr/bin/env python3
"""What of Keras is known here, asked of both: Keras makes one object of each public class, and `round_config` reads its config and writes it again.

    python tools/coverage.py                # prints the table
    python tools/coverage.py -o docs/coverage.md

Needs Keras (tests/interop/requirements.txt) and the programs built (NAMESAKE_BIN, default build/release/bin).
"""

import argparse
import inspect
import json
import os
import pathlib
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("NAMESAKE_BIN", ROOT / "build" / "release" / "bin"))

# Arguments of classes that need some.
ARGUMENTS = {
    "Activation": ("relu",), "AlphaDropout": (0.2,), "CategoryEncoding": (4,), "CenterCrop": (2, 2), "Dense": (3,), "Discretization": ([0.0, 1.0],), "Dot": (1,),
    "Dropout": (0.2,), "EinsumDense": ("ab,bc->ac", (3,)), "Embedding": (5, 3), "GRU": (3,), "GRUCell": (3,), "GaussianDropout": (0.2,), "GaussianNoise": (0.2,),
    "GroupQueryAttention": (4, 2, 2), "HashedCrossing": (4,), "Hashing": (4,), "InputLayer": ((4,),), "LSTM": (3,), "LSTMCell": (3,),
    "MultiHeadAttention": (2, 3), "Permute": ((2, 1),), "RandomBrightness": (0.2,), "RandomContrast": (0.2,), "RandomCrop": (2, 2), "RandomRotation": (0.2,),
    "RandomTranslation": (0.2, 0.2), "RandomZoom": (0.2,), "RepeatVector": (3,), "Rescaling": (0.5,), "Reshape": ((2, 2),), "Resizing": (2, 2), "SimpleRNN": (3,),
    "SimpleRNNCell": (3,), "SpatialDropout1D": (0.2,), "SpatialDropout2D": (0.2,), "SpatialDropout3D": (0.2,), "ReversibleEmbedding": (5, 3),
    "RandomColorDegeneration": (0.2,), "RandomHue": (0.2,), "RandomPosterization": (4,), "RandomSaturation": (0.2,), "RandomSharpness": (0.2,),
    "PrecisionAtRecall": (0.5,), "RecallAtPrecision": (0.5,), "SensitivityAtSpecificity": (0.5,), "SpecificityAtSensitivity": (0.5,),
    "IoU": (2, [0]), "MeanIoU": (2,), "OneHotIoU": (2, [0]), "OneHotMeanIoU": (2,),
    "CosineDecay": (0.1, 10), "CosineDecayRestarts": (0.1, 10), "ExponentialDecay": (0.1, 10, 0.9), "InverseTimeDecay": (0.1, 10, 0.9),
    "PiecewiseConstantDecay": ([10], [0.1, 0.01]), "PolynomialDecay": (0.1, 10),
}
# Not classes of one's everyday: abstract, or wrappers of other frameworks; a MeanMetricWrapper is one of the metrics beside it.
LEFT_OUT = {"FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper", "Wrapper", "RNN", "StackedRNNCells", "Pipeline", "Lambda", "MeanMetricWrapper", "MaxNumBoundingBoxes",
            "STFT", "STFTSpectrogram"}  # the last two need another package


def arguments_of(name):
    import keras

    if name in ARGUMENTS:
        return ARGUMENTS[name]
    if "Conv" in name and "LSTM" not in name:
        return (3,) if name.startswith("Depthwise") else (2, 3)
    if name.startswith("ConvLSTM"):
        return (2, 3)
    if name.startswith("Adaptive"):
        return (2,)
    if "Pool" in name and not name.startswith("Global"):
        return (2,)
    if name in ("Bidirectional", "TimeDistributed", "SpectralNormalization"):
        return (keras.layers.LSTM(2) if name == "Bidirectional" else keras.layers.Dense(2),)
    if name == "LossScaleOptimizer":
        return (keras.optimizers.SGD(),)
    if name == "MultiOptimizer":
        return ([],)
    return ()


def kinds():
    """(kind, module of Keras's, base class) of what is asked."""
    import keras

    return [("layers", keras.layers, keras.layers.Layer), ("losses", keras.losses, keras.losses.Loss), ("metrics", keras.metrics, keras.metrics.Metric),
            ("optimizers", keras.optimizers, keras.optimizers.Optimizer),
            ("schedules", keras.optimizers.schedules, keras.optimizers.schedules.LearningRateSchedule),
            ("initializers", keras.initializers, keras.initializers.Initializer),
            ("regularizers", keras.regularizers, keras.regularizers.Regularizer),
            ("constraints", keras.constraints, keras.constraints.Constraint)]


def public_classes(module, base):
    """Each class once, under its own name: aliases left out."""
    found = {}
    for name in dir(module):
        thing = getattr(module, name)
        if inspect.isclass(thing) and issubclass(thing, base) and thing is not base and thing.__name__ not in LEFT_OUT:
            found.setdefault(thing, set()).add(name)
    return sorted((thing.__name__ if thing.__name__ in names else sorted(names)[0], thing) for thing, names in found.items())


def activations():
    import keras

    return [name for name in dir(keras.activations) if not name.startswith("_") and name not in ("deserialize", "get", "serialize")]


def questions():
    """(kind, name, object) of everything that is asked; an object that is an exception could not be made."""
    import keras

    for kind, module, base in kinds():
        for name, thing in public_classes(module, base):
            try:
                yield kind, name, keras.saving.serialize_keras_object(thing(*arguments_of(name)))
            except Exception as error:  # of Keras, about its own class
                yield kind, name, error
    for name in activations():
        yield "activations", name, name


def ask(asked):
    lines = "".join(json.dumps({"kind": kind, "object": thing}) + "\n" for kind, _, thing in asked)
    done = subprocess.run([BIN / "round_config"], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def coverage():
    """{kind: {name: "yes", or why not}}."""
    asked = list(questions())
    for kind, name, thing in asked:
        if isinstance(thing, Exception):
            sys.exit(f"{kind}: Keras could not make {name}: {thing}\nadd it to ARGUMENTS or LEFT_OUT")
    table = {}
    for (kind, name, _), answer in zip(asked, ask(asked), strict=True):
        table.setdefault(kind, {})[name] = "yes" if "object" in answer else answer["error"].splitlines()[0]
    return table


def markdown(table):
    import keras

    lines = ["# What of Keras there is", "",
             f"Made by `tools/coverage.py` against Keras {keras.__version__}: Keras makes one object of each of its public classes, Namesake reads its config and writes it again.",
             "Aliases, abstract classes, `Lambda` and wrappers of other frameworks are not counted.", "",
             "| kind | known here | not (yet) |", "|---|---|---|"]
    for kind, names in table.items():
        known = [name for name, answer in names.items() if answer == "yes"]
        missing = [name for name, answer in names.items() if answer != "yes"]
        lines.append(f"| {kind} | **{len(known)} of {len(names)}**: {', '.join(known)} | {', '.join(missing) or '-'} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=pathlib.Path, help="write the table there")
    parser.add_argument("--reasons", action="store_true", help="print why each of the others is not known")
    arguments = parser.parse_args()
    table = coverage()
    if arguments.reasons:
        for kind, names in table.items():
            for name, answer in names.items():
                if answer != "yes":
                    print(f"{kind} {name}: {answer}")
    text = markdown(table)
    if arguments.output:
        arguments.output.write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()

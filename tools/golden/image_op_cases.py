"""The calls of image ops whose results tests/golden/ops/images.* holds: even and odd kernels, strides above the kernel,
dilations, groups, paddings that are not symmetric, 1 and 3 and 17 channels."""

import numpy as np

from golden.common import rng_for
from golden.op_cases import integers, ints, normal

_cases = []


def case(name, op, *inputs, constant=(), gradient=True, tolerance=1e-5, **attrs):
    rng = rng_for(name)
    values = [v(rng) if callable(v) else np.asarray(v) for v in inputs]
    _cases.append({"case": name, "op": op, "inputs": values, "attrs": attrs, "gradient": gradient, "constant": set(constant),
                   "tolerance": tolerance})


def explicit(top, bottom, left, right):
    return {"padding": "EXPLICIT", "explicit_paddings": [0, 0, top, bottom, left, right, 0, 0]}


# name: images, filter, options
CONVOLUTIONS = {
    "valid": ((2, 5, 6, 3), (3, 3, 3, 4), {}),
    "same_even": ((2, 5, 6, 1), (2, 4, 1, 3), {"padding": "SAME"}),
    "same_strides": ((1, 7, 6, 3), (3, 5, 3, 2), {"padding": "SAME", "strides": [1, 2, 3, 1]}),
    "pointwise": ((2, 3, 4, 17), (1, 1, 17, 5), {}),
    "stride_above_kernel": ((1, 8, 7, 2), (1, 2, 2, 3), {"strides": [1, 3, 4, 1]}),
    "left_over": ((2, 6, 8, 2), (3, 3, 2, 2), {"strides": [1, 2, 2, 1]}),
    "dilated": ((1, 8, 7, 2), (3, 2, 2, 3), {"dilations": [1, 2, 3, 1]}),
    "dilated_same": ((1, 5, 6, 2), (3, 3, 2, 3), {"dilations": [1, 2, 2, 1], "padding": "SAME"}),
    "groups": ((2, 5, 4, 6), (3, 3, 2, 9), {"padding": "SAME"}),
    "explicit": ((1, 4, 5, 3), (3, 2, 3, 2), {**explicit(2, 0, 1, 1), "strides": [1, 1, 2, 1]}),
    "window_is_image": ((3, 4, 3, 2), (4, 3, 2, 5), {}),
}
DEPTHWISE = {
    "valid": ((2, 5, 6, 3), (3, 3, 3, 1), {}),
    "same_multiplier": ((1, 5, 4, 3), (2, 3, 3, 2), {"padding": "SAME"}),
    "strides": ((1, 7, 6, 17), (3, 3, 17, 1), {"padding": "SAME", "strides": [1, 2, 2, 1]}),
    "one_channel": ((2, 4, 4, 1), (3, 2, 1, 3), {}),
    "explicit": ((1, 4, 5, 2), (3, 2, 2, 2), explicit(0, 2, 1, 0)),
}


def output_shape(images, filters, options, depthwise):
    import tensorflow as tf

    op = tf.raw_ops.DepthwiseConv2dNative if depthwise else tf.raw_ops.Conv2D
    return op(input=np.zeros(images, np.float32), filter=np.zeros(filters, np.float32), **options).shape


def convolutions():
    for prefix, table in ("Conv2D", CONVOLUTIONS), ("DepthwiseConv2dNative", DEPTHWISE):
        for name, (images, filters, options) in table.items():
            options = {"strides": [1, 1, 1, 1], "padding": "VALID"} | options
            case(f"{prefix.lower()}_{name}", prefix, normal(*images), normal(*filters), **options)
            if name in ("valid", "same_strides", "dilated_same", "same_multiplier"):
                out = tuple(output_shape(images, filters, options, prefix != "Conv2D"))
                case(f"{prefix.lower()}backpropinput_{name}", prefix + "BackpropInput", ints(*images), normal(*filters), normal(*out), **options)
                case(f"{prefix.lower()}backpropfilter_{name}", prefix + "BackpropFilter", normal(*images), ints(*filters), normal(*out), **options)


def windows(size, strides, padding, **more):
    return {"ksize": [1, *size, 1], "strides": [1, *strides, 1], "padding": padding, **more}


def poolings():
    table = {
        "halves": ((2, 6, 5, 3), windows((2, 2), (2, 2), "VALID")),
        "same": ((1, 5, 6, 17), windows((3, 2), (2, 1), "SAME")),
        "overlapping": ((2, 5, 5, 1), windows((3, 3), (1, 1), "VALID")),
        "stride_above_window": ((1, 7, 8, 2), windows((1, 2), (3, 3), "SAME")),
    }
    for name, (images, options) in table.items():
        case(f"maxpool_{name}", "MaxPool", normal(*images), **options)
        case(f"avgpool_{name}", "AvgPool", normal(*images), **options)
    case("maxpool_explicit", "MaxPool", normal(1, 5, 4, 9), **windows((3, 3), (2, 1), "EXPLICIT", explicit_paddings=[0, 0, 1, 2, 0, 1, 0, 0]))
    case("maxpool_ties", "MaxPool", integers(2, 5, 5, 9, low=0, high=3, dtype=np.float32), **windows((3, 2), (2, 2), "SAME"))
    case("maxpool_int32", "MaxPool", integers(1, 4, 5, 2), gradient=False, **windows((2, 2), (1, 2), "VALID"))
    case("maxpool_float64", "MaxPool", normal(1, 4, 5, 2, dtype=np.float64), **windows((2, 3), (1, 2), "SAME"))
    case("avgpool_float64", "AvgPool", normal(1, 4, 5, 2, dtype=np.float64), **windows((2, 3), (1, 2), "SAME"))
    case("avgpoolgrad_same", "AvgPoolGrad", ints(1, 5, 6, 3), normal(1, 3, 3, 3), **windows((3, 3), (2, 2), "SAME"))
    x = rng_for("maxpoolgrad").normal(size=(1, 5, 6, 9)).astype(np.float32)
    options = windows((3, 2), (2, 2), "SAME")
    import tensorflow as tf

    pooled = tf.raw_ops.MaxPool(input=x, **options).numpy()
    case("maxpoolgrad_same", "MaxPoolGrad", x, pooled, normal(*pooled.shape), **options)
    case("maxpoolgradgrad_same", "MaxPoolGradGrad", x, pooled, normal(*x.shape), gradient=False, **options)


def resizes():
    for name, size, options in (("up", (7, 6), {}), ("down", (2, 3), {}), ("half_pixels_up", (9, 5), {"half_pixel_centers": True}),
                                ("half_pixels_down", (3, 2), {"half_pixel_centers": True}), ("corners", (7, 9), {"align_corners": True}),
                                ("one_pixel", (1, 1), {"align_corners": True})):
        case(f"resizenearestneighbor_{name}", "ResizeNearestNeighbor", normal(2, 4, 3, 2), ints(*size), **options)
        case(f"resizebilinear_{name}", "ResizeBilinear", normal(2, 4, 3, 2), ints(*size), **options)
    case("resizenearestneighbor_uint8", "ResizeNearestNeighbor", integers(1, 3, 2, 3, low=0, high=256, dtype=np.uint8), ints(4, 5))
    case("resizebilinear_int32", "ResizeBilinear", integers(1, 3, 2, 3), ints(4, 5), half_pixel_centers=True)


def spaces():
    case("spacetodepth", "SpaceToDepth", normal(2, 4, 6, 3), block_size=2)
    case("depthtospace", "DepthToSpace", normal(1, 2, 3, 18), block_size=3)
    case("spacetodepth_int32", "SpaceToDepth", integers(1, 3, 3, 1), block_size=3)


def all_cases():
    _cases.clear()
    for family in (convolutions, poolings, resizes, spaces):
        family()
    return list(_cases)

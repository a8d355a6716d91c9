"""The calls whose results tests/golden/ops/graphs.* holds: what TensorFlow and Keras write into graphs beside the ops that layers here are made of."""

import numpy as np

from golden import op_cases
from golden.op_cases import EDGES, case, floats, integers, ints, normal, positive

NONE = np.zeros((0,), np.int32)


def half(*shape):
    return normal(*shape, dtype=np.float16)


def longs(*values):
    return np.array(values, np.int64)


def pairs(*values, dtype=np.int32):
    return np.array(values, dtype).reshape(-1, 2)


def batch_normalizations():
    def four(channels, at, moving=True):
        statistics = (normal(channels), positive(channels)) if moving else (floats(), floats())
        return positive(channels), normal(channels), *statistics

    images = {"NHWC": (2, 3, 2, 5), "NCHW": (2, 5, 3, 2)}
    for data_format, shape in images.items():
        word = data_format.lower()
        case(f"fusedbatchnormv3_{word}", "FusedBatchNormV3", normal(*shape), *four(5, word), constant=(3, 4), is_training=False, data_format=data_format, epsilon=1e-3, tolerance=1e-5)
    for op in ("FusedBatchNorm", "FusedBatchNormV2"):
        case(f"{op.lower()}_given", op, normal(1, 2, 3, 3), *four(3, op), constant=(3, 4), is_training=False, tolerance=1e-5)
        case(f"{op.lower()}_training", op, normal(2, 3, 2, 3), *four(3, op, False), constant=(3, 4), tolerance=1e-5)
    case("fusedbatchnormv3_training", "FusedBatchNormV3", normal(2, 3, 2, 3), *four(3, "", False), constant=(3, 4), epsilon=1e-3, tolerance=1e-5)
    case("fusedbatchnormv3_training_nchw", "FusedBatchNormV3", normal(1, 4, 3, 1), *four(4, "", False), constant=(3, 4), gradient=False, data_format="NCHW", tolerance=1e-5)
    case("fusedbatchnormv3_moving", "FusedBatchNormV3", normal(2, 2, 2, 3), *four(3, ""), constant=(3, 4), exponential_avg_factor=0.25, tolerance=1e-5)
    case("fusedbatchnormv3_one_number", "FusedBatchNormV3", normal(1, 1, 1, 2), *four(2, "", False), gradient=False, tolerance=1e-5)


def blocks():
    case("spacetobatchnd_image", "SpaceToBatchND", normal(2, 4, 6, 3), ints(2, 3), pairs(0, 0, 0, 0))
    case("spacetobatchnd_padded", "SpaceToBatchND", normal(1, 5, 4, 2), ints(2, 2), pairs(1, 2, 0, 2))
    case("spacetobatchnd_one_axis", "SpaceToBatchND", normal(2, 5, 3), longs(3), pairs(1, 0, dtype=np.int64))
    case("spacetobatchnd_no_channels", "SpaceToBatchND", integers(1, 4), ints(2), pairs(2, 0))
    case("spacetobatchnd_halves", "SpaceToBatchND", half(1, 4, 1), ints(2), pairs(0, 0), gradient=False, tolerance=0)
    case("batchtospacend_image", "BatchToSpaceND", normal(12, 2, 1, 3), ints(2, 3), pairs(0, 0, 0, 0))
    case("batchtospacend_cropped", "BatchToSpaceND", normal(8, 3, 2, 2), longs(2, 2), pairs(1, 2, 0, 1))
    case("batchtospacend_one_axis", "BatchToSpaceND", normal(6, 3, 2), ints(3), pairs(1, 3))


def shapes():
    case("size", "Size", normal(2, 3))
    case("size_int64", "Size", normal(0, 3), out_type=np.int64)
    case("rank", "Rank", integers(2, 1, 3))
    case("rank_scalar", "Rank", np.float32(1))
    case("shapen", "ShapeN", normal(2, 3), normal(4), normal(1, 0, 2))
    case("shapen_int64", "ShapeN", integers(3), out_type=np.int64)
    for name, first, second in (("same", (2, 3), (2, 3)), ("row", (4, 3), (3,)), ("both", (3, 1, 5), (4, 1)), ("scalar", (), (2, 2)), ("ones", (1, 1), (1,)),
                                ("empty", (0, 3), (1,))):
        case(f"broadcastargs_{name}", "BroadcastArgs", ints(*first), ints(*second))
        case(f"broadcastgradientargs_{name}", "BroadcastGradientArgs", longs(*first), longs(*second))


def bits():
    for op in ("BitwiseAnd", "BitwiseOr", "BitwiseXor"):
        case(f"{op.lower()}_row", op, integers(2, 3), integers(3))
    case("bitwiseand_uint8", "BitwiseAnd", integers(5, low=0, high=256, dtype=np.uint8), np.uint8(0x5a))
    case("bitwisexor_int64", "BitwiseXor", integers(4, dtype=np.int64), integers(4, dtype=np.int64))
    case("bitwiseor_uint16", "BitwiseOr", integers(4, low=0, high=60000, dtype=np.uint16), integers(4, low=0, high=60000, dtype=np.uint16))
    case("invert_int32", "Invert", integers(5))
    case("invert_uint8", "Invert", integers(5, low=0, high=256, dtype=np.uint8))
    for op in ("LeftShift", "RightShift"):
        case(f"{op.lower()}_int32", op, integers(2, 4, low=-1000, high=1000), ints(0, 3, 31, 1))
        case(f"{op.lower()}_outside", op, ints(5, -5, 5, -5), ints(32, 40, -1, -3))
        case(f"{op.lower()}_uint8", op, integers(4, low=0, high=256, dtype=np.uint8), np.uint8(3))
    case("bitcast_same_width", "Bitcast", EDGES[np.isfinite(EDGES)], type=np.int32)
    case("bitcast_narrower", "Bitcast", integers(2, 3), type=np.uint8)
    case("bitcast_wider", "Bitcast", integers(3, 2), type=np.int64)


def functions():
    case("erfc_edges", "Erfc", EDGES, tolerance=1e-5)
    case("erfc", "Erfc", normal(3, 4), tolerance=1e-5)
    case("lgamma", "Lgamma", positive(3, 4), tolerance=1e-5)
    case("lgamma_negative", "Lgamma", floats(-0.5, -1.5, -2.25, 20, 100), tolerance=1e-5)
    case("digamma", "Digamma", floats(0.1, 0.5, 1, 2, 3.5, 20, -0.5, -2.3), gradient=False, tolerance=1e-5)
    case("ndtri", "Ndtri", floats(0, 1e-6, 0.01, 0.3, 0.5, 0.7, 0.999, 1), gradient=False, tolerance=1e-5)
    case("ndtri_inside", "Ndtri", positive(3, 2, low=0.05, high=0.95), tolerance=1e-5)
    case("rint_ties", "Rint", floats(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.2))
    case("inv", "Inv", positive(2, 3))
    with_zeros = np.array([[0.0, 1.5, 0.0], [2.0, -0.5, 0.0]], np.float32)
    case("xdivy_zeros", "Xdivy", with_zeros, floats(0, 2, 3), gradient=False)
    case("xdivy", "Xdivy", normal(2, 3), positive(3))
    case("xlogy_zeros", "Xlogy", with_zeros, floats(0, 2, 3), gradient=False)
    case("xlogy", "Xlogy", normal(2, 3), positive(2, 1))
    case("xlog1py_zeros", "Xlog1py", with_zeros, floats(-1, 2, 3), gradient=False)
    case("xlog1py", "Xlog1py", normal(2, 3), positive(3))
    case("mulnonan_zeros", "MulNoNan", floats(np.nan, np.inf, 2, np.nan), floats(0, 0, 3, 1), gradient=False)
    case("mulnonan", "MulNoNan", normal(2, 3), normal(3))


def divisions():
    numbers, by = ints(7, -7, 7, -7, 0, np.iinfo(np.int32).min), ints(2, 2, -2, -2, 3, 5)
    for op in ("Div", "TruncateDiv", "Mod", "TruncateMod"):
        case(f"{op.lower()}_int32", op, numbers, by)
    case("div_float", "Div", normal(2, 3), positive(3))
    case("div_int64", "Div", longs(-9, 9), longs(4, -4))
    case("truncatemod_float", "TruncateMod", floats(7, -7, 7, -7.5), floats(2, 2, -2, 3), gradient=False)
    case("mod_float", "Mod", floats(7, -7, 7, -7.5), floats(2, 2, -2, 3), gradient=False)


def sums():
    case("addn", "AddN", normal(2, 3), normal(2, 3), normal(2, 3))
    case("addn_one", "AddN", integers(4))
    case("l2loss", "L2Loss", normal(3, 4))
    case("l2loss_nothing", "L2Loss", normal(0))
    case("euclideannorm", "EuclideanNorm", normal(3, 4), ints(-1))
    case("euclideannorm_keep", "EuclideanNorm", normal(2, 3, 2), ints(0, 2), keep_dims=True)
    case("cross", "Cross", normal(2, 3), normal(2, 3))
    case("cross_int32", "Cross", integers(3), integers(3))


def draws():
    for name, seed in (("small", ints(1, 2)), ("large", longs(2**40 + 7, -3))):
        case(f"statelessrandomgetkeycounter_{name}", "StatelessRandomGetKeyCounter", seed)
    key, counter = np.array([0x123456789ABCDEF0], np.uint64), np.array([2**64 - 3, 11], np.uint64)  # the counter's halves carry over
    alg = np.int32(1)
    case("statelessrandomuniformv2", "StatelessRandomUniformV2", ints(3, 5), key, counter, alg)
    case("statelessrandomuniformv2_float64", "StatelessRandomUniformV2", longs(5), key, counter, np.int32(3), dtype=np.float64)
    case("statelessrandomnormalv2", "StatelessRandomNormalV2", ints(17), key, counter, alg, tolerance=2e-6)
    case("statelesstruncatednormalv2", "StatelessTruncatedNormalV2", ints(9), key, counter, alg, tolerance=2e-6)
    case("statelessrandomuniformintv2", "StatelessRandomUniformIntV2", ints(13), key, counter, alg, np.int32(-5), np.int32(40))
    case("statelessrandomuniformintv2_int64", "StatelessRandomUniformIntV2", ints(5), key, counter, alg, np.int64(-5), np.int64(2**40))


def resizes():
    image = (1, 4, 3, 2)
    for name, size, options in (("up", (7, 6), {}), ("down", (2, 3), {}), ("half_pixels_up", (9, 5), {"half_pixel_centers": True}),
                                ("half_pixels_down", (3, 2), {"half_pixel_centers": True}), ("corners", (7, 9), {"align_corners": True})):
        case(f"resizebicubic_{name}", "ResizeBicubic", normal(*image), ints(*size), tolerance=2e-5, **options)
    case("resizebicubicgrad", "ResizeBicubicGrad", normal(1, 3, 5, 2), normal(*image), gradient=False, half_pixel_centers=True, tolerance=2e-5)
    case("resizebicubic_uint8", "ResizeBicubic", integers(1, 3, 2, 3, low=0, high=256, dtype=np.uint8), ints(4, 5), tolerance=2e-5)
    for name, size in (("up", (5, 4)), ("down", (2, 2)), ("whole", (2, 3)), ("one", (1, 1))):
        case(f"resizearea_{name}", "ResizeArea", normal(*image), ints(*size), gradient=False, tolerance=2e-5)
    case("resizearea_corners", "ResizeArea", normal(*image), ints(2, 5), align_corners=True, gradient=False, tolerance=2e-5)
    for kernel in ("lanczos1", "lanczos3", "lanczos5", "gaussian", "box", "triangle", "keyscubic", "mitchellcubic"):
        for antialias in (False, True):
            case(f"scaleandtranslate_{kernel}_{antialias}".lower(), "ScaleAndTranslate", normal(1, 5, 4, 1), ints(3, 6), floats(3 / 5, 6 / 4), floats(0, 0),
                 kernel_type=kernel, antialias=antialias, constant=(2, 3), gradient=kernel in ("lanczos3", "triangle"), tolerance=2e-5)
    case("scaleandtranslate_moved", "ScaleAndTranslate", normal(1, 4, 4, 2), ints(4, 5), floats(1.5, 0.5), floats(-1, 2.5), constant=(2, 3), kernel_type="triangle", tolerance=2e-5)


def parts_of_images():
    boxes = np.array([[0, 0, 1, 1], [0.1, 0.7, 0.9, 0.2], [-0.3, 0, 0.5, 1.4]], np.float32)
    for method in ("bilinear", "nearest"):
        case(f"cropandresize_{method}", "CropAndResize", normal(2, 5, 4, 2), boxes, ints(1, 0, 1), ints(3, 4), method=method, extrapolation_value=-2.5, gradient=False, tolerance=1e-5)
    case("cropandresize_one_pixel", "CropAndResize", integers(1, 4, 4, 1, low=0, high=256, dtype=np.uint8), boxes[:1], ints(0), ints(1, 1), gradient=False)
    for name, options in (("plain", {"ksizes": [1, 2, 3, 1], "strides": [1, 1, 2, 1], "rates": [1, 1, 1, 1], "padding": "VALID"}),
                          ("same", {"ksizes": [1, 3, 2, 1], "strides": [1, 2, 2, 1], "rates": [1, 2, 1, 1], "padding": "SAME"})):
        case(f"extractimagepatches_{name}", "ExtractImagePatches", normal(2, 5, 6, 2), gradient=False, **options)


def colors():
    pixels = np.array([[0.2, 0.5, 0.7], [0.7, 0.2, 0.5], [0.5, 0.7, 0.2], [0.3, 0.3, 0.3], [0, 0, 0], [1, 0, 1], [0.9, 0.1, 0.4]], np.float32)
    case("rgbtohsv", "RGBToHSV", pixels, gradient=False)
    case("hsvtorgb", "HSVToRGB", pixels, gradient=False)
    for name, value in (("up", 0.3), ("down", -0.6)):
        case(f"adjusthue_{name}", "AdjustHue", pixels.reshape(1, 7, 1, 3), np.float32(value), gradient=False, tolerance=1e-5)
    for name, value in (("more", 1.7), ("less", 0.4)):
        case(f"adjustsaturation_{name}", "AdjustSaturation", pixels.reshape(7, 1, 3), np.float32(value), gradient=False, tolerance=1e-5)
    case("adjustcontrastv2", "AdjustContrastv2", positive(2, 3, 4, 2), np.float32(1.8), gradient=False, tolerance=1e-5)
    case("lrn", "LRN", normal(1, 2, 3, 7), depth_radius=2, bias=1.5, alpha=0.5, beta=0.75, tolerance=1e-5)
    case("lrn_wide", "LRN", normal(2, 1, 1, 3), gradient=False, tolerance=1e-5)
    case("lrngrad", "LRNGrad", normal(1, 2, 2, 6), normal(1, 2, 2, 6), normal(1, 2, 2, 6), gradient=False, depth_radius=1, tolerance=1e-5)


def pieces():
    case("dynamicstitch", "DynamicStitch", ints(0, 4), ints(2, 1), normal(2, 3), normal(2, 3))
    case("dynamicstitch_shape", "DynamicStitch", ints(0, 1, 2), ints(1), ints(3, 4, 5), ints(1))
    case("dynamicstitch_matrix", "DynamicStitch", np.array([[3, 0], [1, 2]], np.int32), normal(2, 2))
    case("dynamicpartition", "DynamicPartition", normal(5, 2), ints(1, 0, 2, 1, 1), num_partitions=4)
    for name, options in (("training", {}), ("given", {"is_training": False})):
        for op in ("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3"):
            more = (floats(0),) if op.endswith("3") else ()
            case(f"{op.lower()}_{name}", op, normal(2, 3, 2, 3), normal(2, 3, 2, 3), positive(3), normal(3), positive(3), *more, gradient=False, epsilon=1e-3, tolerance=1e-5, **options)


def counts():
    none = floats()
    case("bincount", "Bincount", integers(2, 5, low=0, high=6), np.int32(5), none, gradient=False)
    case("bincount_weights", "Bincount", integers(6, low=0, high=4), np.int32(4), normal(6), gradient=False)
    case("densebincount", "DenseBincount", longs(0, 3, 3, 9, 1), np.int64(5), np.zeros((0,), np.int64))
    case("densebincount_rows", "DenseBincount", integers(3, 4, low=0, high=5), np.int32(4), none, gradient=False)
    case("densebincount_binary", "DenseBincount", integers(2, 6, low=0, high=5), np.int32(6), none, binary_output=True, gradient=False)
    case("densebincount_weights", "DenseBincount", integers(2, 4, low=0, high=3), np.int32(3), normal(2, 4), gradient=False)
    case("histogramfixedwidth", "HistogramFixedWidth", normal(20), floats(-1, 1.5), np.int32(5), gradient=False)
    case("histogramfixedwidth_int64", "HistogramFixedWidth", integers(3, 4), ints(-5, 5), np.int32(4), gradient=False, dtype=np.int64)
    for op in ("LowerBound", "UpperBound"):
        case(f"{op.lower()}_ties", op, np.array([[1, 2, 2, 5], [0, 0, 0, 7]], np.float32), np.array([[2, 0, 9], [0, 7, -1]], np.float32), gradient=False)
        case(f"{op.lower()}_int64", op, longs([1, 3, 3]), longs([3, 4]), out_type=np.int64)


def lists():
    case("unique", "Unique", ints(3, 1, 3, 2, 1, 9))
    case("unique_nan", "Unique", floats(np.nan, 1, np.nan, 0.0, -0.0), gradient=False)
    case("unique_nothing", "Unique", longs(), out_idx=np.int64)
    case("uniquewithcounts", "UniqueWithCounts", longs(3, 1, 3, 2, 1, 3))
    case("listdiff", "ListDiff", ints(1, 2, 3, 2, 5), ints(2, 7))
    case("listdiff_int64", "ListDiff", longs(4, 4), longs(), out_idx=np.int64)
    case("invertpermutation", "InvertPermutation", ints(2, 0, 3, 1))
    case("unravelindex", "UnravelIndex", ints(5, 0, 23), ints(2, 3, 4))
    case("unravelindex_one", "UnravelIndex", np.int64(7), longs(3, 3))
    case("reversesequence", "ReverseSequence", normal(3, 4, 2), ints(0, 4, 3), seq_dim=1)
    case("reversesequence_front", "ReverseSequence", normal(4, 2, 3), longs(2, 1, 4), seq_dim=0, batch_dim=2)
    for k in (-1, 0, 2):
        length = 3 if k == 0 else 2
        case(f"matrixsetdiagv3_{k}", "MatrixSetDiagV3", normal(2, 3, 4), normal(2, length), np.int32(k))
    case("matrixsetdiagv3_bool", "MatrixSetDiagV3", np.zeros((2, 2), bool), np.array([True, True]), np.int32(0))


def all_cases():
    op_cases._cases.clear()
    for family in (batch_normalizations, blocks, shapes, bits, functions, divisions, sums, draws, resizes, parts_of_images, colors, pieces, counts, lists):
        family()
    return list(op_cases._cases)

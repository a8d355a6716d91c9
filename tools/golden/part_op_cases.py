"""The calls whose results tests/golden/ops/parts.* holds: parts of tensors, order, places, segments, diagonals, einsum, and
half-width numbers. Sizes 0 and 1, negative axes, ties and ranks 0 to 5 among them."""

import numpy as np

from golden import op_cases
from golden.op_cases import EDGES, case, floats, integers, ints, normal, positive

NONE = np.zeros((0,), np.int32)


def half(*shape):
    return normal(*shape, dtype=np.float16)


def pairs(*values):
    return np.array(values, np.int32).reshape(-1, 2)


def splits():
    case("split_last", "Split", np.int32(-1), normal(2, 6), num_split=3)
    case("split_first", "Split", np.int32(0), normal(4, 1, 3), num_split=2)
    case("split_one", "Split", np.int32(1), normal(2, 3), num_split=1)
    case("split_nothing", "Split", np.int32(1), normal(0, 4), num_split=2)
    case("split_many", "Split", np.int32(0), integers(7, 2), num_split=7)
    case("splitv_sizes", "SplitV", normal(2, 7), np.array([3, 0, -1, 2], np.int64), np.int32(1), num_split=4)
    case("splitv_rank5", "SplitV", normal(1, 2, 3, 1, 2), ints(1, 2), np.int32(-3), num_split=2)
    case("unpack_front", "Unpack", normal(3, 2), num=3)
    case("unpack_middle", "Unpack", normal(2, 5, 3), num=5, axis=-2)
    case("unpack_scalars", "Unpack", integers(4), num=4)


def orders():
    case("topkv2_rows", "TopKV2", normal(3, 5), np.int32(2))
    case("topkv2_all", "TopKV2", normal(4), np.int32(4))
    case("topkv2_none", "TopKV2", normal(2, 3), np.int32(0))
    case("topkv2_ties", "TopKV2", np.array([[1, 3, 3, 2], [2, 2, 2, 2]], np.float32), np.int32(3))
    case("topkv2_int32", "TopKV2", integers(2, 3, 4), np.int32(2))
    case("topkv2_index_int64", "TopKV2", normal(2, 4), np.int32(1), gradient=False, index_type=np.int64)
    case("intopkv2", "InTopKV2", np.array([[0.1, 0.5, 0.4], [0.3, 0.3, 0.4], [1, 2, 3]], np.float32), ints(1, 0, 5), np.int32(2))
    case("intopkv2_ties", "InTopKV2", np.array([[1, 1, 1, 0], [0, 1, 1, 1]], np.float32), ints(2, 0), np.int32(1))
    case("reversev2_last", "ReverseV2", normal(2, 3), ints(-1))
    case("reversev2_two", "ReverseV2", normal(2, 3, 2), ints(0, 2))
    case("reversev2_none", "ReverseV2", normal(3), NONE)
    case("reversev2_empty", "ReverseV2", normal(0, 3), ints(0))
    case("roll_one", "Roll", normal(5), np.int32(2), np.int32(0))
    case("roll_back", "Roll", normal(2, 4), np.int32(-5), np.int32(-1))
    case("roll_two", "Roll", normal(3, 4), ints(1, -1), ints(0, 1))
    case("roll_twice", "Roll", integers(5), ints(1, 3), ints(0, 0))
    for op in ("Cumsum", "Cumprod"):
        for exclusive in (False, True):
            for reverse in (False, True):
                case(f"{op.lower()}_{int(exclusive)}{int(reverse)}", op, positive(2, 4, 2), np.int32(1), exclusive=exclusive, reverse=reverse)
        case(f"{op.lower()}_int32", op, integers(2, 4), np.int32(-1))
        case(f"{op.lower()}_one", op, normal(3, 1), np.int32(1))
        case(f"{op.lower()}_empty", op, normal(2, 0), np.int32(1))


def paddings():
    case("pad_matrix", "Pad", normal(2, 3), pairs(1, 0, 2, 1))
    case("pad_rank0", "Pad", normal(), pairs())
    case("pad_empty", "Pad", normal(0, 2), pairs(1, 1, 0, 1))
    case("padv2_value", "PadV2", normal(2, 3), pairs(0, 1, 2, 0), np.float32(1.5))
    case("padv2_int32", "PadV2", integers(3), pairs(1, 2), np.int32(7))
    for mode, paddings in (("REFLECT", pairs(1, 1, 2, 0)), ("SYMMETRIC", pairs(2, 1, 3, 2))):
        low = mode.lower()
        case(f"mirrorpad_{low}", "MirrorPad", normal(2, 3), paddings, mode=mode)
        case(f"mirrorpad_{low}_none", "MirrorPad", normal(2, 3), pairs(0, 0, 0, 0), mode=mode)
        case(f"mirrorpad_{low}_rank4", "MirrorPad", normal(1, 3, 2, 1), pairs(0, 0, 1, 2, 1, 1, 0, 0), mode=mode)
    case("mirrorpad_one", "MirrorPad", normal(1), pairs(1, 1), mode="SYMMETRIC")


def places():
    rows, cells = np.array([[3], [0], [3]], np.int32), np.array([[[1, 2]], [[0, 0]]], np.int64)
    case("gathernd_rows", "GatherNd", normal(4, 3), rows)
    case("gathernd_cells", "GatherNd", normal(2, 3, 2), cells)
    case("gathernd_whole", "GatherNd", normal(2, 2), np.zeros((3, 0), np.int32), gradient=False)
    case("gathernd_none", "GatherNd", normal(4, 3), np.zeros((0, 1), np.int32))
    case("scatternd_rows", "ScatterNd", rows, normal(3, 2), ints(5, 2))
    case("scatternd_cells", "ScatterNd", cells, normal(2, 1, 2), np.array([2, 3, 2], np.int64))
    case("scatternd_int32", "ScatterNd", rows, integers(3), ints(4))
    once = np.array([[2], [0]], np.int32)
    for kind in ("Update", "Add", "Sub", "Max", "Min"):
        op = f"TensorScatter{kind}"
        case(f"{op.lower()}_rows", op, normal(4, 2), once, normal(2, 2))
        case(f"{op.lower()}_scalars", op, integers(3), once, integers(2))
    case("tensorscatteradd_twice", "TensorScatterAdd", normal(4, 2), rows, normal(3, 2))
    case("tensorscattermax_ties", "TensorScatterMax", floats(1, 2, 3), once, floats(3, 0))


def segments():
    for kind in ("Sum", "Prod", "Max", "Min"):
        op = f"UnsortedSegment{kind}"
        case(f"{op.lower()}_rows", op, normal(5, 2), ints(2, 0, -1, 2, 1), np.int32(3))
        case(f"{op.lower()}_matrix_of_ids", op, normal(2, 2, 3), np.array([[1, 0], [1, 1]], np.int64), np.int32(2))
        case(f"{op.lower()}_int32", op, integers(4), ints(1, 1, 3, 0), np.int32(4))
        case(f"{op.lower()}_nothing", op, normal(0, 2), NONE, np.int32(2), gradient=False)
    case("unsortedsegmentprod_zeros", "UnsortedSegmentProd", floats(2, 0, 3, 0, 0, 4), ints(0, 0, 0, 1, 1, 1), np.int32(2))
    case("unsortedsegmentmax_ties", "UnsortedSegmentMax", floats(2, 2, 1, 0), ints(0, 0, 0, 1), np.int32(2))
    for kind in ("Sum", "Mean", "Prod", "Max", "Min"):
        op = f"Segment{kind}"
        case(f"{op.lower()}_rows", op, normal(5, 2), ints(0, 0, 1, 2, 2))
        case(f"{op.lower()}_gap", op, normal(4), np.array([0, 2, 2, 3], np.int64), gradient=kind in ("Sum", "Mean"))
        case(f"{op.lower()}_nothing", op, normal(0, 2), NONE, gradient=False)


def diagonals():
    for lower, upper in ((-1, 0), (0, -1), (1, 1), (0, 0)):
        case(f"matrixbandpart_{lower}_{upper}".replace("-", "m"), "MatrixBandPart", normal(2, 3, 4), np.int64(lower), np.int64(upper))
    case("matrixbandpart_int32", "MatrixBandPart", integers(3, 3), np.int32(0), np.int32(1))
    for k in (0, 1, -2):
        case(f"matrixdiagpartv3_{k}".replace("-", "m"), "MatrixDiagPartV3", normal(2, 3, 4), np.int32(k), np.float32(0), constant=(2,))
        case(f"matrixdiagv3_{k}".replace("-", "m"), "MatrixDiagV3", normal(2, 3), np.int32(k), np.int32(-1), np.int32(-1),
             np.float32(0), constant=(4,))
    case("linspace", "LinSpace", np.float32(-1), np.float32(2.5), np.int32(7), gradient=False)
    case("linspace_one", "LinSpace", np.float32(3), np.float32(9), np.int32(1), gradient=False)
    case("where", "Where", np.array([[0, 2, 0], [-1, 0, 3]], np.int32))
    case("where_none", "Where", np.zeros((2, 3), bool))
    case("checknumerics", "CheckNumerics", normal(3), message="of a layer")


def einsums():
    def einsum(name, equation, *shapes):
        case(f"einsum_{name}", "Einsum", *[normal(*shape) for shape in shapes], equation=equation, tolerance=5e-6)

    einsum("product", "ij,jk->ik", (3, 4), (4, 5))
    einsum("turned", "ji,kj->ki", (4, 3), (5, 4))
    einsum("attention", "BTNH,BSNH->BNTS", (2, 3, 2, 4), (2, 5, 2, 4))
    einsum("attended", "BNTS,BSNH->BTNH", (2, 2, 3, 5), (2, 5, 2, 4))
    einsum("dense", "abc,cde->abde", (2, 3, 4), (4, 2, 3))
    einsum("dots", "...ij,...jk->...ik", (3, 1, 2, 4), (2, 4, 3))
    einsum("dots_one_side", "...i,ij->...j", (2, 3, 4), (4, 5))
    einsum("elementwise", "ij,ij->ij", (2, 3), (2, 3))
    einsum("outer", "i,j->ij", (3,), (4,))
    einsum("inner", "i,i->", (5,), (5,))
    einsum("sums", "ijk->j", (2, 3, 4))
    einsum("transposed", "ijk->kij", (2, 3, 4))
    einsum("trace", "ii->", (4, 4))
    einsum("diagonal", "iji->ji", (2, 3, 2))
    einsum("summed_alone", "ijl,jk->ik", (2, 3, 2), (3, 4))
    einsum("empty", "ij,jk->ik", (2, 0), (0, 3))
    case("einsum_int32", "Einsum", integers(2, 3), integers(3, 2), equation="ij,jk->ik")


def trigonometry():
    inside = lambda *shape: lambda rng: np.asarray(rng.uniform(-0.95, 0.95, size=shape), np.float32)
    for op in ("Tan", "Atan", "Sinh", "Cosh", "Asinh", "Sin", "Cos", "Expm1", "Floor", "Ceil", "Round"):
        case(f"{op.lower()}_row", op, normal(2, 5), tolerance=5e-6)
    for op in ("Asin", "Acos", "Atanh", "Erfinv"):
        case(f"{op.lower()}_row", op, inside(2, 5), tolerance=1e-5)
        case(f"{op.lower()}_edges", op, floats(-1, 0, 1, 2, np.nan), gradient=False)
    case("acosh_row", "Acosh", positive(2, 5, low=1.1, high=5), tolerance=5e-6)
    case("atan2_row", "Atan2", normal(3, 2), normal(2))
    case("atan2_quadrants", "Atan2", floats(0, 1, -1, 0, 0.0), floats(1, 0, 0, -1, 0), gradient=False)
    for op in ("IsFinite", "IsNan", "IsInf"):
        case(f"{op.lower()}_edges", op, EDGES)
    for op in ("FloorDiv", "FloorMod"):
        case(f"{op.lower()}_signs", op, floats(7, -7, 7, -7, 0.5), floats(2, 2, -2, -2, 0.25))
        case(f"{op.lower()}_int32", op, ints(7, -7, 7, -7, 0), ints(2, 2, -2, -2, 3))


def halves():
    """Computed by TensorFlow in half width, by us in float32 and rounded: close, not equal."""
    for op, inputs in (("AddV2", (half(2, 3), half(3))), ("Mul", (half(2, 3), half(2, 1))), ("MatMul", (half(3, 4), half(4, 2))),
                       ("Exp", (half(5),)), ("Sum", (half(3, 4), ints(-1))), ("Mean", (half(3, 4), ints(0))), ("Tanh", (half(4),)),
                       ("Softmax", (half(2, 5),)), ("Relu", (half(6),)), ("Max", (half(2, 3), ints(1))),
                       ("Transpose", (half(2, 3), ints(1, 0))), ("ConcatV2", (half(2, 1), half(2, 2), np.int32(1))),
                       ("GatherV2", (half(4, 2), ints(3, 0), np.int32(0))), ("BiasAdd", (half(2, 3), half(3)))):
        case(f"{op.lower()}_float16", op, *inputs, tolerance=4e-3)
    case("greater_float16", "Greater", half(4), half(4))
    for dtype in (np.int8, np.int16, np.uint16, np.uint32):
        case(f"addv2_{np.dtype(dtype).name}", "AddV2", integers(4, low=0, high=100, dtype=dtype), integers(4, low=0, high=100, dtype=dtype))
    case("cast_complex64", "Cast", normal(3), DstT=np.complex64, gradient=False)


def all_cases():
    op_cases._cases.clear()
    for family in (splits, orders, paddings, places, segments, diagonals, einsums, trigonometry, halves):
        family()
    return list(op_cases._cases)

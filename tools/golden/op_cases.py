"""The calls whose results tests/golden/ops holds: what is broadcast, empty, of rank 0, odd in size, negative in axis, tied."""

import numpy as np

from golden.common import rng_for

_cases = []


def case(name, op, *inputs, gradient=True, constant=(), tolerance=1e-6, **attrs):
    """inputs: arrays, or functions of the case's own generator. constant: inputs that are not differentiated."""
    rng = rng_for(name)
    values = [v(rng) if callable(v) else np.asarray(v) for v in inputs]
    _cases.append({"case": name, "op": op, "inputs": values, "attrs": attrs, "gradient": gradient,
                   "constant": set(constant), "tolerance": tolerance})


def normal(*shape, dtype=np.float32):
    return lambda rng: np.asarray(rng.normal(size=shape), dtype)


def positive(*shape, low=0.1, high=4.0):
    return lambda rng: np.asarray(rng.uniform(low, high, size=shape), np.float32)


def integers(*shape, low=-9, high=10, dtype=np.int32):
    return lambda rng: np.asarray(rng.integers(low, high, size=shape), dtype)


def booleans(*shape):
    return lambda rng: np.asarray(rng.integers(0, 2, size=shape), bool)


def floats(*values):
    return np.array(values, np.float32)


def ints(*values):
    return np.array(values, np.int32)


INF, NAN = np.inf, np.nan
EDGES = floats(-INF, -30, -3, -1, -0.5, -0.0, 0.0, 0.5, 1, 3, 6, 7, 30, INF, NAN)
SHAPES = {"same": ((3, 5), (3, 5)), "row": ((4, 3), (3,)), "column": ((4, 3), (4, 1)), "scalar_right": ((2, 3), ()),
          "scalar_left": ((), (2, 3)), "both_ways": ((3, 1, 5), (4, 1)), "rank0": ((), ()), "empty": ((0, 3), (3,)),
          "odd": ((17,), (17,))}


def arithmetic():
    for op in ("AddV2", "Sub", "Mul", "RealDiv", "Maximum", "Minimum"):
        for how, (left, right) in SHAPES.items():
            case(f"{op.lower()}_{how}", op, normal(*left), normal(*right) if op != "RealDiv" else positive(*right))
    case("add_row", "Add", normal(4, 3), normal(3))
    for how in ("row", "both_ways", "rank0"):
        left, right = SHAPES[how]
        case(f"pow_{how}", "Pow", positive(*left), normal(*right), tolerance=2e-6)
    case("pow_edges", "Pow", floats(0, 0, -2, -2, 4), floats(0, 2, 2, 3, 0.5), gradient=False)
    case("divnonan_row", "DivNoNan", normal(3, 4), floats(0, 2, -0.5, 0))
    case("realdiv_by_zero", "RealDiv", floats(1, -1, 0), floats(0, 0, 0), gradient=False)
    case("maximum_ties", "Maximum", floats(1, 2, 3, -0.0), floats(1, 3, 2, 0.0))
    case("minimum_ties", "Minimum", floats(1, 2, 3, -0.0), floats(1, 3, 2, 0.0))
    case("maximum_nan", "Maximum", floats(NAN, 1, INF), floats(1, NAN, -INF), gradient=False)
    for op in ("AddV2", "Sub", "Mul", "Maximum", "Minimum"):
        case(f"{op.lower()}_int32", op, integers(2, 3), integers(3))
    case("addv2_float64", "AddV2", normal(3, dtype=np.float64), normal(3, dtype=np.float64))
    case("mul_int64", "Mul", integers(3, dtype=np.int64), integers(3, dtype=np.int64))


def elementwise():
    anywhere = ("Neg", "Square", "Exp", "Abs", "Sign", "Relu", "Relu6", "Elu", "Selu", "LeakyRelu", "Softplus", "Softsign",
                "Sigmoid", "Tanh", "Erf", "Identity", "ZerosLike", "OnesLike", "StopGradient")
    for op in anywhere:
        case(f"{op.lower()}_row", op, normal(2, 7), tolerance=2e-6)
        if op not in ("Identity", "ZerosLike", "OnesLike", "StopGradient"):
            case(f"{op.lower()}_edges", op, EDGES, gradient=False)
    for op in ("Relu", "Relu6", "Elu", "Selu", "LeakyRelu", "Abs", "Sign", "Softsign"):
        case(f"{op.lower()}_kinks", op, floats(-6, -1, -0.0, 0, 1, 6, 6.5))
    for op in ("Softplus", "Sigmoid", "Tanh", "Exp", "Erf"):
        case(f"{op.lower()}_far", op, floats(-100, -40, -15, -9, 9, 15, 40, 80), tolerance=2e-6)
    for op in ("Sqrt", "Rsqrt", "Log", "Log1p"):
        case(f"{op.lower()}_row", op, positive(2, 7), tolerance=2e-6)
        case(f"{op.lower()}_edges", op, EDGES, gradient=False)
    case("log1p_small", "Log1p", floats(-0.5, -1e-6, 0, 1e-8, 1e-4))
    case("exp_rank0", "Exp", normal())
    case("tanh_empty", "Tanh", normal(0, 3))
    case("relu_odd", "Relu", normal(33))
    case("sigmoid_float64", "Sigmoid", normal(5, dtype=np.float64))
    case("leakyrelu_alpha", "LeakyRelu", normal(3, 5), alpha=0.3)
    for op in ("Neg", "Square", "Abs", "Sign"):
        case(f"{op.lower()}_int32", op, integers(5))
    case("clipbyvalue", "ClipByValue", normal(4, 3), np.float32(-0.5), np.float32(0.75), constant=(1, 2))
    case("clipbyvalue_borders", "ClipByValue", floats(-1, -0.5, 0, 0.75, 2), np.float32(-0.5), np.float32(0.75), constant=(1, 2))


def comparisons():
    for op in ("Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual"):
        case(f"{op.lower()}_row", op, floats(1, 2, 3, NAN, INF), floats(1, 3, 2, NAN, INF))
        case(f"{op.lower()}_int32", op, integers(4, 3, low=0, high=3), integers(3, low=0, high=3))
        case(f"{op.lower()}_scalar", op, normal(2, 3), np.float32(0))
    case("equal_bool", "Equal", booleans(6), booleans(6))
    case("logicaland", "LogicalAnd", booleans(4, 3), booleans(3))
    case("logicalor", "LogicalOr", booleans(4, 3), booleans(4, 1))
    case("logicalnot", "LogicalNot", booleans(7))
    case("select_same", "Select", booleans(3, 4), normal(3, 4), normal(3, 4))
    case("select_rows", "Select", booleans(3), normal(3, 4), normal(3, 4))
    case("selectv2_same", "SelectV2", booleans(3, 4), normal(3, 4), normal(3, 4))
    case("selectv2_broadcast", "SelectV2", booleans(3, 1), normal(4), np.float32(0.5))
    case("selectv2_int64", "SelectV2", booleans(5), integers(5, dtype=np.int64), integers(5, dtype=np.int64))


def casts():
    odd = floats(-2.7, -1, -0.4, 0, 0.4, 1.5, 2.5, 200.9)
    case("cast_float32_to_int32", "Cast", odd, DstT=np.int32)
    case("cast_float32_to_int64", "Cast", odd, DstT=np.int64)
    case("cast_float32_to_bool", "Cast", odd, DstT=np.bool_)
    case("cast_float32_to_float64", "Cast", odd, DstT=np.float64)
    case("cast_float64_to_float32", "Cast", normal(5, dtype=np.float64), DstT=np.float32)
    case("cast_float32_to_uint8", "Cast", floats(0, 0.9, 1.5, 254.6), DstT=np.uint8)
    case("cast_int32_to_float32", "Cast", ints(-7, 0, 3, 16777217), DstT=np.float32)
    case("cast_int64_to_int32", "Cast", np.array([-7, 0, 2**31 - 1, 2**32 + 5], np.int64), DstT=np.int32)
    case("cast_int64_to_float32", "Cast", integers(5, dtype=np.int64), DstT=np.float32)
    case("cast_uint8_to_float32", "Cast", integers(6, low=0, high=256, dtype=np.uint8), DstT=np.float32)
    case("cast_uint8_to_int32", "Cast", integers(6, low=0, high=256, dtype=np.uint8), DstT=np.int32)
    case("cast_bool_to_float32", "Cast", booleans(6), DstT=np.float32)
    case("cast_bool_to_int32", "Cast", booleans(6), DstT=np.int32)
    case("cast_int32_to_bool", "Cast", ints(-1, 0, 1, 2), DstT=np.bool_)
    case("cast_rank0", "Cast", np.int32(3), DstT=np.float32)


def shapes():
    case("reshape_flat", "Reshape", normal(3, 4), ints(12))
    case("reshape_open", "Reshape", normal(3, 4), ints(2, -1))
    case("reshape_to_rank0", "Reshape", normal(1, 1), np.zeros((0,), np.int32))
    case("reshape_from_rank0", "Reshape", normal(), ints(1, 1))
    case("reshape_empty", "Reshape", normal(0, 4), ints(4, 0))
    case("reshape_int64_shape", "Reshape", integers(6), np.array([3, 2], np.int64))
    case("transpose_matrix", "Transpose", normal(3, 5), ints(1, 0))
    case("transpose_rank3", "Transpose", normal(2, 3, 5), ints(2, 0, 1))
    case("transpose_rank4", "Transpose", normal(2, 3, 1, 5), ints(0, 2, 3, 1))
    case("transpose_rank0", "Transpose", normal(), np.zeros((0,), np.int32))
    case("transpose_int32", "Transpose", integers(3, 2), ints(1, 0))
    case("expanddims_front", "ExpandDims", normal(3, 2), np.int32(0))
    case("expanddims_back", "ExpandDims", normal(3, 2), np.int32(-1))
    case("expanddims_middle", "ExpandDims", normal(3, 2), np.int32(-2))
    case("expanddims_rank0", "ExpandDims", normal(), np.int32(0))
    case("squeeze_all", "Squeeze", normal(1, 3, 1, 2))
    case("squeeze_last", "Squeeze", normal(1, 3, 1), axis=[-1])
    case("squeeze_two", "Squeeze", normal(1, 3, 1, 2), axis=[0, 2])
    case("fill_matrix", "Fill", ints(2, 3), np.float32(1.5))
    case("fill_rank0", "Fill", np.zeros((0,), np.int32), np.float32(2))
    case("fill_empty", "Fill", ints(0, 4), np.int32(7))
    case("range_int32", "Range", np.int32(2), np.int32(11), np.int32(3))
    case("range_down", "Range", np.int32(5), np.int32(-2), np.int32(-2))
    case("range_empty", "Range", np.int32(3), np.int32(3), np.int32(1))
    case("range_float32", "Range", np.float32(0), np.float32(1), np.float32(0.3), gradient=False)
    case("shape_int32", "Shape", normal(3, 0, 5))
    case("shape_int64", "Shape", normal(3, 2), out_type=np.int64)
    case("shape_rank0", "Shape", normal())
    case("tile_rows", "Tile", normal(2, 3), ints(3, 1))
    case("tile_both", "Tile", normal(2, 3), ints(2, 2))
    case("tile_none", "Tile", normal(3), ints(0))
    case("concatv2_rows", "ConcatV2", normal(2, 3), normal(1, 3), normal(0, 3), np.int32(0))
    case("concatv2_last", "ConcatV2", normal(2, 3), normal(2, 2), np.int32(-1))
    case("concatv2_middle", "ConcatV2", normal(2, 1, 3), normal(2, 4, 3), np.int32(1))
    case("concatv2_int64", "ConcatV2", integers(2, dtype=np.int64), integers(3, dtype=np.int64), np.int32(0))
    case("pack_front", "Pack", normal(2, 3), normal(2, 3), axis=0)
    case("pack_last", "Pack", normal(2, 3), normal(2, 3), normal(2, 3), axis=-1)
    case("pack_scalars", "Pack", np.int32(4), np.int32(5), np.int32(6), axis=0)
    case("slice_matrix", "Slice", normal(4, 5), ints(1, 2), ints(2, 3))
    case("slice_to_the_end", "Slice", normal(4, 5), ints(1, 0), ints(-1, 2))
    case("slice_empty", "Slice", normal(4, 5), ints(2, 1), ints(0, 3))


def strided_slices():
    def strided(name, shape, begin, end, strides, **masks):
        case(f"stridedslice_{name}", "StridedSlice", normal(*shape), ints(*begin), ints(*end), ints(*strides), **masks)

    strided("plain", (4, 5), (1, 0), (3, 4), (1, 2))
    strided("negative", (4, 5), (-1, -2), (-4, -5), (-1, -1))
    strided("reverse", (5,), (0,), (0,), (-1,), begin_mask=1, end_mask=1)
    strided("one_row", (4, 5), (2,), (3,), (1,), shrink_axis_mask=1)
    strided("last_column", (4, 5), (0, -1), (0, 0), (1, 1), begin_mask=1, end_mask=1, shrink_axis_mask=2)
    strided("new_axis", (4, 5), (0, 0), (0, 0), (1, 1), new_axis_mask=1, begin_mask=2, end_mask=2)
    strided("ellipsis", (2, 3, 5), (0, 1), (0, 4), (1, 2), ellipsis_mask=1)
    strided("past_the_end", (4,), (2,), (99,), (1,))


def gathers():
    case("gatherv2_rows", "GatherV2", normal(5, 3), ints(4, 0, 4), np.int32(0))
    case("gatherv2_last", "GatherV2", normal(2, 5), ints(1, 3), np.int32(-1))
    case("gatherv2_matrix_of_indices", "GatherV2", normal(4, 2), np.array([[0, 3], [1, 1]], np.int32), np.int32(0))
    case("gatherv2_one", "GatherV2", normal(4, 3), np.int32(2), np.int32(0))
    case("gatherv2_batch", "GatherV2", normal(2, 4), np.array([[1, 0], [3, 3]], np.int32), np.int32(1), batch_dims=1)
    case("gatherv2_empty", "GatherV2", normal(4, 3), np.zeros((0,), np.int64), np.int32(0))
    on, off = np.float32(1), np.float32(0)
    case("onehot_last", "OneHot", ints(1, 0, 3), np.int32(4), on, off, gradient=False)
    case("onehot_out_of_range", "OneHot", ints(-1, 2, 5), np.int32(3), on, off, gradient=False)
    case("onehot_first_axis", "OneHot", ints(1, 0), np.int32(3), on, off, gradient=False, axis=0)
    case("onehot_values", "OneHot", np.array([[0, 2]], np.int64), np.int32(3), np.float32(5), np.float32(-1), gradient=False)
    case("onehot_int32", "OneHot", ints(1), np.int32(2), np.int32(1), np.int32(0))
    case("onehot_uint8", "OneHot", np.array([3, 1], np.uint8), np.int32(4), on, off, gradient=False)


def products():
    for how, (left, right) in {"": ((3, 4), (4, 5)), "_transpose_a": ((4, 3), (4, 5)), "_transpose_b": ((3, 4), (5, 4)),
                               "_transpose_both": ((4, 3), (5, 4))}.items():
        attrs = {"transpose_a": how in ("_transpose_a", "_transpose_both"), "transpose_b": how in ("_transpose_b", "_transpose_both")}
        case(f"matmul{how}", "MatMul", normal(*left), normal(*right), tolerance=2e-6, **attrs)
    case("matmul_odd", "MatMul", normal(17, 13), normal(13, 11), tolerance=5e-6)
    case("matmul_one", "MatMul", normal(1, 1), normal(1, 1))
    case("matmul_no_rows", "MatMul", normal(0, 4), normal(4, 3))
    case("matmul_no_inner", "MatMul", normal(2, 0), normal(0, 3))
    case("matmul_float64", "MatMul", normal(2, 3, dtype=np.float64), normal(3, 2, dtype=np.float64))
    case("batchmatmulv2_plain", "BatchMatMulV2", normal(2, 3, 4), normal(2, 4, 5), tolerance=2e-6)
    case("batchmatmulv2_broadcast", "BatchMatMulV2", normal(2, 1, 3, 4), normal(3, 4, 2), tolerance=5e-6)
    case("batchmatmulv2_adj_x", "BatchMatMulV2", normal(2, 4, 3), normal(2, 4, 5), adj_x=True, tolerance=2e-6)
    case("batchmatmulv2_adj_y", "BatchMatMulV2", normal(2, 3, 4), normal(2, 5, 4), adj_y=True, tolerance=2e-6)
    case("biasadd_matrix", "BiasAdd", normal(4, 3), normal(3))
    case("biasadd_rank3", "BiasAdd", normal(2, 4, 3), normal(3))
    case("biasadd_empty", "BiasAdd", normal(0, 3), normal(3))


def reductions():
    none = np.zeros((0,), np.int32)
    for op in ("Sum", "Mean", "Max", "Min", "Prod"):
        low = op.lower()
        case(f"{low}_rows", op, normal(3, 5), ints(0))
        case(f"{low}_last_keep", op, normal(3, 5), ints(-1), keep_dims=True)
        case(f"{low}_all", op, normal(2, 3, 5), ints(0, 1, 2))
        case(f"{low}_two_axes", op, normal(2, 3, 5), ints(-1, 0), keep_dims=True)
        case(f"{low}_no_axis", op, normal(2, 3), none)
        case(f"{low}_scalar_axis", op, normal(2, 3), np.int32(1))
        case(f"{low}_rank0", op, normal(), none)
        case(f"{low}_of_nothing", op, normal(0, 3), ints(0), gradient=op in ("Sum", "Mean"))
        case(f"{low}_int32", op, integers(4, 3), ints(1))
    case("max_ties", "Max", np.array([[1, 3, 3], [2, 2, 2]], np.float32), ints(1))
    case("min_ties", "Min", np.array([[1, 1, 3], [2, 2, 2]], np.float32), ints(1))
    case("max_nan", "Max", floats(1, NAN, 3), ints(0), gradient=False)
    case("prod_zeros", "Prod", np.array([[1, 0, 3], [0, 2, 0]], np.float32), ints(1))
    case("sum_long", "Sum", normal(997), ints(0), tolerance=2e-6)
    case("sum_float64", "Sum", normal(3, 2, dtype=np.float64), ints(0))
    for op in ("ArgMax", "ArgMin"):
        low = op.lower()
        case(f"{low}_last", op, normal(4, 5), np.int32(-1))
        case(f"{low}_first", op, normal(4, 5), np.int32(0), output_type=np.int32)
        case(f"{low}_ties", op, np.array([[1, 3, 3], [2, 2, 2]], np.float32), np.int32(1))
        case(f"{low}_int32", op, integers(3, 4), np.int32(1))


def softmaxes():
    far = np.array([[1000, 0, -1000], [0, 0, 0], [-1e4, -1e4, -1e4]], np.float32)
    for op in ("Softmax", "LogSoftmax"):
        low = op.lower()
        case(f"{low}_matrix", op, normal(4, 7), tolerance=2e-6)
        case(f"{low}_far", op, far, tolerance=2e-6)
        case(f"{low}_vector", op, normal(5), tolerance=2e-6)
        case(f"{low}_rank3", op, normal(2, 3, 5), tolerance=2e-6)
        case(f"{low}_one_class", op, normal(3, 1))
        case(f"{low}_no_rows", op, normal(0, 4))

    def probabilities(*shape):
        return lambda rng: (lambda p: np.asarray(p / p.sum(-1, keepdims=True), np.float32))(rng.uniform(0.1, 1, size=shape))

    dense, sparse = "SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits"
    case("softmaxcrossentropywithlogits_probabilities", dense, normal(4, 5), probabilities(4, 5), tolerance=2e-6)
    case("softmaxcrossentropywithlogits_one_hot", dense, normal(3, 3), np.eye(3, dtype=np.float32), constant=(1,), tolerance=2e-6)
    case("softmaxcrossentropywithlogits_far", dense, far, np.eye(3, dtype=np.float32), constant=(1,), tolerance=2e-6)
    case("softmaxcrossentropywithlogits_broadcast", dense, normal(4, 5), probabilities(1, 5), constant=(1,), tolerance=2e-6)
    case("sparsesoftmaxcrossentropywithlogits_int32", sparse, normal(4, 5), ints(0, 4, 2, 2), tolerance=2e-6)
    case("sparsesoftmaxcrossentropywithlogits_int64", sparse, normal(3, 4), np.array([3, 0, 1], np.int64), tolerance=2e-6)
    case("sparsesoftmaxcrossentropywithlogits_far", sparse, far, ints(2, 1, 0), tolerance=2e-6)


def all_cases():
    _cases.clear()
    for family in (arithmetic, elementwise, comparisons, casts, shapes, strided_slices, gathers, products, reductions, softmaxes):
        family()
    return list(_cases)

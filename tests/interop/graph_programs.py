"""Functions as users of TensorFlow write them, by families: (name, what it takes without the batch axis, function giving {name: result})."""

import tensorflow as tf

T, N, I, M, R = tf, tf.nn, tf.image, tf.math, tf.random
MATRIX = (3, 4)


def of(module, names, *arguments, **options):
    return {name: getattr(module, name)(*arguments, **options) for name in names.split()}


def functions_of_floats(x):
    every = of(M, "abs asin asinh atan atanh ceil cos cosh cumsum cumprod erf erfc exp expm1 floor is_finite is_inf is_nan negative reciprocal_no_nan rint round sigmoid sign sin sinh "
                  "softplus softsign square tan tanh log_sigmoid log_softmax softmax l2_normalize", x)
    positive = tf.abs(x) + 0.3
    return every | of(M, "sqrt rsqrt log log1p reciprocal lgamma digamma acosh", positive + 1.0) | of(M, "ndtri erfinv acos", x * 0.1 + 0.5)


def reductions(x):
    names = "reduce_sum reduce_mean reduce_max reduce_min reduce_prod reduce_std reduce_variance reduce_logsumexp reduce_euclidean_norm"
    results = {f"{name}_{how}": value for how, options in (("all", {}), ("last", {"axis": -1}), ("two", {"axis": [0, 2]}), ("kept", {"axis": [1], "keepdims": True}))
               for name, value in of(M, names, x, **options).items()}
    flags = x > 0
    return results | of(M, "reduce_all reduce_any count_nonzero", flags, axis=1) | of(M, "argmax argmin", x, axis=-1) | {
        "argmax_int32": M.argmax(x, axis=1, output_type=tf.int32), "cumsum": M.cumsum(x, axis=-1, exclusive=True, reverse=True), "norm": tf.norm(x, axis=-1), "norm_one": tf.norm(x, ord=1, axis=-1),
        "moments_mean": N.moments(x, [0, 1])[0], "moments_variance": N.moments(x, [0, 1])[1], "top_k": M.top_k(x, 2)[0], "top_k_places": M.top_k(x, 2)[1], "l2_loss": N.l2_loss(x)}


def arithmetic(x, y):
    return of(M, "add subtract multiply divide divide_no_nan multiply_no_nan floordiv floormod maximum minimum squared_difference atan2 equal not_equal greater greater_equal less "
                 "less_equal", x, y) | of(M, "pow xlogy xdivy xlog1py", tf.abs(x), tf.abs(y)) | {"add_n": tf.add_n([x, y, x]), "row": x + y[:1], "scalar": 2.0 * x - 1.0,
                                                                                                "floormod_number": M.floormod(x, 0.7)}


def integers(i, j):
    return of(M, "add subtract multiply floordiv floormod maximum minimum truediv", i, j) | of(tf, "truncatediv truncatemod", -i, j) | of(
        tf.bitwise, "bitwise_and bitwise_or bitwise_xor left_shift right_shift", i, j) | {
        "invert": tf.bitwise.invert(i), "pow": i ** 2, "sum": tf.reduce_sum(i, 1), "prod": tf.reduce_prod(i, 1), "max": tf.reduce_max(i), "mean": tf.reduce_mean(i, 1),
        "bincount": M.bincount(i, minlength=4, maxlength=5, axis=-1), "cumsum": tf.cumsum(i, 1), "clip": tf.clip_by_value(i, 1, 2), "sequence_mask": tf.sequence_mask(i[:, 0], 4),
        "one_hot": tf.one_hot(i, 4), "one_hot_words": tf.one_hot(i, 3, on_value=2.0, off_value=-1.0, axis=1), "unique": tf.unique(tf.reshape(i, [-1]))[0],
        "places": tf.unique_with_counts(tf.reshape(i, [-1]))[2], "embedding": N.embedding_lookup(tf.reshape(tf.range(12.0), (4, 3)), i), "range": tf.range(tf.size(i)),
        "buckets": tf.raw_ops.Bucketize(input=i, boundaries=[1.0, 1.5, 3.0]), "buckets_of_floats": tf.raw_ops.Bucketize(input=tf.cast(i, tf.float32) / 2, boundaries=[0.5, 0.5, 1.0]),
        "no_buckets": tf.raw_ops.Bucketize(input=i, boundaries=[]),
        "wide_product": tf.matmul(tf.cast(i * 50, tf.int8), tf.cast(j * 40, tf.int8), transpose_b=True, output_type=tf.int32)}


def logic(x, y):
    a, b = x > 0, y > 0
    return of(M, "logical_and logical_or logical_xor", a, b) | {
        "not": tf.logical_not(a), "where": tf.where(a, x, 0.0), "places": tf.where(a), "mask": tf.boolean_mask(x, a), "select": tf.where(a[:, :1], x, y), "all_equal": tf.reduce_all(tf.equal(x, x)),
        "dynamic": tf.dynamic_stitch([[0, 2], [1]], [x[:2], y[:1]]), "parts": tf.dynamic_partition(x[:, 0], tf.cast(a[:, 0], tf.int32), 2)[1]}


def casts(x):
    return {str(t.name): tf.cast(x * 3.0, t) for t in (tf.int32, tf.int64, tf.bool, tf.float16, tf.float64)} | {
        "uint8": tf.saturate_cast(x * 300.0, tf.uint8), "bits": tf.bitcast(x, tf.int32), "clip": tf.clip_by_value(x, -0.5, 0.5), "clip_norm": tf.clip_by_norm(x, 0.7), "half": tf.cast(tf.cast(x, tf.float16) * tf.cast(x, tf.float16), tf.float32)}


def shapes(x):
    batch = tf.shape(x)[0]
    return {
        "shape": tf.shape(x), "shape_n": tf.shape_n([x, x])[1], "size": tf.size(x), "rank": tf.rank(x), "reshape": tf.reshape(x, [batch, -1]), "rows": tf.reshape(x, (-1, 4)), "expand": x[:, tf.newaxis],
        "squeeze": tf.squeeze(x[:, :1], [1]), "transpose": tf.transpose(x, [0, 2, 1]), "turned": tf.transpose(x), "tile": tf.tile(x, [1, 2, 1]), "repeat": tf.repeat(x, 2, axis=1), "repeats": tf.repeat(x, [1, 0, 2], axis=1),
        "stack": tf.stack([x, -x], axis=1), "unstack": tf.unstack(x, axis=1)[2], "concat": tf.concat([x, -x], -1), "split": tf.split(x, 2, axis=2)[1], "pieces": tf.split(x, [1, 3], axis=2)[1], "pad": tf.pad(x, [[0, 0], [1, 0], [0, 2]]),
        "pad_value": tf.pad(x, [[1, 1], [0, 0], [0, 0]], constant_values=2.0), "reflect": tf.pad(x, [[0, 0], [1, 1], [2, 1]], mode="REFLECT"), "reverse": tf.reverse(x, [1]), "roll": tf.roll(x, 1, 1), "slice": tf.slice(x, [0, 1, 0], [-1, 2, -1]),
        "strided": x[:, ::2, tf.newaxis, ..., -1], "back": x[::-1, -1], "like": tf.zeros_like(x) + tf.ones_like(x), "fill": tf.fill(tf.shape(x), 2.0), "zeros": tf.zeros([batch, 2]), "eye": tf.eye(batch), "eyes": tf.eye(3, batch_shape=[batch]),
        "broadcast": tf.broadcast_to(x[:1], tf.shape(x)), "together": tf.broadcast_dynamic_shape(tf.shape(x), tf.constant([2, 1, 1, 1])), "elements": tf.reduce_prod(tf.shape(x)[1:]), "linspace": tf.linspace(0.0, 1.0, 5) * x[0, 0, 0],
        "meshgrid": tf.meshgrid(x[:, 0, 0], x[0, 0])[1], "ensured": tf.ensure_shape(x, [None, 3, 4]), "identities": tf.identity_n([x, -x])[1], "checked": tf.debugging.check_numerics(x, "x"), "space_to_batch": tf.space_to_batch(x, [2], [[1, 0]])}


def products(x, y):
    return {
        "matmul": tf.matmul(x, y, transpose_b=True), "matmul_a": tf.matmul(x, y, transpose_a=True), "by_matrix": tf.matmul(x, tf.ones((4, 2))), "einsum": tf.einsum("bij,bkj->bik", x, y), "einsum_dots": tf.einsum("...ij,jk->...ik", x, tf.ones((4, 2))),
        "tensordot": tf.tensordot(x, tf.ones((4, 2)), [[2], [0]]), "matvec": tf.linalg.matvec(x, y[:, 0]), "transposed": tf.linalg.matrix_transpose(x), "diag": tf.linalg.diag(x[:, 0]), "diag_part": tf.linalg.diag_part(x), "band": tf.linalg.band_part(x, 1, 0),
        "set_diag": tf.linalg.set_diag(x, y[:, :, 0]), "trace": tf.linalg.trace(x), "cross": tf.linalg.cross(x[..., :3], y[..., :3]), "normalized": tf.linalg.l2_normalize(x, axis=-1)}


def places(x, i):
    return {
        "gather": tf.gather(x, i[:, 0], axis=1), "gather_each": tf.gather(x, i, batch_dims=1), "gather_nd": tf.gather_nd(x, i[..., tf.newaxis], batch_dims=1), "scatter": tf.scatter_nd(i[:, :1], x[:, 0], [5, 4]),
        "update": tf.tensor_scatter_nd_update(tf.zeros((5, 4)), i[:1, :1], x[:1, 0]), "add": tf.tensor_scatter_nd_add(tf.zeros((5, 4)), i[:, :1], x[:, 0]), "sort": tf.sort(x), "argsort": tf.argsort(x, direction="DESCENDING"),
        "searchsorted": tf.searchsorted(tf.sort(x), x), "sequence": tf.reverse_sequence(x, i[:, 0], seq_axis=1), "segments": M.unsorted_segment_sum(x, i[:, 0], 4), "means": M.unsorted_segment_mean(x, i[:, 0], 4),
        "in_top_k": M.in_top_k(i[:, 0], x[:, 0], 2), "unravelled": tf.unravel_index(i[:, 0], [2, 3]), "histogram": tf.histogram_fixed_width(x, [-1.0, 1.0], nbins=4)}


def losses_and_activations(x, y):
    p = N.softmax(y)
    return of(N, "relu relu6 elu selu leaky_relu crelu gelu silu", x) | {
        "gelu_tanh": N.gelu(x, approximate=True), "leaky": N.leaky_relu(x, 0.4), "bias": N.bias_add(x, [1.0, 2.0, 3.0, 4.0]), "softmax_ce": N.softmax_cross_entropy_with_logits(p, x), "sparse_ce": N.sparse_softmax_cross_entropy_with_logits(M.argmax(y, -1), x),
        "sigmoid_ce": N.sigmoid_cross_entropy_with_logits(p, x), "weighted_ce": N.weighted_cross_entropy_with_logits(p, x, 2.0), "batch_norm": N.batch_normalization(x, 0.1, 1.2, 0.3, 1.5, 1e-3), "dropout": N.experimental.stateless_dropout(x, 0.3, [1, 2])}


def convolutions(x):
    kernel, deep = tf.reshape(tf.range(54.0), (3, 3, 3, 2)) / 54.0, tf.reshape(tf.range(12.0), (2, 2, 3, 1)) / 12.0
    return {
        "conv2d": N.conv2d(x, kernel, 2, "SAME"), "dilated": N.convolution(x, kernel, padding="SAME", dilations=2), "atrous": N.atrous_conv2d(x, kernel, 2, "VALID"), "depthwise": N.depthwise_conv2d(x, deep, [1, 1, 1, 1], "VALID"),
        "depthwise_dilated": N.depthwise_conv2d(x, deep, [1, 1, 1, 1], "SAME", dilations=[2, 2]), "separable": N.separable_conv2d(x, deep, tf.ones((1, 1, 3, 2)), [1, 1, 1, 1], "SAME"), "conv1d": N.conv1d(x[:, 0], kernel[0], 1, "SAME"),
        "conv1d_dilated": N.conv1d(x[:, 0], kernel[0], 1, "SAME", dilations=2), "transposed": N.conv2d_transpose(x, tf.transpose(kernel, [0, 1, 3, 2]), [tf.shape(x)[0], 12, 14, 2], 2), "max_pool": N.max_pool2d(x, 2, 2, "VALID"),
        "avg_pool": N.avg_pool2d(x, 3, 2, "SAME"), "max_pool1d": N.max_pool1d(x[:, 0], 2, 2, "SAME"), "pool_dilated": N.pool(x, [2, 2], "AVG", padding="VALID", dilations=[2, 2]), "lrn": N.local_response_normalization(x),
        "fused": tf.compat.v1.nn.fused_batch_norm(x, [1.0, 2.0, 3.0], [0.1, 0.2, 0.3], [0.0, 0.1, 0.2], [1.0, 1.1, 1.2], is_training=False)[0], "fused_training": tf.compat.v1.nn.fused_batch_norm(x, [1.0, 2.0, 3.0], [0.1, 0.2, 0.3])[0],
        "depth_to_space": N.depth_to_space(tf.concat([x, x, x, x], -1), 2), "space_to_depth": N.space_to_depth(x[:, :, :6], 2), "patches": I.extract_patches(x, [1, 2, 3, 1], [1, 2, 2, 1], [1, 1, 1, 1], "SAME")}


def images(x):
    resized = {f"{method}_{antialias}".lower(): I.resize(x, [4, 5], method=method, antialias=antialias)
               for method in ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic") for antialias in (False, True)}
    grey = I.rgb_to_grayscale(x)
    return resized | of(I, "flip_left_right flip_up_down transpose per_image_standardization rgb_to_hsv rgb_to_yuv rgb_to_yiq total_variation sobel_edges", x) | {
        "resize_up": I.resize(x, [9, 8]), "resize_v1": tf.compat.v1.image.resize_bilinear(x, [4, 5]), "bicubic_v1": tf.compat.v1.image.resize_bicubic(x, [4, 5]), "with_pad": I.resize_with_pad(x, 8, 8), "crop_or_pad": I.resize_with_crop_or_pad(x, 4, 9),
        "central": I.central_crop(x, 0.5), "box": I.crop_to_bounding_box(x, 1, 1, 3, 3), "padded": I.pad_to_bounding_box(x, 1, 1, 9, 9), "brightness": I.adjust_brightness(x, 0.1), "contrast": I.adjust_contrast(x, 2.0), "gamma": I.adjust_gamma(tf.abs(x), 2.0),
        "hue": I.adjust_hue(x, 0.1), "saturation": I.adjust_saturation(x, 2.0), "grey": grey, "colored": I.grayscale_to_rgb(grey), "rgb": I.hsv_to_rgb(tf.abs(x)), "crops": I.crop_and_resize(x, [[0.0, 0.1, 0.9, 1.0]], [0], [3, 3]), "gradient": I.image_gradients(x)[0]}


def bytes_of_images(x):
    floats = I.convert_image_dtype(x, tf.float32)
    return {"floats": floats, "back": I.convert_image_dtype(floats, tf.uint8, saturate=True), "resized": I.resize(x, [4, 5]), "nearest": I.resize(x, [9, 5], method="nearest"), "brighter": I.adjust_brightness(x, 0.1), "flipped": I.flip_left_right(x)}


def draws(x):
    seed = [1, 2]
    return {"uniform": R.stateless_uniform(tf.shape(x), seed), "normal": R.stateless_normal(tf.shape(x), seed), "truncated": R.stateless_truncated_normal(tf.shape(x), seed), "integers": R.stateless_uniform(tf.shape(x), seed, 0, 5, tf.int32),
            "wide": R.stateless_uniform([4], [2**40, 3], dtype=tf.float64)}


def gradients(x):
    kernel = tf.reshape(tf.range(54.0), (3, 3, 3, 2)) / 54.0
    with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        y = N.max_pool2d(N.relu(tf.compat.v1.nn.fused_batch_norm(N.conv2d(x, kernel, 1, "SAME"), [1.0, 2.0], [0.1, 0.2])[0]), 2, 2, "SAME")
        y = tf.tanh(tf.reduce_mean(y * y, axis=[1, 2])) + tf.reduce_max(tf.abs(y), axis=[1, 2])
        loss = tf.reduce_mean(N.softmax_cross_entropy_with_logits(tf.ones_like(y), y))
    dx, dk = tape.gradient(loss, [x, kernel])
    return {"loss": loss, "of_images": dx, "of_kernel": dk}


FLOATS, WHOLE, IMAGE = tf.float32, tf.int32, (6, 7, 3)
PROGRAMS = [
    ("functions_of_floats", functions_of_floats, [((4,), FLOATS)]), ("reductions", reductions, [(MATRIX, FLOATS)]), ("arithmetic", arithmetic, [((4,), FLOATS)] * 2), ("integers", integers, [((4,), WHOLE)] * 2), ("logic", logic, [((4,), FLOATS)] * 2),
    ("casts", casts, [((4,), FLOATS)]), ("shapes", shapes, [(MATRIX, FLOATS)]), ("products", products, [(MATRIX, FLOATS)] * 2), ("places", places, [(MATRIX, FLOATS), ((2,), WHOLE)]), ("losses_and_activations", losses_and_activations, [((4,), FLOATS)] * 2),
    ("convolutions", convolutions, [(IMAGE, FLOATS)]), ("images", images, [(IMAGE, FLOATS)]), ("bytes_of_images", bytes_of_images, [(IMAGE, tf.uint8)]), ("draws", draws, [((4,), FLOATS)]), ("gradients", gradients, [(IMAGE, FLOATS)]),
]

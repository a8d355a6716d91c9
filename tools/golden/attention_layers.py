"""tests/golden/layers: layers of attention, by the format of layer_cases.py."""

import keras
import numpy as np

from golden.common import rng_for
from golden.layer_cases import by_arguments, layer_case, write_layer_cases

L = keras.layers
QUERY_MASK = np.array([[True, True, False], [True, False, False]])
WHOLE_MASK = np.array([[True, False, True], [False, False, False]])
VALUE_MASK = np.array([[True, True, False, True], [False, True, True, False]])
KEY_MASK = np.array([[True, True, True, False], [True, True, False, False]])
PAIR, THREE, SELF = [(2, 3, 4), (2, 4, 5)], [(2, 3, 4), (2, 4, 5), (2, 4, 2)], [(2, 3, 4), (2, 3, 4)]
LOW = {"tolerance": 4e-3, "gradient_tolerance": 4e-2}


def attention_mask(*shape):
    mask = rng_for("attention_mask").random(size=shape) < 0.6
    mask[..., 0] = True
    return mask


def multi_head():
    mha = L.MultiHeadAttention
    two, scores, causal = by_arguments(2), by_arguments(2, return_attention_scores=True), by_arguments(2, use_causal_mask=True)
    masked = by_arguments(2, ["attention_mask"])
    penalties = {"kernel_regularizer": "l2", "bias_regularizer": "l1", "activity_regularizer": "l2", "kernel_constraint": "non_neg",
                 "bias_constraint": keras.constraints.MaxNorm(1.5)}
    masks = [QUERY_MASK, VALUE_MASK]
    return [
        layer_case("mha", mha(2, 3), PAIR, call=two),
        layer_case("mha_one_head", mha(1, 2, value_dim=3, output_shape=2, use_bias=False), PAIR, call=two),
        layer_case("mha_output_axes", mha(2, 2, output_shape=(2, 3)), PAIR, call=two),
        layer_case("mha_key", mha(2, 3, value_dim=2), THREE, call=by_arguments(3)),
        layer_case("mha_key_by_name", mha(2, 3), THREE, call=by_arguments(2, ["key"])),
        layer_case("mha_value_by_name", mha(2, 3), THREE, call=by_arguments(1, ["value", "key"])),
        layer_case("mha_all_by_name", mha(2, 3), THREE, call=by_arguments(0, ["query", "value", "key"])),
        layer_case("mha_masked", mha(2, 3), PAIR, call=two, masks=masks),
        layer_case("mha_whole_rows_masked", mha(2, 3), PAIR, call=two, masks=[WHOLE_MASK, VALUE_MASK]),
        layer_case("mha_key_masked", mha(2, 3), THREE, call=by_arguments(3), masks=[None, VALUE_MASK, KEY_MASK]),
        layer_case("mha_attention_mask", mha(2, 3), PAIR + [attention_mask(2, 3, 4)], call=masked),
        layer_case("mha_attention_mask_of_heads", mha(2, 3), PAIR + [attention_mask(2, 2, 3, 4)], call=masked),
        layer_case("mha_attention_mask_of_floats", mha(2, 3), PAIR + [attention_mask(1, 3, 4).astype(np.float32)], call=masked, masks=masks + [None]),
        layer_case("mha_causal", mha(2, 3), SELF, call=causal),
        layer_case("mha_causal_masked", mha(2, 3), PAIR, call=causal, masks=masks),
        layer_case("mha_scores", mha(2, 3), PAIR, call=scores),
        layer_case("mha_scores_masked", mha(2, 3), PAIR, call=scores, masks=[WHOLE_MASK, VALUE_MASK]),
        layer_case("mha_scores_causal", mha(2, 3), PAIR, call=by_arguments(2, use_causal_mask=True, return_attention_scores=True)),
        layer_case("mha_window", mha(2, 3, sliding_window=2), SELF, call=two),
        layer_case("mha_window_causal", mha(2, 3, sliding_window=2), PAIR, call=causal),
        layer_case("mha_gate", mha(2, 3, value_dim=2, use_gate=True), PAIR, call=two),
        layer_case("mha_dropout", mha(2, 3, dropout=0.4, seed=7), PAIR, call=two, training=True, masks=masks),
        layer_case("mha_dropout_causal", mha(2, 3, dropout=0.4, seed=7), SELF, call=causal, training=True),
        layer_case("mha_image", mha(2, 3), [(2, 3, 2, 4), (2, 3, 2, 4)], call=two),
        layer_case("mha_image_rows", mha(2, 3, attention_axes=2), [(2, 3, 2, 4), (2, 3, 4, 4)], call=scores),
        layer_case("mha_image_axes", mha(2, 2, attention_axes=(1, -2)), [(2, 3, 2, 4), (2, 2, 2, 4)], call=two),
        layer_case("mha_penalties", mha(2, 3, **penalties), PAIR, call=two),
        layer_case("mha_float16", mha(2, 3, dtype="float16"), PAIR, call=two, masks=masks, **LOW),
        layer_case("mha_float16_scores", mha(2, 3, dtype="mixed_float16"), PAIR, call=scores, masks=masks, **LOW),
    ]


def grouped_query():
    gqa = L.GroupQueryAttention
    pair, three, masks = [(2, 3, 4), (2, 4, 4)], [(2, 3, 4), (2, 4, 4), (2, 4, 2)], [QUERY_MASK, VALUE_MASK]
    two, causal = by_arguments(2), by_arguments(2, use_causal_mask=True)
    return [
        layer_case("gqa", gqa(3, 4, 2), pair, call=two),
        layer_case("gqa_one_head", gqa(2, 3, 1, use_bias=False), pair, call=two),
        layer_case("gqa_key", gqa(2, 2, 2), three, call=by_arguments(2, ["key"])),
        layer_case("gqa_masked", gqa(2, 2, 1), pair, call=two, masks=masks),
        layer_case("gqa_mask_arguments", gqa(2, 2, 1), pair + masks, call=by_arguments(2, ["query_mask", "value_mask"])),
        layer_case("gqa_causal", gqa(2, 4, 2), SELF, call=causal),
        layer_case("gqa_scores_masked", gqa(2, 4, 2), pair, call=by_arguments(2, return_attention_scores=True), masks=masks),
        layer_case("gqa_attention_mask", gqa(2, 4, 2), pair + [attention_mask(2, 3, 4)], call=by_arguments(2, ["attention_mask"], use_causal_mask=True)),
        layer_case("gqa_window_gate", gqa(2, 4, 2, sliding_window=1, use_gate=True), pair, call=two),
        layer_case("gqa_dropout", gqa(2, 4, 2, dropout=0.3, seed=5), pair, call=causal, training=True),
        layer_case("gqa_penalties", gqa(2, 2, 1, kernel_regularizer="l2", activity_regularizer="l2", bias_constraint="non_neg"), pair, call=two),
        layer_case("gqa_float16", gqa(2, 4, 2, dtype="mixed_float16"), pair, call=two, masks=masks, **LOW),
    ]


def dense():
    pair, three, masks = [(2, 3, 4), (2, 4, 4)], [(2, 3, 4), (2, 4, 2), (2, 4, 4)], [QUERY_MASK, VALUE_MASK]

    def given(count=2, **values):
        return by_arguments(count, as_list=True, **values)

    cases = []
    for name, kind in (("attention", L.Attention), ("additive_attention", L.AdditiveAttention)):
        cases += [
            layer_case(name, kind(), pair, call=given()),
            layer_case(f"{name}_scale", kind(use_scale=True), pair, call=given()),
            layer_case(f"{name}_no_scale", kind(use_scale=False), pair, call=given()),
            layer_case(f"{name}_key", kind(), three, call=given(3)),
            layer_case(f"{name}_masked", kind(), pair, call=given(), masks=masks),
            layer_case(f"{name}_all_masked", kind(), three, call=given(3), masks=[WHOLE_MASK, np.array([[False] * 4, VALUE_MASK[0]]), KEY_MASK]),
            layer_case(f"{name}_value_masked", kind(), pair, call=given(), masks=[None, VALUE_MASK]),
            layer_case(f"{name}_causal", kind(), pair, call=given(use_causal_mask=True)),
            layer_case(f"{name}_causal_masked", kind(), pair, call=given(use_causal_mask=True), masks=masks),
            layer_case(f"{name}_scores", kind(use_scale=True), pair, call=given(return_attention_scores=True), masks=masks),
            layer_case(f"{name}_dropout", kind(dropout=0.4, seed=3), pair, call=given(), training=True, masks=masks),
            layer_case(f"{name}_dropout_inference", kind(dropout=0.4, seed=3), pair, call=given()),
            layer_case(f"{name}_float16", kind(dtype="mixed_float16", use_scale=True), pair, call=given(), masks=masks, **LOW),
        ]
    return cases + [
        layer_case("attention_concat", L.Attention(score_mode="concat"), pair, call=given()),
        layer_case("attention_concat_scale", L.Attention(score_mode="concat", use_scale=True), pair, call=given(use_causal_mask=True)),
        layer_case("attention_image", L.Attention(), [(2, 2, 3, 4), (2, 2, 4, 4)], call=given()),
    ]


def make(folder):
    families = {"multi_head_attention": multi_head, "grouped_query_attention": grouped_query, "attention": dense}
    return sum(write_layer_cases(folder, name, cases()) for name, cases in families.items())

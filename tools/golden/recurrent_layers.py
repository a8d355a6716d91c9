"""tests/golden/layers: recurrent layers, by the format of layer_cases.py."""

import keras
import numpy as np

from golden.layer_cases import layer_case, write_layer_cases

L = keras.layers
MASK = np.array([[True, True, False, True], [True, False, False, True], [False, True, True, True]])
WHOLE = np.array([[False, False, False, False], [True, True, True, True], [True, True, False, False]])
SIZES = [(3, 4, 2)]


def recurrent():
    penalties = {"kernel_regularizer": "l2", "recurrent_regularizer": "l1", "bias_regularizer": "l2", "activity_regularizer": "l2",
                 "kernel_constraint": keras.constraints.MaxNorm(1.5), "recurrent_constraint": "non_neg"}
    cases = []
    for kind, name in ((L.SimpleRNN, "simple_rnn"), (L.LSTM, "lstm"), (L.GRU, "gru")):
        noise = {"dropout": 0.4, "recurrent_dropout": 0.3, "seed": 5}
        cases += [
            layer_case(name, kind(3), SIZES),
            layer_case(f"{name}_sequences", kind(2, return_sequences=True, activation="relu"), SIZES),
            layer_case(f"{name}_backwards", kind(2, return_sequences=True, go_backwards=True, use_bias=False), SIZES),
            layer_case(f"{name}_masked", kind(2, return_sequences=True), SIZES, masks=[MASK]),
            layer_case(f"{name}_last_masked", kind(2, go_backwards=True), SIZES, masks=[WHOLE]),
            layer_case(f"{name}_zero_output", kind(2, return_sequences=True, zero_output_for_mask=True), SIZES, masks=[MASK]),
            layer_case(f"{name}_zero_last", kind(2, zero_output_for_mask=True), SIZES, masks=[WHOLE]),
            layer_case(f"{name}_states", kind(2, return_sequences=True, return_state=True, unroll=True), SIZES, masks=[MASK]),
            layer_case(f"{name}_penalties", kind(2, **penalties), SIZES),
            layer_case(f"{name}_dropout_inference", kind(2, **noise), SIZES),
        ]
        if kind is L.SimpleRNN:  # its config leaves the seed out
            continue
        cases += [
            layer_case(f"{name}_dropout", kind(2, dropout=0.4, seed=3), SIZES, training=True),
            layer_case(f"{name}_both_dropouts", kind(2, return_sequences=True, **noise), SIZES, training=True),
        ]
    return cases + [
        layer_case("lstm_plain_bias", L.LSTM(2, unit_forget_bias=False, recurrent_activation="hard_sigmoid"), SIZES),
        layer_case("gru_before", L.GRU(2, reset_after=False, recurrent_activation="hard_sigmoid"), SIZES, masks=[MASK]),
        layer_case("gru_before_dropout", L.GRU(2, reset_after=False, dropout=0.2, recurrent_dropout=0.5, seed=9), SIZES, training=True),
        layer_case("gru_before_no_bias", L.GRU(2, reset_after=False, use_bias=False, return_sequences=True), SIZES),
    ]


def cells():
    def stack(**noise):
        return L.StackedRNNCells([L.LSTMCell(3, **noise), L.GRUCell(2, **noise), L.SimpleRNNCell(3, **noise)])

    return [
        layer_case("rnn_simple", L.RNN(L.SimpleRNNCell(3)), SIZES),
        layer_case("rnn_simple_dropout", L.RNN(L.SimpleRNNCell(3, dropout=0.4, recurrent_dropout=0.3, seed=4)), SIZES, training=True),
        layer_case("rnn_lstm", L.RNN(L.LSTMCell(2), return_sequences=True, return_state=True), SIZES, masks=[MASK]),
        layer_case("rnn_gru_backwards", L.RNN(L.GRUCell(2, reset_after=False), go_backwards=True, activity_regularizer="l2"), SIZES, masks=[MASK]),
        layer_case("rnn_stacked", L.RNN(stack(), return_sequences=True), SIZES, masks=[MASK]),
        layer_case("rnn_stacked_dropout", L.RNN(stack(dropout=0.3, seed=6)), SIZES, training=True),
    ]


def make(folder):
    return write_layer_cases(folder, "recurrent", recurrent()) + write_layer_cases(folder, "cells", cells())

// The operations of keras.ops that may stand in a functional model, both ways: an op record of ours as Keras's class, and Keras's
// class as a computation of ours. One table (keras_ops.cpp); a row for each class.
#pragma once

#include <string_view>

#include "namesake/nn/op_layer.h"
#include "namesake/ops/op.h"

namespace namesake::nn {

/// The op that made a symbolic tensor, in Keras's form: its class, config and arguments. An op that Keras has no class for gets its own
/// name and no module: it runs, and cannot be saved.
[[nodiscard]] OpCall describe_op(const ops::OpProducer& op);

/// True for the modules of Keras's operations: "keras.src.ops.numpy", "keras.ops".
[[nodiscard]] bool is_op_module(std::string_view module);

/// True if `entry`, one of the layers in a functional model's config, is an operation: its module says so. Legacy `.h5` files of Keras 3 name
/// no modules, and Add is a layer there, or an operation: the configs of layers have `trainable`, those of operations have not.
[[nodiscard]] bool is_op_entry(const JsonValue& entry);

/// The call of a file's operation: `object` has class_name, module and config; tensors among `args` (a list) and `kwargs` (an object)
/// are tensor_place values. Throws Unsupported for a class that is not known, FormatError for arguments that do not fit it.
[[nodiscard]] OpCall read_op(const JsonView& object, JsonValue args, JsonValue kwargs);

}  // namespace namesake::nn

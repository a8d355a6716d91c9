#include "namesake/nn/keras_ops.h"

#include <fmt/format.h>

#include "namesake/base/error.h"

namespace namesake::nn {

OpCall describe_op(const ops::OpProducer& op) {
  OpCall call;
  call.class_name = op.op().name;
  Tensors inputs = op.inputs();
  for (std::size_t i = 0, place = 0; i < inputs.size(); ++i) {
    if (inputs[i].is_symbolic()) call.args.push_back(tensor_place(place++));
  }
  call.run = [&record = op.op(), attrs = op.attrs(), inputs](const Tensors& symbols) {
    Tensors all = inputs;
    std::size_t place = 0;
    for (Tensor& input : all) {
      if (input.is_symbolic()) input = symbols.at(place++);
    }
    return ops::apply_list(record, all, attrs);
  };
  return call;
}

bool is_op_module(std::string_view module) { return module.starts_with("keras.src.ops") || module == "keras.ops"; }

OpCall read_op(const JsonView& object, JsonValue args, JsonValue kwargs) {
  static_cast<void>(args);
  static_cast<void>(kwargs);
  throw Unsupported({.what = fmt::format("The operation {} is not known here.", object.at("class_name").as_string())});
}

}  // namespace namesake::nn

// Nodes of graphs made by hand, in short, for tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "namesake/formats/graph_def.h"

namespace namesake::saving {

inline formats::NodeDef node(std::string name, std::string op, std::vector<std::string> inputs = {}, std::vector<formats::Attribute> attributes = {}) {
  return {std::move(name), std::move(op), {}, std::move(inputs), std::move(attributes)};
}
inline formats::NodeDef constant(std::string name, const Tensor& value) {
  return node(std::move(name), "Const", {}, {formats::attribute("dtype", value.dtype()), formats::attribute("value", formats::TensorValue::of(value))});
}
inline formats::FunctionArgument argument(std::string name, DType dtype) {
  formats::FunctionArgument made;
  made.name = std::move(name);
  made.dtype = dtype;
  return made;
}

}  // namespace namesake::saving

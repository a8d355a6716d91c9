// An op record of ours, applied to symbolic tensors, as the call of Keras's class that computes the same.
#include "namesake/nn/keras_ops.h"
#include "namesake/nn/keras_ops/description.h"

namespace namesake::nn {
namespace {

// Filled if Keras has a class for it.
bool describe(const ops::OpProducer& op, OpCall& call) {
  for (const auto family : {described_computations, described_shapes}) {
    for (const DescribedOp& entry : family()) {
      if (entry.record != op.op().name) continue;
      call = OpCall{.class_name = entry.class_name, .module = entry.module};
      Description description(op, call);
      if (entry.describe(description)) return true;
    }
  }
  return false;
}

}  // namespace

OpCall describe_op(const ops::OpProducer& op) {
  OpCall call;
  const Tensors inputs = op.inputs();
  if (!describe(op, call)) {
    call = OpCall{.class_name = op.op().name, .module = {}};
    std::size_t place = 0;
    for (const Tensor& input : inputs) {
      if (input.is_symbolic()) call.args.push_back(tensor_place(place++));
    }
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

}  // namespace namesake::nn

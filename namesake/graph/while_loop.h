// while_loop: a loop in a program or in a layer's call(), TensorFlow's tf.while_loop. It runs at once where its values are known, and
// becomes one node of the graph that is being made where they are not, so that a model with it can be saved for any number of rounds.
//   Tensors last = while_loop([&](const Tensors& v) { return less(v[0], n); }, [&](const Tensors& v) { return Tensors{v[0] + 1, v[1] * x}; },
//                             {Tensor(0), Tensor(1.0f)});
#pragma once

#include <functional>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// Of the loop variables: one bool, whether the loop goes on.
using LoopCondition = std::function<Tensor(const Tensors& loop_vars)>;
/// Of the loop variables: what they are in the next round.
using LoopBody = std::function<Tensors(const Tensors& loop_vars)>;

/// `body` of the loop variables, then of what it gave, as long as `cond` says so; gives the last ones. Each keeps its dtype and its rank;
/// a size may be another one in each round.
///
/// With values it runs at once, and tapes see every step. If a loop variable is symbolic, or depends on a variable of which a graph is
/// being made (graph::Tracer), or once `cond` gives a truth that is not known yet, what is left of the loop is one: cond and body are
/// called with symbolic tensors, more than once if a size turns out to be open, and the results are symbolic. A graph then has a node
/// "while" whose nodes are named below it, by the layers that run. Tensors of the program around that cond and body use go along as
/// loop variables of their own accord; variables are read and assigned in every round. Layers that are called in it should have been
/// built before.
///
/// Throws ShapeMismatch for a condition that is no truth and for loop variables that change in number, dtype or rank; Unsupported, while a graph
/// is made, for random numbers that would be drawn once for all rounds; InvalidArgument for a loop variable without a value.
[[nodiscard]] NAMESAKE_API Tensors while_loop(const LoopCondition& cond, const LoopBody& body, Tensors loop_vars);

}  // namespace namesake

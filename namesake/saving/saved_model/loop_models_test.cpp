// A layer with a while_loop of its own: gradients at once and out of its SavedModel, a model that is saved, read and saved again.
#include <gtest/gtest.h>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/graph/while_loop.h"
#include "namesake/nn/layer_of.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/activations.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"
#include "namesake/saving/saved_model/saved_model.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

// h = tanh(x_t + h recurrent), for each step of x (batch, steps, features).
class RoundsBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Rounds";
  struct Options {
    Shape input_shape = {};
    std::string name = "";
  };
  static void config(Options&, ConfigFields&) {}
  explicit RoundsBody(const Options&) {}
  void build(const Shape& input) override { recurrent_ = add_weight({.name = "recurrent", .shape = {input.back(), input.back()}, .initializer = "glorot_uniform"}); }
  Tensor call(const Tensor& x, CallContext&) override {
    const Tensor steps = take_one(shape_of(x), 0, 1);
    return while_loop([&](const Tensors& v) { return less(v[0], steps); },
                      [&](const Tensors& v) { return Tensors{v[0] + 1, tanh(take(x, v[0], 1) + matmul(v[1], recurrent_))}; },
                      {Tensor(0), zeros_like(take_one(x, 1, 0))})[1];
  }

 private:
  Variable recurrent_;
};
using Rounds = LayerOf<RoundsBody>;

Tensor sequence(std::int64_t steps) { return reshape(sin(cast(arange(2 * steps * 3), DType::kFloat32)), {2, steps, 3}); }

TEST(LoopModels, GiveTheSameNumbersAndGradientsOutOfTheirSavedModels) {
  const Sequential model({Rounds({.input_shape = {-1, 3}})}, {.name = "m"});
  const testing::TempFolder folder;
  model.save(folder / "m");
  const SavedModel loaded(folder / "m");
  loaded.model().save(folder / "again");
  const SavedModel again(folder / "again");
  for (const std::int64_t steps : {1, 4}) {
    GradientTape tape;
    const Tensor y = model(sequence(steps));
    const Tensor gradient = tape.gradient(sum(y * y), model.trainable_variables().at(0));
    EXPECT_EQ(max(abs(gradient)).item<float>() > 0.01F, steps > 1);  // the first step multiplies zeros
    for (const SavedModel& each : {loaded, again}) {
      GradientTape other;
      const Tensor found = each.run(sequence(steps))[0];
      const Tensor gradient_there = other.gradient(sum(found * found), each.trainable_variables().at(0));
      EXPECT_LT(max(abs(found - y)).item<float>(), 1e-6F);
      EXPECT_LT(max(abs(gradient_there - gradient)).item<float>(), 1e-5F);
    }
  }
}

}  // namespace
}  // namespace namesake

// Checkpoint and CheckpointManager: a run that is killed goes on to the same numbers, and no old checkpoint is lost to a new one.
#include "namesake/saving/checkpoint/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/base/fault.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/initializers.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/random_seed.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"
#include "namesake/optim/optimizers.h"
#include "namesake/saving/checkpoint/checkpoint_state.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A loop of one's own: a model with dropout, an optimizer, and a counter.
struct Loop {
  Sequential model = Sequential({Dense({.units = 6, .activation = "tanh", .input_shape = {3}, .name = "hidden"}), Dropout({.rate = 0.4, .name = "drop"}),
                                 Dense({.units = 1, .name = "out"})},
                                {.name = "run"});
  Optimizer optimizer = Adam({.learning_rate = 0.05});
  Variable step = Variable(Tensor(std::int64_t{0}), {.name = "step", .trainable = false});
  Checkpoint checkpoint{{"model", model}, {"optimizer", optimizer}, {"step", step}};
  Tensor x = Initializer(RandomNormal({.seed = 1}))({8, 3}), y = Initializer(RandomNormal({.seed = 2}))({8, 1});

  float train() {
    GradientTape tape;
    const Tensor loss = mean(square(model(x, {.training = true}) - y));
    optimizer.apply_gradients(tape.gradient(loss, model.trainable_variables()));
    step.assign_add(Tensor(std::int64_t{1}));
    return loss.item<float>();
  }
};

class Checkpoints : public ::testing::Test {
 protected:
  Checkpoints() { reset_names(); }
  ~Checkpoints() override { reset_names(); }
  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder_ / name; }
  testing::TempFolder folder_;
};

TEST_F(Checkpoints, AKilledRunGoesOnToTheSameLossesBitForBit) {
  set_random_seed(7);
  Loop whole;
  std::vector<float> losses;
  for (int i = 0; i < 4; ++i) whole.train();
  const std::filesystem::path saved = whole.checkpoint.save(path("ckpt"));
  EXPECT_EQ(saved, path("ckpt-1"));
  for (int i = 0; i < 4; ++i) losses.push_back(whole.train());

  set_random_seed(99);  // another process
  Loop again;
  again.checkpoint.restore(*latest_checkpoint(path("")));
  EXPECT_EQ(again.step.value().item<std::int64_t>(), 4);
  EXPECT_EQ(again.checkpoint.save_counter(), 1);
  for (const float loss : losses) EXPECT_EQ(again.train(), loss);
  const Tensors a = whole.model.get_weights(), b = again.model.get_weights();
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].to_vector<float>(), b[i].to_vector<float>());
}

TEST_F(Checkpoints, TakeACompiledModelsOptimizerWithTheModel) {
  Loop first, second;
  for (Loop* run : {&first, &second}) run->model.compile({.optimizer = run->optimizer, .loss = "mse"});
  first.train();
  const Checkpoint checkpoint{{"model", first.model}}, other{{"model", second.model}};
  checkpoint.write(path("weights"));
  EXPECT_THAT(folder_.names(), ElementsAre("weights.data-00000-of-00001", "weights.index"));
  other.read(path("weights"));
  EXPECT_EQ(second.optimizer.iterations(), 1);
  EXPECT_THAT(second.model.load_weights(path("weights")).unused, IsEmpty());  // a file of several objects, by the one that fits
}

// Collision class S11: an object that the file has under another name is not waited for in silence.
TEST_F(Checkpoints, SayWhatTheFileLacks) {
  Loop run;
  run.train();
  run.checkpoint.write(path("c"));
  const Checkpoint renamed{{"net", run.model}, {"optimizer", run.optimizer}};
  const Tensors before = run.model.get_weights();
  try {
    renamed.read(path("c"));
    FAIL() << "read";
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("net"));
  }
  LoadReport report = renamed.read(path("c"), {.strict = false});
  EXPECT_THAT(report.missing, ElementsAre("net"));
  const Checkpoint less{{"model", run.model}};
  EXPECT_THAT(less.read(path("c")).unused, IsEmpty());
}

TEST_F(Checkpoints, RefuseNamesThatCollideOrCannotBe) {
  Loop run;
  EXPECT_THROW((Checkpoint{{"a", run.model}, {"a", run.optimizer}}), NameCollision);
  for (const char* name : {"", "a/b", "save_counter"}) EXPECT_THROW((Checkpoint{{name, run.model}}), InvalidName) << name;
}

TEST_F(Checkpoints, AnOptimizerOfSeveralModelsIsBuiltBefore) {
  Loop a, b;
  const Checkpoint both{{"generator", a.model}, {"discriminator", b.model}, {"optimizer", a.optimizer}};
  a.train();
  both.write(path("gan"));
  Loop c, d;
  const Checkpoint others{{"generator", c.model}, {"discriminator", d.model}, {"optimizer", c.optimizer}};
  EXPECT_THROW(others.read(path("gan")), InvalidArgument);
  c.optimizer.build(c.model.trainable_variables());
  others.read(path("gan"));
  EXPECT_EQ(c.optimizer.iterations(), 1);
  // one model of several, by the name of its object
  EXPECT_THROW(d.model.load_weights(path("gan")), FormatError);
  d.model.load_weights(path("gan"), {.object = "generator"});
  EXPECT_EQ(d.model.get_weights()[0].to_vector<float>(), a.model.get_weights()[0].to_vector<float>());
}

TEST_F(Checkpoints, TheManagerKeepsTheLastOnes) {
  Loop run;
  CheckpointManager manager(run.checkpoint, path("kept"), {.max_to_keep = 2});
  EXPECT_EQ(manager.restore_or_initialize(), std::nullopt);
  for (int i = 0; i < 4; ++i) {
    run.train();
    EXPECT_EQ(manager.save(), path("kept") / ("ckpt-" + std::to_string(i + 1)));
  }
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path("kept"))) names.push_back(entry.path().filename().string());
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("checkpoint", "ckpt-3.index", "ckpt-3.data-00000-of-00001", "ckpt-4.index", "ckpt-4.data-00000-of-00001"));
  EXPECT_THAT(testing::read_text(path("kept") / "checkpoint"),
              ::testing::StartsWith("model_checkpoint_path: \"ckpt-4\"\nall_model_checkpoint_paths: \"ckpt-3\"\nall_model_checkpoint_paths: \"ckpt-4\"\nall_model_checkpoint_timestamps: 1"));

  Loop again;
  CheckpointManager next(again.checkpoint, path("kept"), {.max_to_keep = 2});
  EXPECT_EQ(next.restore_or_initialize(), path("kept") / "ckpt-4");
  EXPECT_EQ(again.train(), run.train());
  EXPECT_EQ(next.save(), path("kept") / "ckpt-5");
  EXPECT_THAT(next.checkpoints(), ElementsAre(path("kept") / "ckpt-4", path("kept") / "ckpt-5"));
  EXPECT_EQ(next.save(100), path("kept") / "ckpt-100");
  EXPECT_EQ(next.latest_checkpoint(), path("kept") / "ckpt-100");
  EXPECT_THROW(CheckpointManager(run.checkpoint, path("kept"), {.max_to_keep = 0}), InvalidArgument);
}

TEST_F(Checkpoints, AFailedSaveLosesNothing) {
  Loop run;
  CheckpointManager manager(run.checkpoint, path("kept"), {.max_to_keep = 1});
  manager.save();
  {
    const base::FaultScope fault([](base::FaultStep step) { return step == base::FaultStep::kRename ? ENOSPC : 0; });
    EXPECT_THROW(manager.save(), IoError);
  }
  EXPECT_EQ(latest_checkpoint(path("kept")), path("kept") / "ckpt-1");
  EXPECT_EQ(manager.save(), path("kept") / "ckpt-2");
}

TEST_F(Checkpoints, TheStateFileIsReadAsTensorFlowWritesIt) {
  EXPECT_EQ(latest_checkpoint(path("")), std::nullopt);
  testing::write_text(path("checkpoint"),
                      "model_checkpoint_path: \"a\\\"\\303\\244-2\"\nall_model_checkpoint_paths: \"/elsewhere/a-1\"\n"
                      "all_model_checkpoint_paths: \"a\\\"\\303\\244-2\"\nall_model_checkpoint_timestamps: 1.5\nlast_preserved_timestamp: 2\n");
  const auto state = saving::read_checkpoint_state(path(""));
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->latest, path("a\"\xc3\xa4-2"));
  EXPECT_THAT(state->all, ElementsAre("/elsewhere/a-1", path("a\"\xc3\xa4-2")));
  EXPECT_THROW((void)latest_checkpoint(path("")), IoError);  // it is not there
  saving::write_checkpoint_state(path(""), *state);
  EXPECT_EQ(saving::read_checkpoint_state(path(""))->all, state->all);
  for (const char* bad : {"", "model_checkpoint_path", "model_checkpoint_path: a", "model_checkpoint_path: \"a", "model_checkpoint_path: \"a\\\"", "all_model_checkpoint_paths: \"a\""}) {
    testing::write_text(path("checkpoint"), bad);
    EXPECT_THROW((void)saving::read_checkpoint_state(path("")), FormatError) << bad;
  }
}

}  // namespace
}  // namespace namesake

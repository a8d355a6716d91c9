// A run that is killed, again and again, and goes on from its last checkpoint each time: the same losses, bit for bit, as a run that nobody
// disturbed. With rows shuffled, dropout, and an optimizer with state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <bit>
#include <cstdint>
#include <fstream>
#include <map>
#include <random>

#include "namesake/formats/tensor_bundle.h"
#include "namesake/namesake.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace namesake::faults {
namespace {

using ::namesake::testing::end_of;
using ::namesake::testing::start_child;
using ::namesake::testing::TempFolder;

constexpr int kEpochs = 30;
constexpr int kMostKills = 300;
constexpr std::uint64_t kSeed = 7;

/// Goes on with the folder's run, or begins it. Appends a line for each epoch to its file `losses`: the number, and the loss bit for bit.
void train_in(const std::string& folder) {
  const bool begins = !latest_checkpoint(folder + "/run").has_value();
  set_random_seed(begins ? kSeed : static_cast<std::uint64_t>(::getpid()));  // what another process happens to have
  const Sequential model({Dense({.units = 16, .activation = "tanh", .input_shape = {5}, .name = "hidden"}), Dropout({.rate = 0.4, .name = "drop"}), Dense({.units = 1, .name = "out"})},
                         {.name = "trained"});
  model.compile({.optimizer = Adam({.learning_rate = ExponentialDecay({.initial_learning_rate = 0.05, .decay_steps = 10, .decay_rate = 0.9})}), .loss = "mse"});
  const Variable epoch(Tensor(std::int64_t{0}), {.name = "epoch", .trainable = false});
  CheckpointManager manager(Checkpoint{{"model", model}, {"epoch", epoch}}, folder + "/run", {.max_to_keep = 2});
  manager.restore_or_initialize();
  const Tensor x = Initializer(RandomNormal({.seed = 1}))({70, 5}), y = Initializer(RandomNormal({.seed = 2}))({70, 1});
  for (auto done = epoch.value().item<std::int64_t>(); done < kEpochs; ++done) {
    const History history = model.fit(x, y, {.batch_size = 16, .epochs = done + 1, .verbose = Verbose::kSilent, .initial_epoch = done});
    epoch.assign(Tensor(done + 1));
    std::ofstream(folder + "/losses", std::ios::app) << done << " " << std::bit_cast<std::uint64_t>(history["loss"].back()) << std::endl;
    manager.save();
  }
}

/// By epoch; an epoch that was run twice must have had one loss.
std::map<int, std::uint64_t> losses_of(const std::string& folder) {
  std::ifstream file(folder + "/losses");
  std::map<int, std::uint64_t> losses;
  int epoch = 0;
  std::uint64_t bits = 0;
  while (file >> epoch >> bits) {
    const auto [known, fresh] = losses.emplace(epoch, bits);
    EXPECT_EQ(known->second, bits) << "epoch " << epoch << " gave another loss when it was run again";
  }
  return losses;
}

/// What the last checkpoint holds.
std::map<std::string, std::vector<std::byte>> state_of(const std::string& folder) {
  std::map<std::string, std::vector<std::byte>> state;
  for (const formats::WeightEntry& entry : formats::read_tensor_bundle(latest_checkpoint(folder + "/run")->string()).weights) {
    if (entry.dtype == DType::kString) continue;
    const formats::Bytes bytes = entry.bytes();
    state[entry.path].assign(bytes.span.begin(), bytes.span.end());
  }
  return state;
}

TEST(ARunThatIsKilledAndGoesOn, GivesTheSameLossesBitForBit) {
  const TempFolder whole, killed;
  train_in(whole.path());
  std::mt19937 random(3);
  int kills = 0;
  for (bool ended = false; !ended && kills < kMostKills;) {
    const pid_t child = start_child([&] {
      train_in(killed.path());
      ::pause();  // it waits to be killed here, too
    });
    ASSERT_GT(child, 0);
    const unsigned longest = 30'000U + 3'000U * static_cast<unsigned>(kills);  // a slow machine needs more for an epoch
    ::usleep(std::uniform_int_distribution<unsigned>(3'000, longest)(random));
    ::kill(child, SIGKILL);
    ASSERT_EQ(end_of(child), "killed by signal 9");
    const auto latest = latest_checkpoint(killed / "run");
    ended = latest && latest->filename() == "ckpt-" + std::to_string(kEpochs);
    kills += ended ? 0 : 1;
  }
  EXPECT_GT(kills, 0) << "no kill came in time";
  const auto expected = losses_of(whole.path());
  EXPECT_EQ(expected.size(), static_cast<std::size_t>(kEpochs));
  EXPECT_EQ(losses_of(killed.path()), expected);
  const auto state = state_of(killed.path());
  for (const auto& [key, bytes] : state_of(whole.path())) EXPECT_EQ(state.at(key), bytes) << key;
}

}  // namespace
}  // namespace namesake::faults

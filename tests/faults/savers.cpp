#include "tests/faults/savers.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <utility>

#include "cli/commands.h"
#include "namesake/formats/npy.h"
#include "namesake/formats/npz.h"
#include "namesake/namesake.h"
#include "tests/support/temp_folder.h"

namespace namesake::faults {
namespace {

constexpr std::int64_t kRows = 8, kInputs = 40;

Sequential make_model(int version) {
  set_random_seed(static_cast<std::uint64_t>(version) + 1);
  const Sequential model({Dense({.units = 60 + version, .activation = "tanh", .input_shape = {kInputs}, .name = "hidden"}), Dense({.units = 3, .name = "out"})},
                         {.name = "saved"});
  model.compile({.optimizer = Adam({.learning_rate = 0.01}), .loss = "mse"});
  return model;
}

Tensor inputs() { return Initializer(RandomNormal({.seed = 1}))({kRows, kInputs}); }
Tensor labels() { return Initializer(RandomNormal({.seed = 2}))({kRows, 3}); }

// Models, and files for the commands, made once.
struct Stock {
  testing::TempFolder folder;
  std::vector<Sequential> models;
  std::vector<std::string> files;
  Stock() {
    std::filesystem::permissions(folder.path(), std::filesystem::perms::all);  // some tests go on as another user
    for (const int version : {0, 1}) {
      models.push_back(make_model(version));
      static_cast<void>(models.back().fit(inputs(), labels(), {.verbose = Verbose::kSilent}));
      files.push_back(folder / ("model_" + std::to_string(version) + ".keras"));
      models.back().save(files.back());
    }
    const std::array<formats::NamedTensor, 2> data = {{{"x", inputs()}, {"y", labels()}}};
    formats::write_npz(folder / "data.npz", data);
  }
};

const Stock& stock() {
  static const Stock made;
  return made;
}

// Standard output goes nowhere for a while.
class Quiet {
 public:
  Quiet() : kept_(::dup(STDOUT_FILENO)) {
    std::fflush(stdout);
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, STDOUT_FILENO);
    ::close(nowhere);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() {
    std::fflush(stdout);
    ::dup2(kept_, STDOUT_FILENO);
    ::close(kept_);
  }

 private:
  int kept_;
};

const Sequential& model(int version) { return stock().models[static_cast<std::size_t>(version)]; }

void convert_to(const std::string& path, int version) {
  const Quiet quiet;
  cli::convert({.input = stock().files[static_cast<std::size_t>(version)], .output = path});
}

void train_to(const std::string& path, int version) {
  cli::TrainOptions options;
  options.model = stock().files[static_cast<std::size_t>(version)];
  options.data.files = {stock().folder / "data.npz"};
  options.output = path;
  options.seed = 1;
  options.json = true;
  const Quiet quiet;
  if (cli::train(options) != 0) throw std::runtime_error("train was stopped");
}

void checkpoint_to(const std::string& path, int version) {
  static_cast<void>(make_model(version).fit(inputs(), labels(), {.verbose = Verbose::kSilent, .callbacks = {ModelCheckpoint({.filepath = path})}, .shuffle = false}));
}

std::vector<Saver> make_savers() {
  return {
      {"save .keras", "m.keras", [](const std::string& path, int version) { model(version).save(path); }},
      {"save .h5", "m.h5", [](const std::string& path, int version) { model(version).save(path); }},
      {"save .h5 for Keras 2", "m.h5", [](const std::string& path, int version) { model(version).save(path, {.keras2 = true}); }},
      {"save weights .weights.h5", "m.weights.h5", [](const std::string& path, int version) { model(version).save_weights(path); }},
      {"save weights .h5", "m.h5", [](const std::string& path, int version) { model(version).save_weights(path); }},
      {"convert to .keras", "m.keras", convert_to, true},
      {"convert to .h5", "m.h5", convert_to, true},
      {"convert to .weights.h5", "m.weights.h5", convert_to, true},
      {"train", "m.keras", train_to, true},
      {"ModelCheckpoint", "m.keras", checkpoint_to, true},
      {"predictions .npy", "p.npy", [](const std::string& path, int version) { formats::write_npy(path, model(version).get_weights()[0]); }},
      {"predictions .npz", "p.npz", [](const std::string& path, int version) {
         const std::array<formats::NamedTensor, 1> arrays = {{{"p", model(version).get_weights()[0]}}};
         formats::write_npz(path, arrays);
       }},
  };
}

}  // namespace

const std::vector<Saver>& savers() {
  static const std::vector<Saver> all = make_savers();
  static_cast<void>(stock());
  return all;
}

const Saver& saver(const std::string& name) {
  for (const Saver& each : savers()) {
    if (each.name == name) return each;
  }
  throw std::runtime_error("no saver is called " + name);
}

const std::string& expected(const Saver& saver, int version) {
  static std::map<std::pair<std::string, int>, std::string> known;
  const auto [entry, is_new] = known.try_emplace({saver.name, version});
  if (is_new) {
    const testing::TempFolder folder;
    saver.save(folder / saver.file, version);
    entry->second = testing::read_text(folder / saver.file);
  }
  return entry->second;
}

std::string which(const Saver& saver, const std::string& path) {
  if (!std::filesystem::exists(path)) return "nothing";
  const std::string found = testing::read_text(path);
  if (found == expected(saver, 0)) return "old";
  if (found == expected(saver, 1)) return "new";
  return "neither: " + std::to_string(found.size()) + " bytes";
}

}  // namespace namesake::faults

// .keras archives that real Keras wrote, archives that we write, and what damage and failures do to both.
#include "namesake/formats/keras_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "namesake/base/error.h"
#include "namesake/base/fault.h"
#include "namesake/formats/container/json.h"
#include "namesake/formats/container/zip_writer.h"
#include "tests/support/hex.h"
#include "tests/support/temp_folder.h"

namespace namesake::formats {
namespace {

using ::namesake::testing::as_bytes;
using ::namesake::testing::read_text;
using ::namesake::testing::TempFolder;
using ::namesake::testing::to_hex;
using ::namesake::testing::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kGolden = NAMESAKE_SOURCE_DIR "/tests/golden/archives/";
const char* const kArchives[] = {"sequential_adam", "nested_adam", "bfloat16", "keras2_sequential", "keras2_nested"};

template <class Entry>
std::vector<std::string> paths_of(const std::vector<Entry>& entries) {
  std::vector<std::string> paths;
  for (const Entry& entry : entries) paths.push_back(entry.path);
  return paths;
}

// What would write the archive anew.
KerasArchiveContent content_of(const ModelFile& model) {
  KerasArchiveContent content{.metadata = model.metadata, .config = model.config};
  for (const GroupEntry& group : model.groups) content.groups.push_back({group.path, group.attributes});
  for (const WeightEntry& weight : model.weights) {
    content.arrays.push_back({weight.path, weight.dtype, weight.shape, weight.bytes()});
  }
  return content;
}

// Everything that a model file says, as one text.
std::string all_of(const ModelFile& model) {
  std::string all = to_json(model.metadata) + "\n" + to_json(model.config) + "\n";
  for (const GroupEntry& group : model.groups) all += group.path + " " + to_json(group.attributes) + "\n";
  for (const WeightEntry& weight : model.weights) {
    all += weight.path + " " + std::string(to_string(weight.dtype)) + to_string(weight.shape) + " " +
           to_hex(weight.bytes().span) + "\n";
  }
  return all;
}

class RealArchive : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(KerasArchive, RealArchive, ::testing::ValuesIn(kArchives),
                         [](const auto& each) { return each.param; });

TEST_P(RealArchive, IsListedAsH5pyAndPythonListIt) {
  const std::string path = kGolden + GetParam() + ".keras";
  const JsonValue expected = parse_json(read_text(kGolden + GetParam() + ".json"));
  const ModelFile model = read_keras_archive(path);
  EXPECT_EQ(model.format, "keras");
  EXPECT_EQ(model.file, path);
  EXPECT_TRUE(model.metadata.find("keras_version")->is_string());
  EXPECT_TRUE(model.config.find("class_name")->is_string());

  ASSERT_EQ(model.entries.size(), expected.find("entries")->items().size());
  for (std::size_t i = 0; i < model.entries.size(); ++i) {
    const JsonValue& entry = expected.find("entries")->items()[i];
    EXPECT_EQ(model.entries[i].name, entry.find("name")->as_string());
    EXPECT_EQ(model.entries[i].size, entry.find("size")->as_uint());
    EXPECT_EQ(model.entries[i].unsafe, "");
  }
  const JsonArray& groups = expected.find("groups")->items();
  EXPECT_EQ(model.groups.size(), groups.size() + 1) << "and the root";
  for (const JsonValue& group : groups) {
    const GroupEntry* found = model.find_group(group.find("path")->as_string());
    ASSERT_NE(found, nullptr) << to_json(group);
    const JsonValue* name = group.find("name");
    EXPECT_EQ(found->stored_name(), name->is_null() ? std::nullopt : std::optional(name->as_string()));
  }
  const std::string file = read_text(path);
  ASSERT_EQ(model.weights.size(), expected.find("weights")->items().size());
  for (const JsonValue& facts : expected.find("weights")->items()) {
    const WeightEntry* weight = model.find_weight(facts.find("path")->as_string());
    ASSERT_NE(weight, nullptr) << to_json(facts);
    std::vector<std::int64_t> sizes;
    for (const JsonValue& size : facts.find("shape")->items()) sizes.push_back(size.as_int());
    EXPECT_EQ(weight->shape, Shape(sizes)) << weight->path;
    EXPECT_EQ(to_string(weight->dtype), facts.find("dtype")->as_string()) << weight->path;
    EXPECT_EQ(to_hex(weight->bytes().span), facts.find("bytes")->as_string()) << weight->path;
    ASSERT_TRUE(weight->offset) << weight->path;
    EXPECT_EQ(to_hex(as_bytes(file).subspan(*weight->offset, weight->byte_size)), facts.find("bytes")->as_string());
  }
}

TEST_P(RealArchive, WrittenAnewHoldsTheSame) {
  const TempFolder folder;
  const ModelFile model = read_keras_archive(kGolden + GetParam() + ".keras");
  write_keras_archive(folder / "a.keras", content_of(model));
  write_keras_archive(folder / "b.keras", content_of(read_keras_archive(folder / "a.keras")));
  EXPECT_EQ(all_of(read_keras_archive(folder / "a.keras")), all_of(model));
  EXPECT_EQ(read_text(folder / "a.keras"), read_text(folder / "b.keras")) << "equal content gives equal bytes";
}

TEST(KerasArchive, ListsVariablesAsPeopleCount) {
  const ModelFile model = read_keras_archive(kGolden + "nested_adam.keras");
  const std::vector<std::string> paths = paths_of(model.weights);
  const auto at = [&](const char* path) { return std::find(paths.begin(), paths.end(), path) - paths.begin(); };
  EXPECT_LT(at("optimizer/vars/2"), at("optimizer/vars/10"));
  EXPECT_LT(at("optimizer/vars/10"), static_cast<std::ptrdiff_t>(paths.size()));
}

TEST(KerasArchive, WeightsOutliveTheModelFile) {
  std::optional<WeightEntry> weight;
  Bytes bytes;
  {
    const ModelFile model = read_keras_archive(kGolden + "sequential_adam.keras");
    weight = *model.find_weight("layers/dense/vars/0");
    bytes = weight->bytes();
  }
  EXPECT_EQ(to_hex(bytes.span), to_hex(weight->bytes().span));
  const Tensor tensor = weight->to_tensor();
  EXPECT_EQ(tensor.shape(), Shape({4, 3}));
  EXPECT_EQ(to_hex(tensor.bytes()), to_hex(bytes.span));
  std::vector<std::byte> room(weight->byte_size);
  weight->read_into(room);
  EXPECT_EQ(to_hex(room), to_hex(bytes.span));
  room.pop_back();
  EXPECT_THROW(weight->read_into(room), InvalidArgument);
}

KerasArchiveContent small_content(float first = 1) {
  static const float values[300] = {};
  const auto owned = std::make_shared<std::vector<float>>(std::begin(values), std::end(values));
  owned->front() = first;
  return {.config = JsonValue::object({{"class_name", "Sequential"}}),
          .groups = {{"vars"}, {"layers/dense/vars", JsonValue::object({{"name", "dense_1"}})}},
          .arrays = {{"layers/dense/vars/0", DType::kFloat32, {100, 3}, {std::as_bytes(std::span(*owned)), owned}}},
          .extras = {{"namesake.json", "{}"}}};
}

TEST(KerasArchive, IsWrittenAsKerasOrdersIt) {
  const TempFolder folder;
  write_keras_archive(folder / "a.keras", small_content());
  const ModelFile model = read_keras_archive(folder / "a.keras");
  std::vector<std::string> names;
  for (const ArchiveEntry& entry : model.entries) names.push_back(entry.name);
  EXPECT_THAT(names, ElementsAre("metadata.json", "config.json", "model.weights.h5", "namesake.json"));
  EXPECT_EQ(to_json(model.metadata), R"({"keras_version": "3.15.1", "date_saved": "1980-01-01@00:00:00"})");
  EXPECT_EQ(model.find_group("layers/dense/vars")->stored_name(), "dense_1");
  EXPECT_THAT(paths_of(model.groups), ElementsAre("", "layers", "layers/dense", "layers/dense/vars", "vars"));
  ASSERT_EQ(model.weights.size(), 1U);
  EXPECT_EQ(*model.weights[0].offset % 64, 0U) << "large weights can be used where they lie";
  const Bytes extra = model.find_entry("namesake.json")->bytes();
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(extra.span.data()), extra.span.size()), "{}");
}

TEST(KerasArchive, TakesItsDateFromTheEnvironment) {
  struct Case {
    const char* epoch;
    const char* date;
  };
  const Case cases[] = {{"1700000000", "2023-11-14@22:13:20"}, {"0", "1970-01-01@00:00:00"},
                        {"", "1980-01-01@00:00:00"},           {"soon", "1980-01-01@00:00:00"},
                        {"-5", "1980-01-01@00:00:00"},         {"999999999999999", "1980-01-01@00:00:00"}};
  for (const Case& each : cases) {
    ASSERT_EQ(::setenv("SOURCE_DATE_EPOCH", each.epoch, 1), 0);
    EXPECT_EQ(keras_metadata().find("date_saved")->as_string(), each.date) << each.epoch;
  }
  ASSERT_EQ(::unsetenv("SOURCE_DATE_EPOCH"), 0);
}

TEST(KerasArchive, RefusesContentWhoseNamesMeet) {
  const TempFolder folder;
  const auto write = [&](const auto& change) {
    KerasArchiveContent content = small_content();
    change(content);
    write_keras_archive(folder / "a.keras", content);
  };
  EXPECT_THROW(write([](auto& c) { c.arrays.push_back(c.arrays[0]); }), NameCollision);
  EXPECT_THROW(write([](auto& c) {
                 c.groups.push_back({"layers/dense/vars/0"});
                 c.arrays.push_back(c.arrays[0]);
               }),
               NameCollision);
  EXPECT_THROW(write([](auto& c) { c.groups[1].attributes.add("name", "again"); }), NameCollision);
  EXPECT_THROW(write([](auto& c) { c.extras.push_back({"config.json", "{}"}); }), NameCollision);
  EXPECT_THROW(write([](auto& c) { c.arrays[0].shape = {100, 4}; }), InvalidArgument);
  EXPECT_THROW(write([](auto& c) { c.groups[1].attributes.add("odd", JsonValue::object()); }), InvalidArgument);
  EXPECT_TRUE(folder.names().empty());
}

// A zip archive with these entries; stored as they are.
std::string zip_of(const TempFolder& folder, const std::vector<std::pair<std::string, std::string>>& entries) {
  base::AtomicFile file(folder / "made.keras");
  ZipWriter zip(file);
  for (const auto& [name, content] : entries) zip.add(name, content);
  zip.finish();
  file.commit();
  return folder / "made.keras";
}

TEST(KerasArchive, RefusesOtherFilesAndSaysWhatTheyLack) {
  const TempFolder folder;
  write_text(folder / "text.keras", "this is a text, not an archive");
  struct Case {
    std::string path;
    const char* code;
    const char* said;
  };
  const auto refused = [](const Case& each) {
    try {
      static_cast<void>(read_keras_archive(each.path));
      ADD_FAILURE() << each.path << " was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), each.code) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(each.said));
    }
  };
  refused({folder / "missing.keras", "io-error", "missing.keras"});
  refused({folder.path(), "io-error", "directory"});
  refused({folder / "text.keras", "format-error", "not a whole zip archive"});
  refused({zip_of(folder, {{"readme.txt", "x"}}), "format-error", "config.json"});
  refused({zip_of(folder, {{"config.json", "{\"a\": }"}}), "format-error", "config.json: a, byte 6"});
  refused({zip_of(folder, {{"config.json", "{}"}, {"metadata.json", "{"}}), "format-error", "metadata.json"});
  refused(
      {zip_of(folder, {{"config.json", "{}"}, {"model.weights.h5", "no HDF5"}}), "format-error", "model.weights.h5"});
  refused({zip_of(folder, {{"config.json", "{}"}, {"model.weights.npz", ""}}), "unsupported", "model.weights.npz"});
  refused({zip_of(folder, {{"config.json", "{}"}, {"model.weights.json", ""}}), "unsupported", "model.weights.json"});
}

TEST(KerasArchive, WithoutWeightsIsAModelWithoutWeights) {
  const TempFolder folder;
  const ModelFile model = read_keras_archive(zip_of(folder, {{"config.json", "{\"a\": 1, \"a\": 2}"}}));
  EXPECT_TRUE(model.weights.empty());
  EXPECT_TRUE(model.metadata.is_null());
  EXPECT_EQ(model.config.count("a"), 2U) << "keys that stand twice are kept";
}

TEST(KerasArchive, KeepsEntriesWithOneNameAndTakesTheLast) {
  const TempFolder folder;
  const std::string path = zip_of(folder, {{"config.json", "{\"v\": 1}"}, {"confih.json", "{\"v\": 2}"}, {"../x", ""}});
  std::string bytes = read_text(path);
  for (std::size_t at = bytes.find("confih"); at != std::string::npos; at = bytes.find("confih")) bytes[at + 5] = 'g';
  write_text(path, bytes);
  const ModelFile model = read_keras_archive(path);
  ASSERT_EQ(model.entries.size(), 3U);
  EXPECT_EQ(model.entries[0].name, model.entries[1].name);
  EXPECT_EQ(model.config.find("v")->as_int(), 2);
  EXPECT_EQ(model.entries[2].unsafe, "leaves its folder");
}

TEST(KerasArchive, NoCutAndNoFlippedByteGivesAnotherModel) {
  const TempFolder folder;
  const std::string good = read_text(kGolden + "sequential_adam.keras");
  const std::string said = all_of(read_keras_archive(kGolden + "sequential_adam.keras"));
  const std::string path = folder / "a.keras";
  write_text(path, good);
  // The file is changed in place: writing it anew thousands of times takes a disk long.
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto put = [&](std::size_t at, char byte) { file.seekp(static_cast<std::streamoff>(at)).put(byte).flush(); };
  int refused = 0;
  for (std::size_t at = 0; at < good.size(); at += 7) {
    put(at, static_cast<char>(good[at] ^ (1 << at % 8)));
    try {
      ASSERT_EQ(all_of(read_keras_archive(path)), said) << "byte " << at;
    } catch (const FormatError&) {
      ++refused;
    } catch (const Unsupported&) {
      ++refused;
    }
    put(at, good[at]);
  }
  ASSERT_EQ(all_of(read_keras_archive(path)), said) << "the file is as it was";
  EXPECT_GT(refused, 3000);
  for (std::size_t length = good.size(); length-- > 0;) {
    if (length > 1000 && length % 13 != 0) continue;
    std::filesystem::resize_file(path, length);
    EXPECT_THROW(static_cast<void>(read_keras_archive(path)), FormatError) << "cut at " << length;
  }
}

TEST(KerasArchive, ADamagedWeightIsFoundUnlessNobodyAsks) {
  const TempFolder folder;
  const ModelFile model = read_keras_archive(kGolden + "sequential_adam.keras");
  std::string bytes = read_text(kGolden + "sequential_adam.keras");
  bytes[*model.find_weight("layers/dense/vars/0")->offset] ^= 1;
  write_text(folder / "a.keras", bytes);
  EXPECT_THROW(static_cast<void>(read_keras_archive(folder / "a.keras")), FormatError);
  const ModelFile unchecked = read_keras_archive(folder / "a.keras", {.check_weights = false});
  EXPECT_EQ(unchecked.weights.size(), model.weights.size());
  EXPECT_THROW(static_cast<void>(unchecked.find_entry("model.weights.h5")->bytes()), FormatError);
}

TEST(KerasArchive, TheOldFileStaysWholeWhicheverStepFails) {
  const TempFolder folder;
  const std::string path = folder / "a.keras";
  write_keras_archive(path, small_content(1));
  const std::string before = read_text(path);
  int failing = 0;
  for (bool done = false; !done; ++failing) {
    int steps = 0;
    base::FaultStep last = base::FaultStep::kCreate;
    const base::FaultScope fault([&](base::FaultStep step) { return last = step, steps++ == failing ? ENOSPC : 0; });
    try {
      write_keras_archive(path, small_content(2));
      done = true;
    } catch (const IoError& error) {
      EXPECT_EQ(error.error_number(), ENOSPC);
      if (last == base::FaultStep::kSyncFolder) continue;  // the new file stands there, whole
      ASSERT_EQ(read_text(path), before) << "step " << failing;
    }
    ASSERT_THAT(folder.names(), ElementsAre("a.keras")) << "step " << failing;
  }
  EXPECT_GT(failing, 10);
  EXPECT_NE(read_text(path), before);
}

TEST(KerasArchive, TheOldFileStaysWholeWhenTheDiskIsFull) {
  const TempFolder folder;
  const std::string path = folder / "a.keras";
  write_keras_archive(path, small_content(1));
  const std::string before = read_text(path);
  for (rlim_t limit = 0; limit < before.size(); limit += 397) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit most{limit, limit};
      ::setrlimit(RLIMIT_FSIZE, &most);
      int result = 1;
      try {
        write_keras_archive(path, small_content(2));
      } catch (const IoError&) {
        result = 0;
      } catch (...) {
        result = 2;
      }
      ::_exit(result);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0) << "at most " << limit << " bytes";
    ASSERT_EQ(read_text(path), before);
    ASSERT_THAT(folder.names(), ElementsAre("a.keras"));
  }
}

TEST(KerasArchive, AKilledSaveLeavesTheOldModelOrTheNewOne) {
  const TempFolder folder;
  const std::string path = folder / "a.keras";
  write_keras_archive(path, small_content(1));
  const std::string one = read_text(path);
  write_keras_archive(path, small_content(2));
  const std::string two = read_text(path);
  std::mt19937 random(1);
  for (int round = 0; round < 15; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int i = 0;; ++i) write_keras_archive(path, small_content(static_cast<float>(1 + i % 2)));
    }
    ASSERT_GT(child, 0);
    ::usleep(std::uniform_int_distribution<unsigned>(500, 30'000)(random));
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const std::string found = read_text(path);
    ASSERT_TRUE(found == one || found == two) << "round " << round;
  }
  write_keras_archive(path, small_content(1));
  EXPECT_THAT(folder.names(), ElementsAre("a.keras"));
}

}  // namespace
}  // namespace namesake::formats

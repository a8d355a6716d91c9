// Files that someone made to do harm, and files that lack what they need: each is refused with the file and the inner place,
// within a second and 100 MB. What concerns one container alone is tested beside it (formats/container/*_test.cpp).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/formats/container/hdf5_file.h"
#include "namesake/formats/container/hdf5_writer.h"
#include "namesake/formats/csv.h"
#include "namesake/formats/keras_archive.h"
#include "namesake/formats/legacy_h5.h"
#include "namesake/formats/npz.h"
#include "namesake/formats/weights_h5.h"
#include "namesake/saving/load_model.h"
#include "tests/support/limits.h"
#include "tests/support/temp_folder.h"
#include "tests/support/zip_builder.h"

namespace namesake {
namespace {

using ::testing::HasSubstr;
using testing::Limits;
using testing::ZipBuilder;

std::string golden(const std::string& name) { return testing::read_text(std::string(NAMESAKE_SOURCE_DIR) + "/tests/golden/" + name); }

std::string replaced(std::string text, std::string_view old, std::string_view now) {
  const std::size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return text.replace(at, old.size(), now);
}

std::string dense(std::string_view units = "2", std::string_view name = "dense") {
  return fmt::format(R"({{"module": "keras.layers", "class_name": "Dense", "config": {{"name": "{}", "units": {}}}, "registered_name": null}})", name, units);
}

std::string sequential(std::string_view layers) {
  return fmt::format(R"({{"module": "keras", "class_name": "Sequential", "config": {{"name": "m", "layers": [{{"module": "keras.layers",
      "class_name": "InputLayer", "config": {{"batch_shape": [null, 3], "name": "in"}}, "registered_name": null}}, {}]}}}})", layers);
}

// The weights of sequential(dense()), or of other sizes and types.
std::string weights(const Shape& kernel = {3, 2}, DType dtype = DType::kFloat32, bool with_bias = true) {
  formats::Hdf5MemorySink sink;
  formats::Hdf5Writer writer(sink, "weights");
  const std::vector<std::byte> zeros(1024);
  const auto bytes = [&](const Shape& shape) { return std::span(zeros).first(static_cast<std::size_t>(shape.count()) * size_of(dtype)); };
  writer.dataset("layers/dense/vars/0", dtype, kernel, bytes(kernel));
  if (with_bias) writer.dataset("layers/dense/vars/1", dtype, {2}, bytes({2}));
  writer.close();
  return {reinterpret_cast<const char*>(sink.bytes().data()), sink.bytes().size()};
}

std::string archive(const std::string& config, const std::string& weights_file, bool deflated = false) {
  ZipBuilder zip;
  zip.add("config.json", config, deflated);
  if (!weights_file.empty()) zip.add("model.weights.h5", weights_file, deflated);
  return zip.finish();
}

struct Case {
  const char* what;
  std::string file;  // its name
  std::string content;
  std::string code;
  std::string said;  // in the message, beside the file's name
};

void expect_refused(const std::vector<Case>& cases) {
  Limits::start_here();  // with the contents in memory
  const testing::TempFolder folder;
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    const std::string path = folder / each.file;
    testing::write_text(path, each.content);
    const Limits limits;
    try {
      (void)load_model(path);
      ADD_FAILURE() << "was loaded";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), each.code) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(each.said));
      EXPECT_THAT(error.what(), HasSubstr(each.file));
    }
    EXPECT_EQ(limits.broken(), "");
  }
}

TEST(HostileFiles, TheModelThatTheyAreMadeOfIsSound) {
  const testing::TempFolder folder;
  testing::write_text(folder / "m.keras", archive(sequential(dense()), weights(), true));
  EXPECT_EQ(load_model(folder / "m.keras").count_params(), 8);
}

TEST(HostileFiles, MissingPartsAreNamed) {
  ZipBuilder without_config;
  without_config.add("model.weights.h5", weights());
  expect_refused({
      {"an empty file", "m.keras", "", "format-error", "not a whole zip archive"},
      {"an archive of nothing", "m.keras", ZipBuilder().finish(), "format-error", "config.json"},
      {"no config", "m.keras", without_config.finish(), "format-error", "config.json"},
      {"no weights", "m.keras", archive(sequential(dense()), ""), "format-error", "dense/kernel"},
      {"one weight too few", "m.keras", archive(sequential(dense()), weights({3, 2}, DType::kFloat32, false)), "format-error", "dense/bias"},
      {"no class", "m.keras", archive(R"({"module": "keras", "config": {}})", weights()), "format-error", "class_name"},
      {"an empty .h5", "m.h5", "", "format-error", "no HDF5 file"},
      {"a .h5 without a model", "m.h5", weights(), "format-error", "model_config"},
  });
}

TEST(HostileFiles, WrongTypesAreNamedWithTheirPlace) {
  const std::string sound = sequential(dense());
  expect_refused({
      {"a list for a config", "m.keras", archive("[]", weights()), "format-error", "config.json: A value"},
      {"a number for a config", "m.keras", archive("7", weights()), "format-error", "config.json: A value"},
      {"text for units", "m.keras", archive(sequential(dense("\"two\"")), weights()), "format-error", "units"},
      {"NaN for units", "m.keras", archive(sequential(dense("NaN")), weights()), "format-error", "units"},
      {"1e400 for units", "m.keras", archive(sequential(dense("1e400")), weights()), "format-error", "config.json"},
      {"fewer units than none", "m.keras", archive(sequential(dense("-3")), weights()), "format-error", "units"},
      {"2 to the 70th for units", "m.keras", archive(sequential(dense("1180591620717411303424")), weights()), "format-error", "config.json"},
      {"a number for a class", "m.keras", archive(replaced(sound, "\"Dense\"", "3"), weights()), "format-error", "class_name"},
      {"no list of layers", "m.keras", archive(R"({"module": "keras", "class_name": "Sequential", "config": {"layers": 3}})", weights()), "format-error", "layers"},
      {"bytes that are no UTF-8", "m.keras", archive(replaced(sound, "\"dense\"", "\"\xff\xfe\""), weights()), "format-error", "config.json"},
      {"half a config", "m.keras", archive(sound.substr(0, sound.size() / 2), weights()), "format-error", "config.json"},
      {"weights that are no HDF5", "m.keras", archive(sound, "weights"), "format-error", "model.weights.h5"},
  });
}

TEST(HostileFiles, WrongShapesAndTypesOfWeightsAreNamed) {
  const std::string sound = sequential(dense());
  expect_refused({
      {"another size", "m.keras", archive(sound, weights({3, 3})), "shape-mismatch", "dense/kernel"},
      {"another rank", "m.keras", archive(sound, weights({6})), "shape-mismatch", "dense/kernel"},
      {"turned", "m.keras", archive(sound, weights({2, 3})), "shape-mismatch", "dense/kernel"},
      {"another type", "m.keras", archive(sound, weights({3, 2}, DType::kInt64)), "shape-mismatch", "dense/kernel"},
  });
}

TEST(HostileFiles, HugeClaimsAllocateNothing) {
  std::string many;
  for (int i = 0; i < 200; ++i) many += (i > 0 ? ", " : "") + dense("1000", fmt::format("dense_{}", i));
  expect_refused({
      {"units beyond the file", "m.keras", archive(sequential(dense("100000000")), weights()), "format-error", "more weights than the file"},
      {"units beyond 64 bits of elements", "m.keras", archive(sequential(dense("9223372036854775807")), weights()), "format-error", "weights"},
      {"many layers", "m.keras", archive(sequential(many), weights()), "format-error", "more weights than the file"},
  });
}

TEST(HostileFiles, BombsDoNotGoOff) {
  const std::string spaces(64 << 20, ' ');
  ZipBuilder lying;
  lying.add("config.json", spaces, true, 100);
  std::string lists = "[";
  for (int i = 0; i < 5'000'000; ++i) lists += "[],";
  lists += "0]";
  expect_refused({
      {"a config of spaces", "m.keras", archive(spaces, weights(), true), "format-error", "beyond reason"},
      {"a config that says it is small", "m.keras", lying.finish(), "format-error", "config.json"},
      {"a config of empty lists", "m.keras", archive(lists, weights(), true), "format-error", "config.json"},
      {"weights of spaces", "m.keras", archive(sequential(dense()), spaces, true), "format-error", "beyond reason"},
  });
}

TEST(HostileFiles, DeepNestingEndsInAnError) {
  std::string deep(1'000'000, '['), objects, models = dense();
  for (int i = 0; i < 300'000; ++i) objects += "{\"a\":";
  for (int i = 0; i < 90; ++i) models = sequential(models);
  formats::Hdf5MemorySink sink;
  formats::Hdf5Writer writer(sink, "deep");
  std::string path;
  for (int i = 0; i < 150; ++i) path += "/g";
  writer.group(path);
  writer.close();
  const std::string groups(reinterpret_cast<const char*>(sink.bytes().data()), sink.bytes().size());
  expect_refused({
      {"lists", "m.keras", archive(deep, weights()), "format-error", "config.json"},
      {"objects", "m.keras", archive(objects, weights()), "format-error", "config.json"},
      {"models in models", "m.keras", archive(models, weights()), "format-error", ""},
      {"groups", "m.keras", archive(sequential(dense()), groups), "format-error", "nested too deeply"},
  });
}

TEST(HostileFiles, AnEntryThatStandsTwiceIsAmbiguous) {
  for (const char* twice : {"config.json", "model.weights.h5"}) {
    ZipBuilder zip;
    zip.add("config.json", sequential(dense()));
    zip.add("model.weights.h5", weights());
    zip.add(twice, twice[0] == 'c' ? sequential(dense()) : weights());
    expect_refused({{twice, "m.keras", zip.finish(), "format-error", twice}});
  }
}

TEST(HostileFiles, NamesThatLeaveTheFolderAreMarkedAndNotFollowed) {
  ZipBuilder zip;
  zip.add("config.json", sequential(dense()));
  zip.add("model.weights.h5", weights());
  const std::vector<std::string> names = {"../evil", "assets/../../evil", "/etc/evil", "..\\evil", "C:/evil"};
  for (const std::string& name : names) zip.add(name, "evil");
  const testing::TempFolder folder;
  testing::write_text(folder / "m.keras", zip.finish());
  const formats::ModelFile file = formats::read_keras_archive(folder / "m.keras");
  for (const std::string& name : names) {
    const formats::ArchiveEntry* entry = file.find_entry(name);
    ASSERT_NE(entry, nullptr) << name;
    EXPECT_NE(entry->unsafe, "") << name;
  }
  EXPECT_EQ(load_model(folder / "m.keras").count_params(), 8);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"m.keras"});
}

TEST(HostileFiles, LayersThatFollowEachOtherInACircleAreRefused) {
  const auto after = [](std::string_view name, std::string_view before) {
    return fmt::format(R"({{"module": "keras.layers", "class_name": "Dense", "config": {{"name": "{}", "units": 3}}, "name": "{}", "inbound_nodes": [[["{}", 0, 0, {{}}]]]}})",
                       name, name, before);
  };
  const std::string config = fmt::format(
      R"({{"module": "keras", "class_name": "Functional", "config": {{"name": "m", "layers": [{{"class_name": "InputLayer", "config": {{"batch_shape": [null, 3],
      "name": "in"}}, "name": "in", "inbound_nodes": []}}, {}, {}], "input_layers": [["in", 0, 0]], "output_layers": [["a", 0, 0]]}}}})",
      after("a", "b"), after("b", "a"));
  expect_refused({{"a circle", "m.keras", archive(config, weights()), "format-error", ""}});
}

TEST(HostileFiles, UnwrittenDataClaimOnlySoMuchTogether) {
  // In this file never_written is (5,) doubles, in chunks that are not there; its size stands in a header without checksum.
  std::string content = golden("hdf5/layouts_earliest.h5");
  const formats::Hdf5File sound(testing::as_bytes(content), "sound.h5");
  const std::size_t header = sound.find("/never_written")->address;
  const std::size_t size = content.find(std::string("\5\0\0\0\0\0\0\0", 8), header);
  ASSERT_LT(size, header + 100);
  const std::string huge("\0\0\0\0\1\0\0\0", 8);  // 2^32 of them
  content.replace(size, 8, huge).replace(size + 8, 8, huge);
  const formats::Hdf5File file(testing::as_bytes(content), "claims.h5");
  EXPECT_THAT(file.find("/never_written")->unsupported, HasSubstr("bytes of data"));
  EXPECT_EQ(file.find("/many_chunks")->unsupported, "");
}

// Every proper beginning of a file is refused, at once.
void expect_no_beginning_reads(const std::string& name, const std::string& content, const std::function<void(const std::string&)>& read) {
  SCOPED_TRACE(name);
  Limits::start_here();
  const testing::TempFolder folder;
  const std::string path = folder / name;
  testing::write_text(path, content);
  for (std::size_t size = content.size(); size-- > 0;) {
    std::filesystem::resize_file(path, size);
    const Limits limits;
    try {
      read(path);
      FAIL() << "was read at " << size << " of " << content.size() << " bytes";
    } catch (const FormatError& error) {
      ASSERT_THAT(error.what(), HasSubstr(name)) << size;
    }
    ASSERT_EQ(limits.broken(), "") << size;
  }
}

TEST(HostileFiles, AFileCutShortIsRefusedAtEveryLength) {
  const auto load = [](const std::string& path) { (void)load_model(path); };
  expect_no_beginning_reads("a.keras", archive(sequential(dense()), weights()), load);
  expect_no_beginning_reads("b.keras", golden("keras2/deferred.keras"), load);
  expect_no_beginning_reads("c.weights.h5", weights(), [](const std::string& path) { (void)formats::read_h5(path); });
  expect_no_beginning_reads("d.h5", golden("hdf5/tiny_v110.h5"), [](const std::string& path) { (void)formats::read_h5(path); });
  expect_no_beginning_reads("e.npz", golden("keras2/compiled.npz"), [](const std::string& path) { (void)formats::read_npz(path); });
}

}  // namespace
}  // namespace namesake

#include "namesake/formats/tensor_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "namesake/base/error.h"
#include "namesake/base/fault.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/bundle_slices.h"
#include "namesake/formats/container/json.h"
#include "namesake/formats/object_graph.h"

namespace namesake::formats {
namespace {

namespace fs = std::filesystem;
const std::string kGolden = NAMESAKE_SOURCE_DIR "/tests/golden/checkpoints/";

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    text += "0123456789abcdef"[static_cast<unsigned>(byte) >> 4U];
    text += "0123456789abcdef"[static_cast<unsigned>(byte) & 15U];
  }
  return text;
}

JsonValue golden() { return parse_json(slurp(kGolden + "tensors.json"), {.file = "tensors.json"}); }

BundleTensor copy_of(const WeightEntry& entry) {
  BundleTensor tensor{entry.path, entry.dtype, entry.shape, {}, {}};
  if (entry.dtype == DType::kString) tensor.strings = entry.source->read_strings();
  else tensor.bytes = entry.bytes();
  return tensor;
}

class Bundle : public testing::Test {
 protected:
  Bundle() { fs::create_directories(folder_); }
  ~Bundle() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  fs::path folder_ = fs::path(testing::TempDir()) / ("namesake_bundle_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
};

BundleTensor floats(std::string key, const std::vector<float>& values) {
  const auto kept = std::make_shared<std::vector<float>>(values);
  return {std::move(key), DType::kFloat32, {static_cast<std::int64_t>(kept->size())}, {std::as_bytes(std::span(*kept)), kept}, {}};
}

TEST_F(Bundle, ReadsEveryTensorAsTensorFlowDoes) {
  const JsonValue all = golden();
  int tensors = 0;
  for (const auto& [name, expected] : all.members()) {
    const ModelFile file = read_tensor_bundle(kGolden + name);
    EXPECT_EQ(file.format, "checkpoint");
    ASSERT_EQ(file.weights.size(), expected.items().size()) << name;
    for (std::size_t i = 0; i < file.weights.size(); ++i) {
      const WeightEntry& entry = file.weights[i];
      const JsonValue& wanted = expected.items()[i];
      SCOPED_TRACE(name + ": " + entry.path);
      EXPECT_EQ(entry.path, wanted.find("key")->as_string());
      EXPECT_EQ(to_string(entry.dtype), wanted.find("dtype")->as_string());
      std::vector<std::int64_t> shape;
      for (const JsonValue& size : wanted.find("shape")->items()) shape.push_back(size.as_int());
      EXPECT_EQ(entry.shape, Shape(shape));
      if (const JsonValue* bytes = wanted.find("bytes")) {
        EXPECT_EQ(hex(entry.bytes().span), bytes->as_string());
        std::vector<std::byte> read(entry.byte_size);
        entry.read_into(read);
        EXPECT_EQ(hex(read), bytes->as_string());
      }
      if (const JsonValue* strings = wanted.find("strings")) {
        const auto read = entry.source->read_strings();
        ASSERT_EQ(read.size(), strings->items().size());
        for (std::size_t k = 0; k < read.size(); ++k) EXPECT_EQ(hex(std::as_bytes(std::span(read[k]))), strings->items()[k].as_string());
      }
      ++tensors;
    }
  }
  EXPECT_GT(tensors, 80);
}

TEST_F(Bundle, WritesTheBytesThatTensorFlowWrote) {
  for (const std::string name : {"dtypes", "name_based", "keras2_weights"}) {
    const ModelFile file = read_tensor_bundle(kGolden + name);
    std::vector<BundleTensor> tensors;
    for (auto entry = file.weights.rbegin(); entry != file.weights.rend(); ++entry) tensors.push_back(copy_of(*entry));  // in any order
    write_tensor_bundle(path(name), tensors);
    const ModelFile again = read_tensor_bundle(path(name));
    ASSERT_EQ(again.weights.size(), file.weights.size());
    for (std::size_t i = 0; i < again.weights.size(); ++i) {
      if (file.weights[i].dtype == DType::kString) EXPECT_EQ(again.weights[i].source->read_strings(), file.weights[i].source->read_strings());
      else EXPECT_EQ(hex(again.weights[i].bytes().span), hex(file.weights[i].bytes().span));
    }
  }
  for (const std::string end : {".index", ".data-00000-of-00001"}) {
    EXPECT_EQ(slurp(path("dtypes") + end), slurp(kGolden + "dtypes" + end)) << end;
    EXPECT_EQ(slurp(path("name_based") + end), slurp(kGolden + "name_based" + end)) << end;
  }
}

TEST_F(Bundle, ManyTensorsTakeSeveralBlocksOfTheIndex) {
  std::vector<BundleTensor> tensors;
  for (int i = 0; i < 9000; ++i) tensors.push_back(floats("layer_" + std::to_string(i) + "/" + std::string(static_cast<std::size_t>(i % 50), 'k'), {static_cast<float>(i)}));
  write_tensor_bundle(path("many"), tensors);
  const ModelFile file = read_tensor_bundle(path("many"));
  ASSERT_EQ(file.weights.size(), 9000u);
  for (const WeightEntry& entry : file.weights) {
    EXPECT_EQ(entry.to_tensor().item<float>(), std::stof(entry.path.substr(6))) << entry.path;
  }
}

TEST_F(Bundle, ListingNeedsNoDataFile) {
  fs::copy_file(kGolden + "sharded.index", path("a.index"));
  fs::copy_file(kGolden + "sharded.data-00000-of-00002", path("a.data-00000-of-00002"));
  const ModelFile file = read_tensor_bundle(path("a.index"));
  ASSERT_EQ(file.weights.size(), 4u);
  EXPECT_EQ(file.weights[0].to_tensor().to_vector<float>(), (std::vector<float>{0, 1, 2}));
  try {
    (void)file.weights[3].bytes();
    FAIL() << "read";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("a.data-00001-of-00002"));
  }
}

TEST_F(Bundle, KnowsItsPrefixByAnyOfItsFiles) {
  for (const char* name : {"a/model", "a/model.index", "a/model.data-00000-of-00001", "a/model.data-00012-of-00345"}) EXPECT_EQ(bundle_prefix(name), "a/model");
  EXPECT_EQ(bundle_prefix("a/model.data-0000x-of-00001"), "a/model.data-0000x-of-00001");
  EXPECT_TRUE(is_bundle(kGolden + "dtypes"));
  EXPECT_TRUE(is_bundle(kGolden + "dtypes.index"));
  EXPECT_FALSE(is_bundle(kGolden + "tensors.json"));
  EXPECT_FALSE(is_bundle(path("none")));
}

TEST_F(Bundle, SaysWhichTensorIsDamaged) {
  for (const char* end : {".index", ".data-00000-of-00001"}) fs::copy_file(kGolden + "dtypes" + end, path("d") + end);
  const std::string data = path("d.data-00000-of-00001"), whole = slurp(data);
  const ModelFile sound = read_tensor_bundle(path("d"));
  for (const WeightEntry& entry : sound.weights) {
    if (entry.byte_size == 0 && entry.dtype != DType::kString) continue;
    std::string bytes = whole;
    bytes[*entry.offset] = static_cast<char>(bytes[*entry.offset] ^ 1);
    std::ofstream(data, std::ios::binary) << bytes;
    const ModelFile file = read_tensor_bundle(path("d"));
    try {
      (void)file.find_weight(entry.path)->to_tensor();
      ADD_FAILURE() << entry.path << " was read";
    } catch (const FormatError& error) {
      EXPECT_EQ(error.inner(), entry.path);
      EXPECT_EQ(error.file(), data);
    }
    for (const WeightEntry& other : file.weights) {
      if (other.path != entry.path) (void)other.to_tensor();
    }
    std::ofstream(data, std::ios::binary) << whole;
  }
}

// Collision class L20.
TEST_F(Bundle, RefusesTwoTensorsOfOneKeyBeforeAnythingIsWritten) {
  EXPECT_THROW(write_tensor_bundle(path("x"), {floats("b", {1}), floats("a", {2}), floats("b", {3})}), NameCollision);
  EXPECT_THROW(write_tensor_bundle(path("x"), {floats("", {1})}), InvalidName);
  EXPECT_THROW(write_tensor_bundle(path("x"), {floats(std::string("\0a", 2), {1})}), InvalidName);
  BundleTensor wrong = floats("a", {1, 2});
  wrong.shape = {3};
  EXPECT_THROW(write_tensor_bundle(path("x"), {wrong}), InvalidArgument);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(Bundle, EitherBothFilesAreNewOrBothAreOld) {
  write_tensor_bundle(path("x"), {floats("a", {1})});
  const std::string index = slurp(path("x.index")), data = slurp(path("x.data-00000-of-00001"));
  for (const base::FaultStep step : {base::FaultStep::kCreate, base::FaultStep::kWrite, base::FaultStep::kSync, base::FaultStep::kRename}) {
    for (int which = 1; which <= 2; ++which) {
      int count = 0;
      const base::FaultScope fault([&](base::FaultStep asked) { return asked == step && ++count == which ? ENOSPC : 0; });
      EXPECT_THROW(write_tensor_bundle(path("x"), {floats("a", {2}), floats("b", {3})}), IoError) << which;
      EXPECT_EQ(slurp(path("x.index")), index);
      EXPECT_EQ(slurp(path("x.data-00000-of-00001")), data);
      count = 0;
      EXPECT_THROW(write_tensor_bundle(path("y"), {floats("a", {2}), floats("b", {3})}), IoError) << which;
    }
  }
  EXPECT_EQ(slurp(path("x.index")), index);
  EXPECT_EQ(slurp(path("x.data-00000-of-00001")), data);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 2);  // nothing is left over
  write_tensor_bundle(path("x"), {floats("a", {2}), floats("b", {3})});
  EXPECT_EQ(read_tensor_bundle(path("x")).weights.size(), 2u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 2);
}

TEST_F(Bundle, SeveralThreadsReadAtOnce) {
  const ModelFile file = read_tensor_bundle(kGolden + "partitioned");
  std::vector<std::thread> threads;
  std::vector<double> sums(4);
  for (double& sum : sums) {
    threads.emplace_back([&file, &sum] {
      for (const WeightEntry& entry : file.weights) {
        for (const float value : entry.to_tensor().to_vector<float>()) sum += static_cast<double>(value);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const double sum : sums) EXPECT_EQ(sum, sums[0]);
}

TEST(BundleSlices, KeysAreTensorFlowsOwn) {
  // As tensorflow/core/util/saved_tensor_slice_util encodes them.
  EXPECT_EQ(slice_key("a", {}), std::string("\0a\0\1\0", 5));
  EXPECT_EQ(slice_key("a", {{0, std::nullopt}, {1, 63}}), std::string("\0a\0\1\1\2\x80\x7f\x81\xbf", 10));
  EXPECT_EQ(slice_key("a", {{64, 8192}}), std::string("\0a\0\1\1\1\xc0\x40\xe0\x20\0", 11));
  EXPECT_EQ(slice_key(std::string("\0\xff", 2), {}), std::string("\0\0\xff\xff\0\0\1\0", 8));
}

TEST(BundleSlices, PutsTheWholeTogether) {
  const Shape whole = {3, 4};
  const std::vector<Slice> slices = {{{0, 3}, {0, 1}}, {{0, 2}, {1, 3}}, {{2, 1}, {1, 3}}};
  EXPECT_TRUE(is_partition(slices, whole));
  EXPECT_FALSE(is_partition({slices[0], slices[1]}, whole));
  EXPECT_FALSE(is_partition({slices[0], slices[1], slices[1]}, whole));
  std::vector<std::uint8_t> out(12), next(9);
  std::uint8_t value = 1;
  for (const Slice& slice : slices) {
    const auto count = static_cast<std::size_t>(shape_of(slice, whole).count());
    for (std::size_t i = 0; i < count; ++i) next[i] = value++;
    place_slice(slice, whole, 1, std::as_bytes(std::span(next)).first(count), std::as_writable_bytes(std::span(out)));
  }
  EXPECT_THAT(out, testing::ElementsAre(1, 4, 5, 6, 2, 7, 8, 9, 3, 10, 11, 12));
  EXPECT_FALSE(shape_of({{1, 3}, {0, 1}}, whole).known_rank());
  EXPECT_FALSE(shape_of({{-1, 1}, {0, 1}}, whole).known_rank());
  EXPECT_FALSE(shape_of({{0, 1}}, whole).known_rank());
}

TEST(ObjectGraph, ReadsAndWritesTensorFlowsBytes) {
  const ModelFile file = read_tensor_bundle(kGolden + "keras2_weights");
  const auto graph = read_object_graph(file);
  ASSERT_TRUE(graph.has_value());
  const auto layer = graph->nodes[0].child("layer_with_weights-0");
  ASSERT_TRUE(layer.has_value());
  const auto kernel = graph->nodes[*layer].child("kernel");
  ASSERT_TRUE(kernel.has_value());
  ASSERT_EQ(graph->nodes[*kernel].values.size(), 1u);
  EXPECT_EQ(graph->nodes[*kernel].values[0].full_name, "dense_1/kernel");
  EXPECT_NE(file.find_weight(graph->nodes[*kernel].values[0].key), nullptr);
  EXPECT_FALSE(graph->nodes[0].child("none").has_value());
  EXPECT_FALSE(read_object_graph(read_tensor_bundle(kGolden + "name_based")).has_value());
}

TEST_F(Bundle, AnObjectGraphThatLeadsNowhereIsRefused) {
  ObjectGraph graph;
  graph.nodes.resize(2);
  graph.nodes[0].children = {{"a", 1}};
  BundleTensor tensor{std::string(kObjectGraphKey), DType::kString, Shape::scalar(), {}, {to_bytes(graph)}};
  write_tensor_bundle(path("g"), {tensor});
  EXPECT_EQ(read_object_graph(read_tensor_bundle(path("g")))->nodes.size(), 2u);
  graph.nodes[0].children = {{"a", 2}};
  const std::vector<std::string> bad = {to_bytes(graph), "", std::string("\xff\xff\xff", 3)};
  for (const std::string& bytes : bad) {
    tensor.strings = {bytes};
    write_tensor_bundle(path("g"), {tensor});
    EXPECT_THROW((void)read_object_graph(read_tensor_bundle(path("g"))), FormatError);
  }
  write_tensor_bundle(path("g"), {floats(std::string(kObjectGraphKey), {1})});
  EXPECT_THROW((void)read_object_graph(read_tensor_bundle(path("g"))), FormatError);
}

}  // namespace
}  // namespace namesake::formats

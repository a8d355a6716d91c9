#include "namesake/formats/container/hdf5_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <thread>

#include "namesake/base/error.h"
#include "namesake/base/fault.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/container/hdf5_file.h"
#include "namesake/formats/container/hdf5_listing.h"
#include "namesake/formats/container/zip_writer.h"
#include "tests/support/temp_folder.h"

namespace namesake::formats {
namespace {

using ::testing::HasSubstr;

template <class T>
std::span<const std::byte> raw(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

// What a Keras weights file is made of.
void write_weights(Hdf5Writer& writer) {
  std::vector<float> kernel(40), bias(4);
  std::iota(kernel.begin(), kernel.end(), 0.5F);
  writer.dataset("layers/dense/vars/0", DType::kFloat32, {10, 4}, raw(kernel));
  writer.dataset("layers/dense/vars/1", DType::kFloat32, {4}, raw(bias));
  writer.attribute("layers/dense/vars", "name", "dense");
  writer.group("vars");
  writer.dataset("optimizer/vars/0", DType::kInt64, Shape::scalar(), raw(std::vector<std::int64_t>{12}));
}

std::vector<std::byte> weights() {
  Hdf5MemorySink sink;
  Hdf5Writer writer(sink, "weights.h5");
  write_weights(writer);
  const std::uint64_t size = writer.close();
  EXPECT_EQ(size, sink.bytes().size());
  return sink.bytes();
}

TEST(Hdf5Writer, WhatItWritesReadsBack) {
  const std::vector<std::byte> bytes = weights();
  EXPECT_EQ(listing(Hdf5File(bytes, "weights.h5")),
            "group /\n"
            "group /layers\n"
            "group /layers/dense\n"
            "group /layers/dense/vars\n"
            "  attribute name string () \"dense\"\n"
            "dataset /layers/dense/vars/0 float32 (10, 4) 160 bytes 225eb1fc\n"
            "dataset /layers/dense/vars/1 float32 (4,) 00000000000000000000000000000000\n"
            "group /optimizer\n"
            "group /optimizer/vars\n"
            "dataset /optimizer/vars/0 int64 () 0c00000000000000\n"
            "group /vars\n");
}

TEST(Hdf5Writer, EveryDtypeReadsBack) {
  const DType dtypes[] = {DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64,   DType::kInt8,
                          DType::kInt16,   DType::kInt32,    DType::kInt64,   DType::kUInt8,     DType::kUInt16,
                          DType::kUInt32,  DType::kUInt64,   DType::kBool,    DType::kComplex64, DType::kComplex128};
  const Shape shapes[] = {Shape::scalar(), {1}, {0}, {0, 3}, {3, 5}, {1, 2, 1, 2, 1, 2, 1, 2}, {300}};
  Hdf5MemorySink sink;
  Hdf5Writer writer(sink, "all.h5");
  const auto content = [](DType dtype, const Shape& shape) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(shape.count()) * size_of(dtype));
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<std::byte>(dtype == DType::kBool ? i % 2 : i * 7);
    return bytes;
  };
  const auto name = [](DType dtype, const Shape& shape) {
    return fmt::format("/{}/{}", to_string(dtype), to_string(shape));
  };
  for (const DType dtype : dtypes) {
    for (const Shape& shape : shapes) writer.dataset(name(dtype, shape), dtype, shape, content(dtype, shape));
  }
  writer.close();
  const Hdf5File file(sink.bytes(), "all.h5");
  for (const DType dtype : dtypes) {
    for (const Shape& shape : shapes) {
      SCOPED_TRACE(name(dtype, shape));
      const Hdf5Object* object = file.find(name(dtype, shape));
      ASSERT_NE(object, nullptr);
      EXPECT_EQ(object->dtype, dtype) << object->unsupported;
      EXPECT_EQ(object->shape, shape);
      std::vector<std::byte> bytes(object->byte_size);
      file.read(*object, bytes);
      EXPECT_EQ(bytes, content(dtype, shape));
    }
  }
}

TEST(Hdf5Writer, AttributesReadBack) {
  const std::vector<std::string> names = {"dense", "", "dr\xc3\xb6p"}, none;
  const std::vector<std::int64_t> numbers = {-1, 2};
  const std::string config(200000, 'c');
  Hdf5MemorySink sink;
  Hdf5Writer writer(sink, "attributes.h5");
  writer.attribute("/", "model_config", config);
  writer.attribute("/", "layer_names", names);
  writer.attribute("/", "no_names", none);
  writer.attribute("/", "number", std::int64_t{-7});
  writer.attribute("/", "numbers", numbers);
  writer.attribute("/", "rate", 0.1);
  writer.attribute("/", "empty", "");
  writer.close();
  const Hdf5File file(sink.bytes(), "attributes.h5");
  const Hdf5Object& root = file.root();
  EXPECT_EQ(root.attribute("model_config")->strings, std::vector{config});
  EXPECT_TRUE(root.attribute("model_config")->is_scalar);
  EXPECT_EQ(root.attribute("layer_names")->strings, names);
  EXPECT_EQ(root.attribute("no_names")->shape, Shape({0}));
  EXPECT_EQ(root.attribute("number")->integers, std::vector<std::int64_t>{-7});
  EXPECT_EQ(root.attribute("numbers")->integers, numbers);
  EXPECT_EQ(root.attribute("rate")->reals, std::vector{0.1});
  EXPECT_EQ(root.attribute("empty")->strings, std::vector<std::string>{""});
  EXPECT_EQ(root.attribute("nothing"), nullptr);
}

TEST(Hdf5Writer, AnAttributeMayFillItsHeader) {
  const std::vector<std::string> names(4000, "dense");
  Hdf5MemorySink sink;
  Hdf5Writer writer(sink, "");
  writer.group("model_weights");
  writer.attribute("model_weights", "layer_names", names);
  writer.attribute("model_weights", "more_names", names);
  writer.close();
  const Hdf5File file(sink.bytes(), "");
  EXPECT_EQ(file.find("model_weights")->attribute("layer_names")->strings, names);
  EXPECT_EQ(file.find("model_weights")->attribute("more_names")->strings, names);
}

TEST(Hdf5Writer, EqualContentGivesEqualBytes) { EXPECT_EQ(weights(), weights()); }

TEST(Hdf5Writer, LargeDataBeginAtMultiplesOf64) {
  Hdf5MemorySink sink;
  Hdf5Writer writer(sink, "aligned.h5");
  for (int i = 0; i < 9; ++i) {
    writer.dataset(fmt::format("small{}", i), DType::kInt8, {3}, raw(std::vector<std::int8_t>(3)));
    writer.dataset(fmt::format("large{}", i), DType::kInt8, {777}, raw(std::vector<std::int8_t>(777)));
  }
  writer.close();
  const Hdf5File file(sink.bytes(), "aligned.h5");
  for (int i = 0; i < 9; ++i) EXPECT_EQ(file.data_offset(*file.find(fmt::format("large{}", i))).value() % 64, 0U);
}

TEST(Hdf5Writer, ManyGroupsAndLongNamesReadBack) {
  Hdf5MemorySink sink;
  Hdf5Writer writer(sink, "many.h5");
  const std::string long_name(300, 'n');
  for (int i = 0; i < 500; ++i) {
    writer.dataset(fmt::format("layers/{}{}/vars/0", long_name, i), DType::kInt32, Shape::scalar(),
                   raw(std::vector<int>{i}));
  }
  writer.close();
  const Hdf5File file(sink.bytes(), "many.h5");
  const auto layers = file.children_in_natural_order(*file.find("layers"));
  ASSERT_EQ(layers.size(), 500U);
  for (int i = 0; i < 500; ++i) {
    const Hdf5Object* value = file.find(layers[static_cast<std::size_t>(i)]->path + "/vars/0");
    ASSERT_NE(value, nullptr);
    int stored = -1;
    file.read(*value, std::as_writable_bytes(std::span(&stored, 1)));
    EXPECT_EQ(stored, i);
  }
}

TEST(Hdf5Writer, AFileInsideAnArchiveIsWrittenOnceAndReadWhereItLies) {
  const testing::TempFolder folder;
  const std::string path = folder / "model.keras";
  constexpr std::uint64_t kStart = 128;
  {
    base::AtomicFile file(path);
    Hdf5FileSink sink(file, kStart);
    Hdf5Writer writer(sink, "model.weights.h5");
    write_weights(writer);
    const std::uint64_t size = writer.close();
    ZipWriter zip(file);
    zip.add_in_place("model.weights.h5", kStart, size);
    zip.add("config.json", "{}");
    zip.finish();
    file.commit();
  }
  const auto mapped = base::MappedFile::open(path);
  const std::vector<std::byte> expected = weights();
  ASSERT_GT(mapped->bytes().size(), kStart + expected.size());
  const auto inside = mapped->bytes().subspan(kStart, expected.size());
  EXPECT_TRUE(std::equal(inside.begin(), inside.end(), expected.begin())) << "the same bytes as in a file of its own";
  EXPECT_EQ(listing(Hdf5File(inside, "model.keras")), listing(Hdf5File(expected, "weights.h5")));
}

TEST(Hdf5Writer, TakenNamesAreCollisions) {
  Hdf5MemorySink sink;
  Hdf5Writer writer(sink, "clash.h5");
  const std::vector<float> one = {1};
  writer.dataset("a/b", DType::kFloat32, {1}, raw(one));
  writer.attribute("a", "name", "a");
  EXPECT_THROW(writer.dataset("a/b", DType::kFloat32, {1}, raw(one)), NameCollision);
  EXPECT_THROW(writer.dataset("a", DType::kFloat32, {1}, raw(one)), NameCollision);
  EXPECT_THROW(writer.group("a/b"), NameCollision);
  EXPECT_THROW(writer.dataset("a/b/c", DType::kFloat32, {1}, raw(one)), NameCollision);
  EXPECT_THROW(writer.attribute("a", "name", "again"), NameCollision);
  writer.group("a");
  writer.dataset("c", DType::kFloat32, {1}, raw(one));
  writer.close();
  EXPECT_EQ(Hdf5File(sink.bytes(), "clash.h5").objects().size(), 4U) << "the writer went on after them";
}

TEST(Hdf5Writer, NamesThatHdf5CannotHoldAreRefused) {
  Hdf5MemorySink sink;
  Hdf5Writer writer(sink, "names.h5");
  for (const std::string_view name : {std::string_view("a//b"), std::string_view("a/."), std::string_view("."),
                                      std::string_view("a/"), std::string_view("a\0b", 3)}) {
    EXPECT_THROW(writer.group(name), InvalidName) << name;
  }
  EXPECT_THROW(writer.attribute("/", "", "x"), InvalidName);
  EXPECT_THROW(writer.attribute("/nowhere", "x", "x"), InvalidArgument);
}

TEST(Hdf5Writer, WrongDataAreRefused) {
  Hdf5MemorySink sink;
  Hdf5Writer writer(sink, "wrong.h5");
  const std::vector<float> three(3);
  EXPECT_THROW(writer.dataset("x", DType::kFloat32, {2}, raw(three)), InvalidArgument);
  EXPECT_THROW(writer.dataset("x", DType::kFloat32, {-1, 3}, raw(three)), InvalidArgument);
  EXPECT_THROW(writer.dataset("x", DType::kFloat32, Shape(), raw(three)), InvalidArgument);
  EXPECT_THROW(writer.dataset("x", DType::kString, {0}, {}), Unsupported);
  EXPECT_THROW(writer.attribute("/", "names", std::vector<std::string>(4001)), Unsupported);
  writer.dataset("x", DType::kFloat32, {3}, raw(three));
  writer.close();
  EXPECT_THROW(writer.close(), InvalidArgument);
  EXPECT_THROW(writer.group("late"), InvalidArgument);
}

// A sink that fails from its `good`-th write on.
class FailingSink final : public Hdf5Sink {
 public:
  explicit FailingSink(int good) : good_(good) {}
  void write(std::uint64_t offset, std::span<const std::byte> bytes) override {
    if (good_-- <= 0) throw IoError("disk", "writing", ENOSPC);
    memory_.write(offset, bytes);
  }
  void read(std::uint64_t offset, std::span<std::byte> out) const override { memory_.read(offset, out); }

 private:
  Hdf5MemorySink memory_;
  int good_;
};

TEST(Hdf5Writer, AFullDiskIsReportedWheneverItHappens) {
  int failures = 0;
  for (int good = 0; good < 1000; ++good) {
    FailingSink sink(good);
    try {
      Hdf5Writer writer(sink, "full.h5");
      write_weights(writer);
      writer.close();
      break;
    } catch (const IoError& error) {
      EXPECT_EQ(error.error_number(), ENOSPC);
      ++failures;
    }
  }
  EXPECT_GT(failures, 3);
  EXPECT_LT(failures, 999);
  EXPECT_EQ(weights().size(), weights().size()) << "the library still works";
}

TEST(Hdf5Writer, FailingStepsOfAFileAreReported) {
  const testing::TempFolder folder;
  for (int good = 0; good < 3; ++good) {
    int left = good;
    const base::FaultScope fault(
        [&](base::FaultStep step) { return step == base::FaultStep::kWrite && left-- <= 0 ? EIO : 0; });
    base::AtomicFile file(folder / "weights.h5");
    Hdf5FileSink sink(file);
    EXPECT_THROW(
        {
          Hdf5Writer writer(sink, "weights.h5");
          write_weights(writer);
          writer.close();
        },
        IoError);
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "weights.h5"));
}

TEST(Hdf5Writer, AWriterMayBeGivenUp) {
  for (int i = 0; i < 3; ++i) {
    Hdf5MemorySink sink;
    Hdf5Writer writer(sink, "given_up.h5");
    write_weights(writer);
  }
  EXPECT_FALSE(weights().empty());
}

TEST(Hdf5Writer, ThreadsMayWriteAtOnce) {
  const std::vector<std::byte> expected = weights();
  std::vector<std::vector<std::byte>> written(4);
  std::vector<std::thread> threads;
  for (auto& bytes : written) {
    threads.emplace_back([&bytes] {
      for (int i = 0; i < 5; ++i) bytes = weights();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& bytes : written) EXPECT_EQ(bytes, expected);
}

}  // namespace
}  // namespace namesake::formats

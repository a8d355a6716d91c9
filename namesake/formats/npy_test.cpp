// NPY and NPZ against files that NumPy wrote, against damage, and there and back.
#include "namesake/formats/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/formats/container/json.h"
#include "namesake/formats/npz.h"
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

const std::string kGolden = NAMESAKE_SOURCE_DIR "/tests/golden/archives/npy/";

TEST(Npy, ReadsEveryFileThatNumpyWroteOrRefusesItClearly) {
  const JsonValue expected = parse_json(read_text(kGolden + "expected.json"));
  ASSERT_GT(expected.members().size(), 30U);
  for (const auto& [name, facts] : expected.members()) {
    const std::string path = kGolden + name + ".npy";
    if (const JsonValue* code = facts.find("code")) {
      try {
        static_cast<void>(read_npy(path));
        ADD_FAILURE() << name << " was read";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), code->as_string());
        EXPECT_THAT(error.what(), HasSubstr(path));
      }
      continue;
    }
    const Tensor tensor = read_npy(path);
    std::vector<std::int64_t> sizes;
    for (const JsonValue& size : facts.find("shape")->items()) sizes.push_back(size.as_int());
    EXPECT_EQ(to_string(tensor.dtype()), facts.find("dtype")->as_string()) << name;
    EXPECT_EQ(tensor.shape(), Shape(sizes)) << name;
    EXPECT_EQ(to_hex(tensor.bytes()), facts.find("bytes")->as_string()) << name;
  }
}

TEST(Npy, WritesTheBytesThatNumpyWrites) {
  const TempFolder folder;
  for (const char* name :
       {"bool", "int8", "int64", "uint16", "float16", "float32", "complex128", "scalar", "one_axis", "empty"}) {
    const std::string path = kGolden + name + ".npy";
    write_npy(folder / "a.npy", read_npy(path));
    EXPECT_EQ(read_text(folder / "a.npy"), read_text(path)) << name;
  }
}

TEST(Npy, RefusesToWriteWhatNumpyHasNot) {
  const TempFolder folder;
  EXPECT_THROW(write_npy(folder / "a.npy", Tensor::empty(DType::kBFloat16, {2})), Unsupported);
  EXPECT_THROW(write_npy(folder / "a.npy", Tensor::of_strings(std::vector<std::string>{"a"}, {1})), Unsupported);
  EXPECT_TRUE(folder.names().empty());
}

std::string npy(std::string dict, std::string_view data) {
  std::string bytes("\x93NUMPY\1\0", 8);
  bytes += {static_cast<char>(dict.size() & 0xFFU), static_cast<char>(dict.size() >> 8U)};
  return bytes + dict + std::string(data);
}

TEST(Npy, AcceptsWhatOtherWritersPutIntoTheHeader) {
  const char* dicts[] = {
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}",
      "{\"shape\":(1,2,),\"descr\":\"<f4\",\"fortran_order\":False}\n",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1L, 2L), }    \n",
      "{'descr': '=f4', 'fortran_order': True, 'shape': (1, 2), }",
  };
  for (const char* dict : dicts) {
    const Tensor tensor = parse_npy(as_bytes(npy(dict, std::string("\0\0\x80\x3f\0\0\0\x40", 8))), "a.npy");
    EXPECT_EQ(tensor.shape(), Shape({1, 2})) << dict;
    EXPECT_THAT(tensor.to_vector<float>(), ElementsAre(1, 2)) << dict;
  }
}

TEST(Npy, MakesEveryBoolZeroOrOne) {
  const Tensor tensor = parse_npy(
      as_bytes(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", std::string("\0\1\7", 3))), "a.npy");
  EXPECT_EQ(to_hex(tensor.bytes()), "000101");
}

TEST(Npy, RefusesWhatIsWrongAndSaysWhat) {
  struct Case {
    std::string bytes;
    std::string said;
  };
  const std::string four(4, 'x');
  const Case cases[] = {
      {"", "an empty file"},
      {"PK\3\4 something else", "no NPY file"},
      {"\x93NUMPY", "no NPY file"},
      {std::string("\x93NUMPY\1\0\xff\xff{", 11), "does not lie in the file"},
      {npy("", ""), "'{'"},
      {npy("{'descr': '<f4'}", ""), "missing"},
      {npy("{'descr': '<f4', 'descr': '<f4'}", ""), "once"},
      {npy("{'descr': '<f4', 'other': 1}", ""), "other"},
      {npy("{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", ""), "True or False"},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", ""), "size of an axis"},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", ""), "size of an axis"},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", ""), "as its header says"},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807,)}", ""), "as its header says"},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", four), "as its header says"},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", four + "x"), "as its header says"},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': ()} more", four), "end of the header"},
      {npy("{'descr': '<f4, 'fortran_order': False, 'shape': ()}", four), "damaged"},
  };
  for (const Case& each : cases) {
    try {
      static_cast<void>(parse_npy(as_bytes(each.bytes), "a.npy"));
      ADD_FAILURE() << "was accepted: " << each.said;
    } catch (const FormatError& error) {
      EXPECT_THAT(error.what(), HasSubstr(each.said));
      EXPECT_EQ(error.file(), "a.npy");
    }
  }
}

TEST(Npy, NoCutAndNoFlippedByteDoesHarm) {
  const std::string bytes = read_text(kGolden + "fortran_big_endian.npy");
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    EXPECT_THROW(static_cast<void>(parse_npy(as_bytes(bytes).first(at), "a.npy")), FormatError) << at;
    for (const int change : {0x01, 0x10, 0x80, 0xFF}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      try {
        const Tensor tensor = parse_npy(as_bytes(damaged), "a.npy");
        EXPECT_LE(tensor.bytes().size(), bytes.size());
      } catch (const FormatError&) {
      } catch (const Unsupported&) {
      }
    }
  }
}

TEST(Npz, ReadsWhatNumpyWroteInItsOrder) {
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const std::vector<NamedTensor> arrays = read_npz(kGolden + name);
    ASSERT_EQ(arrays.size(), 3U);
    EXPECT_EQ(arrays[0].name, "x");
    EXPECT_EQ(arrays[0].tensor.shape(), Shape({2, 3, 4}));
    EXPECT_EQ(arrays[0].tensor.data<float>()[23], 23.0F);
    EXPECT_EQ(arrays[1].name, "y");
    EXPECT_THAT(arrays[1].tensor.to_vector<std::int64_t>(), ElementsAre(1, 0));
    EXPECT_EQ(arrays[2].name, "a_b");
    EXPECT_THAT(arrays[2].tensor.to_vector<double>(), ElementsAre(1, 0, 0, 1));
  }
}

TEST(Npz, WritesWhatItReadsDeterministically) {
  const TempFolder folder;
  const std::vector<NamedTensor> arrays = read_npz(kGolden + "stored.npz");
  write_npz(folder / "a.npz", arrays);
  write_npz(folder / "b.npz", arrays);
  EXPECT_EQ(read_text(folder / "a.npz"), read_text(folder / "b.npz"));
  const std::vector<NamedTensor> back = read_npz(folder / "a.npz");
  ASSERT_EQ(back.size(), arrays.size());
  for (std::size_t i = 0; i < back.size(); ++i) {
    EXPECT_EQ(back[i].name, arrays[i].name);
    EXPECT_EQ(to_hex(back[i].tensor.bytes()), to_hex(arrays[i].tensor.bytes()));
  }
}

TEST(Npz, SaysWhichArraysThereAre) {
  const NpzFile file(kGolden + "stored.npz");
  EXPECT_THAT(file.names(), ElementsAre("x", "y", "a_b"));
  EXPECT_TRUE(file.has("y"));
  EXPECT_FALSE(file.has("z"));
  try {
    static_cast<void>(file.read("z"));
    ADD_FAILURE() << "an array that is not there was read";
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), HasSubstr("one of: x, y, a_b"));
  }
}

TEST(Npz, TwoArraysWithOneNameAreAnErrorBothWays) {
  const TempFolder folder;
  const std::vector<NamedTensor> twins = {{"a", Tensor(1.0F)}, {"a", Tensor(2.0F)}};
  EXPECT_THROW(write_npz(folder / "a.npz", twins), NameCollision);
  EXPECT_TRUE(folder.names().empty());

  write_npz(folder / "b.npz", std::vector<NamedTensor>{{"a", Tensor(1.0F)}, {"b", Tensor(2.0F)}});
  std::string bytes = read_text(folder / "b.npz");
  for (std::size_t at = bytes.find("b.npy"); at != std::string::npos; at = bytes.find("b.npy")) bytes[at] = 'a';
  write_text(folder / "b.npz", bytes);
  EXPECT_THROW(static_cast<void>(read_npz(folder / "b.npz")), FormatError);
}

TEST(Npz, NamesTheArrayThatIsDamaged) {
  const TempFolder folder;
  std::string bytes = read_text(kGolden + "stored.npz");
  const std::size_t at = bytes.find("y.npy");
  bytes[bytes.find("\x93NUMPY", at) + 128] ^= 1;
  write_text(folder / "a.npz", bytes);
  const NpzFile file(folder / "a.npz");
  EXPECT_NO_THROW(static_cast<void>(file.read("x")));
  try {
    static_cast<void>(file.read("y"));
    ADD_FAILURE() << "a damaged array was read";
  } catch (const FormatError& error) {
    EXPECT_EQ(error.inner(), "y.npy");
  }
}

}  // namespace
}  // namespace namesake::formats

// Damaged files: each must read, or give an Error, in bounded time and memory. (The sanitizer builds see the rest.)
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>

#include "namesake/base/error.h"
#include "namesake/formats/container/hdf5_file.h"
#include "namesake/formats/container/hdf5_writer.h"

namespace namesake::formats {
namespace {

#ifdef NAMESAKE_SANITIZED
constexpr int kMutations = 400;
#else
constexpr int kMutations = 2000;
#endif
constexpr std::uint64_t kMostBytes = 64 << 20;  // no damage may make one of these small files look larger

std::vector<std::pair<std::string, std::vector<std::byte>>> samples() {
  std::vector<std::pair<std::string, std::vector<std::byte>>> result;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(NAMESAKE_SOURCE_DIR) + "/tests/golden/hdf5")) {
    if (entry.path().extension() != ".h5") continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::vector<char> chars((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    const auto* begin = reinterpret_cast<const std::byte*>(chars.data());
    result.emplace_back(entry.path().filename().string(), std::vector<std::byte>(begin, begin + chars.size()));
  }
  std::sort(result.begin(), result.end());
  return result;
}

// Reads all that there is. True if no Error came.
bool reads(const std::vector<std::byte>& bytes) {
  // A copy of exactly this size, so that the sanitizers see each step beyond it.
  const std::unique_ptr<std::byte[]> exact(new std::byte[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), exact.get());
  bool sound = true;
  try {
    const Hdf5File file({exact.get(), bytes.size()}, "hostile.h5");
    for (const Hdf5Object& object : file.objects()) {
      if (!object.is_dataset() || !object.unsupported.empty()) continue;
      EXPECT_LE(object.byte_size, kMostBytes) << object.path;
      try {
        if (object.dtype == DType::kString) {
          (void)file.read_strings(object);
        } else {
          std::vector<std::byte> out(object.byte_size);
          file.read(object, out);
        }
        if (const auto data = file.data(object); data && !data->empty()) {
          EXPECT_GE(data->data(), exact.get());
          EXPECT_LE(data->data() + data->size(), exact.get() + bytes.size());
        }
      } catch (const Error&) {
        sound = false;
      }
    }
  } catch (const FormatError& error) {
    EXPECT_EQ(error.file(), "hostile.h5");
    sound = false;
  } catch (const Unsupported&) {
    sound = false;
  }
  return sound;
}

class Stopwatch {
 public:
  ~Stopwatch() {
    const auto elapsed = std::chrono::steady_clock::now() - start_;
    EXPECT_LT(std::chrono::duration<double>(elapsed).count(), 5.0) << "one damaged file took too long";
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

TEST(Hdf5Hostile, TheSamplesThemselvesAreSound) {
  for (const auto& [name, bytes] : samples()) EXPECT_TRUE(reads(bytes)) << name;
}

TEST(Hdf5Hostile, ATruncatedFileIsAnErrorAtEveryLength) {
  for (const auto& [name, bytes] : samples()) {
    SCOPED_TRACE(name);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      try {
        // The end of the file stands in the superblock, so all lengths are found out at once.
        const Hdf5File file({bytes.data(), length}, "cut.h5");
        ADD_FAILURE() << "was opened at " << length;
        break;
      } catch (const FormatError&) {
      }
    }
  }
}

TEST(Hdf5Hostile, ABlankedTailNeverCrashes) {
  for (const auto& [name, bytes] : samples()) {
    SCOPED_TRACE(name);
    const std::size_t step = 1 + bytes.size() / static_cast<std::size_t>(kMutations);
    for (std::size_t length = 0; length < bytes.size(); length += step) {
      for (const std::byte blank : {std::byte{0}, std::byte{0xff}}) {
        std::vector<std::byte> damaged = bytes;
        std::fill(damaged.begin() + static_cast<std::ptrdiff_t>(length), damaged.end(), blank);
        const Stopwatch stopwatch;
        (void)reads(damaged);
      }
    }
  }
}

TEST(Hdf5Hostile, FlippedBytesNeverCrash) {
  std::mt19937 random(20240607);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  int errors = 0;
  for (const auto& [name, bytes] : samples()) {
    SCOPED_TRACE(name);
    // Mostly bytes that mean something: zeros fill half of these files.
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] != std::byte{0}) places.push_back(i);
    }
    for (int i = 0; i < kMutations; ++i) {
      std::vector<std::byte> damaged = bytes;
      for (std::size_t k = 1 + below(3); k > 0; --k) {
        std::size_t at = places[below(places.size())];
        at = std::min(at + below(8), damaged.size() - 1);
        const std::byte odd[] = {std::byte{0}, std::byte{1}, std::byte{0x7f}, std::byte{0x80}, std::byte{0xff}};
        damaged[at] = below(3) == 0 ? odd[below(std::size(odd))] : static_cast<std::byte>(random());
      }
      const Stopwatch stopwatch;
      errors += reads(damaged) ? 0 : 1;
    }
  }
  EXPECT_GT(errors, kMutations) << "the damage was not felt";
}

// Offset of the first `text` in `bytes`.
std::size_t find(const std::vector<std::byte>& bytes, std::string_view text, std::size_t from = 0) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  const auto found =
      std::search(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end(), begin, begin + text.size());
  EXPECT_NE(found, bytes.end()) << text;
  return static_cast<std::size_t>(found - bytes.begin());
}

void put64(std::vector<std::byte>& bytes, std::size_t at, std::uint64_t value) { std::memcpy(&bytes[at], &value, 8); }

std::vector<std::byte> small_file() {
  Hdf5MemorySink sink;
  Hdf5Writer writer(sink, "small.h5");
  const std::vector<float> data(4);
  writer.dataset("group/data", DType::kFloat32, {4}, std::as_bytes(std::span(data)));
  writer.close();
  return sink.bytes();
}

TEST(Hdf5Hostile, AGroupThatHoldsItselfIsAnAlias) {
  std::vector<std::byte> bytes = small_file();
  const std::uint64_t root = Hdf5File(bytes, "small.h5").root().address;
  const std::size_t table = find(bytes, "SNOD");  // the root's: its only entry is "group"
  put64(bytes, table + 8 + 8, root);
  const Hdf5File file(bytes, "cycle.h5");
  ASSERT_EQ(file.objects().size(), 2U);
  EXPECT_EQ(file.objects()[1].alias_of, 0U);
  EXPECT_NE(file.find("/group/group/group"), nullptr) << "a path is only as long as its text";
}

TEST(Hdf5Hostile, ATreeThatMeetsItselfIsDamage) {
  std::vector<std::byte> bytes = small_file();
  const std::size_t tree = find(bytes, "TREE");
  bytes[tree + 5] = std::byte{1};     // an inner node...
  put64(bytes, tree + 24 + 8, tree);  // ... that is its own child
  EXPECT_THROW(Hdf5File(bytes, "cycle.h5"), FormatError);
}

TEST(Hdf5Hostile, ANameThatNoPathCanHoldIsDamage) {
  for (const std::string_view name : {std::string_view("gr/up", 5), std::string_view("\0roup", 5)}) {
    std::vector<std::byte> bytes = small_file();
    std::memcpy(&bytes[find(bytes, "group")], name.data(), name.size());
    EXPECT_THROW(Hdf5File(bytes, "names.h5"), FormatError) << name;
  }
}

TEST(Hdf5Hostile, ErrorsNameFileObjectAndByte) {
  std::vector<std::byte> bytes = small_file();
  const Hdf5File sound(bytes, "small.h5");
  const std::uint64_t header = sound.find("/group/data")->address;
  bytes[header] = std::byte{9};  // its version
  try {
    const Hdf5File file(bytes, "model.weights.h5");
    FAIL() << "was opened";
  } catch (const FormatError& error) {
    EXPECT_EQ(error.file(), "model.weights.h5");
    EXPECT_EQ(error.inner(), "/group/data");
    EXPECT_EQ(error.offset(), header);
  }
}

TEST(Hdf5Hostile, AHugeClaimIsRefusedBeforeAnythingIsAllocated) {
  std::vector<std::byte> bytes = small_file();
  const Hdf5File sound(bytes, "small.h5");
  const std::uint64_t header = sound.find("/group/data")->address;
  // The dataspace {u8 1, u8 rank 1, u8 flags 1, 5 bytes, u64 4, u64 4} is the header's first message.
  const std::size_t sizes = header + 16 + 8 + 8;
  ASSERT_EQ(std::to_integer<int>(bytes[sizes]), 4);
  for (const std::uint64_t claim :
       {std::uint64_t{5}, std::uint64_t{1} << 40, ~std::uint64_t{0} / 4, ~std::uint64_t{0} - 1}) {
    put64(bytes, sizes, claim);
    put64(bytes, sizes + 8, claim);
    EXPECT_THROW(Hdf5File(bytes, "claim.h5"), FormatError) << claim;
  }
}

}  // namespace
}  // namespace namesake::formats

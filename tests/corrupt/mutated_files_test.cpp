// Golden files, damaged at random, through every reader and through load_model: each gives a value or an Error, in bounded
// time and memory. NAMESAKE_MUTATIONS says how many (the tests take 3,000), NAMESAKE_SEED which.
//   NAMESAKE_MUTATIONS=100000 build/release/bin/mutated_files_test
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/formats/container/hdf5_file.h"
#include "namesake/formats/container/json.h"
#include "namesake/formats/container/zip_reader.h"
#include "namesake/formats/csv.h"
#include "namesake/formats/keras_archive.h"
#include "namesake/formats/legacy_h5.h"
#include "namesake/formats/npy.h"
#include "namesake/formats/npz.h"
#include "namesake/formats/saved_model.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/formats/weights_h5.h"
#include "namesake/naming/scope.h"
#include "namesake/saving/load_model.h"
#include "tests/support/limits.h"
#include "tests/support/temp_folder.h"
#include "tests/support/zip_builder.h"

namespace namesake {
namespace {

using testing::Limits;
using testing::ZipBuilder;

constexpr unsigned kMostSeconds = 60;  // for one file, by the clock; then the watchdog ends the program

struct Sample {
  std::string name;
  std::string ending;
  std::string content;
};

unsigned long number_from(const char* variable, unsigned long otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoul(text, nullptr, 10);
}

std::string text_of(const formats::ZipReader& zip, const formats::ZipEntry& entry) { return zip.read_text(entry); }

void add_archive(const std::string& name, const std::string& ending, const std::string& content, std::vector<Sample>& samples) {
  samples.push_back({name, ending, content});
  const formats::ZipReader zip(testing::as_bytes(content), name);
  for (const formats::ZipEntry& entry : zip.entries()) {
    const std::string inner = std::filesystem::path(entry.name).extension().string();
    if (inner == ".h5" || inner == ".json") samples.push_back({name + ": " + entry.name, inner, text_of(zip, entry)});
  }
}

std::vector<Sample> golden_samples() {
  constexpr std::uintmax_t kLargest = 64 << 10;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(NAMESAKE_SOURCE_DIR) + "/tests/golden")) {
    if (entry.is_regular_file() && entry.file_size() <= kLargest) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Sample> samples = {{"table", ".csv", "x,y,z\n1,2,3\n-4.5e3, \"6\" ,7\n"}};
  int arrays = 0;
  for (const auto& path : paths) {
    const std::string ending = path.extension().string(), name = path.filename().string();
    if (ending == ".keras" || ending == ".zip") {
      add_archive(name, ".keras", testing::read_text(path.string()), samples);
    } else if (ending == ".h5" || ending == ".json" || (ending == ".npz" && arrays++ % 4 == 0) || ending == ".npy" || ending == ".pb" || ending == ".meta" || ending == ".index") {
      samples.push_back({name, ending, testing::read_text(path.string())});
    }
  }
  return samples;
}

class Damage {
 public:
  explicit Damage(unsigned long seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random_() % n); }

  /// `content` with one to four wounds; `other` gives foreign parts.
  std::string wound(std::string content, const std::string& other) {
    for (std::size_t k = 1 + below(3); k > 0 && !content.empty(); --k) once(content, other);
    return content;
  }

 private:
  void once(std::string& content, const std::string& other) {
    const std::size_t at = place(content), size = std::min(content.size() - at, std::size_t{1} << below(10));
    switch (below(20)) {
      case 0:
        content.resize(at);
        break;
      case 1:
      case 2:
        content[at] = static_cast<char>(random_());
        break;
      case 3: {
        const std::size_t to = below(content.size() - size + 1);
        std::swap_ranges(content.begin() + static_cast<std::ptrdiff_t>(at), content.begin() + static_cast<std::ptrdiff_t>(at + size),
                         content.begin() + static_cast<std::ptrdiff_t>(to));
        break;
      }
      case 4:
        content.replace(at, size, std::string(size, below(2) == 0 ? '\0' : '\xff'));
        break;
      case 5:
        content.erase(at, size);
        break;
      case 6:
        content.insert(at, content.substr(at, size));
        break;
      case 7:
        content.replace(at, size, other.substr(below(other.size()), size));
        break;
      case 8:
      case 9:
      case 10:
      case 11:
        number(content, at);
        break;
      default:
        content[at] = static_cast<char>(content[at] ^ (1 << below(8)));
        break;
    }
  }

  // Mostly a byte that means something: zeros fill half of an HDF5 file.
  std::size_t place(const std::string& content) {
    std::size_t at = below(content.size());
    for (int tries = 0; tries < 8 && content[at] == '\0'; ++tries) at = below(content.size());
    return at;
  }

  // A size that is wrong: zero, one, huge, or near what stood there.
  void number(std::string& content, std::size_t at) {
    const std::size_t width = std::min(content.size() - at, std::size_t{1} << below(4));
    const std::uint64_t values[] = {0, 1, 0x7fffffff, 0xffffffff, ~std::uint64_t{0}, ~std::uint64_t{0} >> 1, std::uint64_t{1} << below(64), random_()};
    std::uint64_t value = values[below(std::size(values))];
    for (std::size_t i = 0; i < width; ++i, value >>= 8) content[at + i] = static_cast<char>(value);
  }

  std::mt19937_64 random_;
};

// A `.keras` archive with a damaged part but sound checksums, so that the damage gets past them.
std::string with_wounded_part(const std::string& archive, Damage& damage, const std::string& other) {
  const formats::ZipReader zip(testing::as_bytes(archive), "archive");
  ZipBuilder built;
  const std::size_t chosen = damage.below(zip.entries().size());
  for (std::size_t i = 0; i < zip.entries().size(); ++i) {
    std::string part = text_of(zip, zip.entries()[i]);
    if (i == chosen) part = damage.wound(std::move(part), other);
    built.add(zip.entries()[i].name, part);
  }
  return built.finish();
}

void read_weights(const formats::ModelFile& file) {
  for (const formats::WeightEntry& weight : file.weights) {
    try {
      (void)weight.to_tensor();
    } catch (const Error&) {
    }
  }
  try {
    (void)formats::legacy_weights(file);
  } catch (const Error&) {
  }
}

// As each of the messages that a file of that name may be. It is wrong in one of them at least.
void read_messages(const std::string& path) {
  const std::string content = testing::read_text(path);
  const auto bytes = testing::as_bytes(content);
  const auto attempt = [](const auto& work) {
    try {
      work();
    } catch (const Error&) {
    }
  };
  attempt([&] { (void)formats::parse_keras_metadata(bytes, path); });
  attempt([&] { (void)formats::parse_graph_def(bytes, path); });
  (void)formats::parse_saved_model(bytes, path);
}

void read(const std::string& path, const std::string& ending) {
  if (ending == ".csv") (void)formats::read_csv(path);
  if (ending == ".json") (void)formats::parse_json(testing::read_text(path), {.file = path});
  if (ending == ".npy") (void)formats::read_npy(path);
  if (ending == ".npz") (void)formats::read_npz(path);
  if (ending == ".keras") read_weights(formats::read_keras_archive(path));
  if (ending == ".h5") read_weights(formats::read_h5(path));
  if (ending == ".index") read_weights(formats::read_tensor_bundle(path));
  if (ending == ".meta") (void)formats::read_meta_graph(path);
  if (ending == ".pb") read_messages(path);
}

// How many of reading and loading ended in an Error. Any other exception fails the test.
int errors_of(const std::string& path, const std::string& ending) {
  int errors = 0;
  const auto attempt = [&](const auto& work) {
    try {
      work();
    } catch (const Error&) {
      ++errors;
    }
  };
  attempt([&] { read(path, ending); });
  if (ending == ".keras" || ending == ".h5") attempt([&] { (void)load_model(path); });
  reset_names();
  return errors;
}

TEST(MutatedFiles, GiveValuesOrErrorsInBoundedTimeAndMemory) {
  const unsigned long count = number_from("NAMESAKE_MUTATIONS", 3000), seed = number_from("NAMESAKE_SEED", 20261122);
  const std::vector<Sample> samples = golden_samples();
  ASSERT_GT(samples.size(), 100U);
  const testing::TempFolder folder;
  for (const Sample& sample : samples) {  // whole, they show what memory sound files need
    testing::write_text(folder / ("whole" + sample.ending), sample.content);
    (void)errors_of(folder / ("whole" + sample.ending), sample.ending);
  }
  Limits::start_here();
  Damage damage(seed);
  unsigned long errors = 0, broken = 0;
  for (unsigned long i = 0; i < count; ++i) {
    const Sample& sample = samples[damage.below(samples.size())];
    const Sample& other = samples[damage.below(samples.size())];
    const bool inside = sample.ending == ".keras" && damage.below(3) > 0;
    const std::string path = folder / ("mutated" + sample.ending);
    std::filesystem::remove(path);  // a file made anew needs no wait for the disk
    testing::write_text(path, inside ? with_wounded_part(sample.content, damage, other.content) : damage.wound(sample.content, other.content));
    ::alarm(kMostSeconds);  // ends the program
    const Limits limits;
    errors += errors_of(path, sample.ending) > 0 ? 1 : 0;
    if (const std::string what = limits.broken(); !what.empty() && ++broken <= 5) {
      const std::string kept = fmt::format("{}/mutated_{}_{}{}", ::testing::TempDir(), seed, i, sample.ending);
      std::filesystem::copy_file(path, kept, std::filesystem::copy_options::overwrite_existing);
      ADD_FAILURE() << sample.name << ": " << what << "; kept as " << kept;
    }
  }
  ::alarm(0);
  fmt::print("{} mutated files of {} samples: {} errors, {} above the limits, at most {} MB more memory\n", count, samples.size(), errors,
             broken, Limits::most_megabytes());
  EXPECT_EQ(broken, 0U);
  EXPECT_GT(errors, count / 4) << "the damage was not felt";
}

}  // namespace
}  // namespace namesake

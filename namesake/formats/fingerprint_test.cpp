#include "namesake/formats/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "namesake/formats/canonical_message.h"
#include "namesake/formats/container/wire_field.h"
#include "namesake/formats/saved_model.h"
#include "tests/support/temp_folder.h"

namespace namesake::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namesake::testing::read_text;
using namesake::testing::TempFolder;
using namesake::testing::write_text;

const std::string kGolden = NAMESAKE_SOURCE_DIR "/tests/golden/saved_models/";
constexpr const char* kModels[] = {"builder", "keras2", "keras3", "module"};

std::span<const std::byte> as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

Fingerprint made(const std::string& saved_model, const std::string& index = "") { return make_fingerprint(as_bytes(saved_model), as_bytes(index)).value(); }

SavedModelFile model_with(std::vector<std::string> functions) {
  SavedModelFile file;
  MetaGraph& meta = file.meta_graphs.emplace_back();
  meta.objects.emplace();
  for (std::string& name : functions) meta.objects->functions.push_back({std::move(name), {}, {}, {}});
  return file;
}

TEST(Fingerprint, OfTensorFlowsModelsIsTheOneThatTensorFlowWrote) {
  for (const std::string name : kModels) {
    SCOPED_TRACE(name);
    const std::string folder = kGolden + name;
    const auto stored = parse_fingerprint(as_bytes(read_text(folder + "/fingerprint.pb")));
    ASSERT_TRUE(stored);
    const Fingerprint ours = made(read_text(folder + "/saved_model.pb"), read_text(variables_prefix(folder) + ".index"));
    EXPECT_NE(stored->saved_model_checksum, 0U);
    EXPECT_EQ(ours.saved_model_checksum, stored->saved_model_checksum);
    EXPECT_EQ(ours.graph_def_program_hash, stored->graph_def_program_hash);
    EXPECT_EQ(ours.signature_def_hash, stored->signature_def_hash);
    EXPECT_EQ(ours.saved_object_graph_hash, stored->saved_object_graph_hash);
    EXPECT_EQ(ours.checkpoint_hash, stored->checkpoint_hash);
    const auto report = check_fingerprint(folder);
    ASSERT_TRUE(report && report->stored);
    EXPECT_THAT(report->findings, IsEmpty());
  }
}

TEST(Fingerprint, DoesNotDependOnTheOrderOfMaps) {
  const std::string bytes = read_text(kGolden + "module/saved_model.pb");
  const auto sorted = canonical_saved_model(bytes);
  ASSERT_TRUE(sorted);
  EXPECT_NE(*sorted, bytes);  // Python does not sort as C++ does
  EXPECT_EQ(canonical_saved_model(*sorted), sorted);
  EXPECT_EQ(made(*sorted), made(bytes));
}

TEST(Fingerprint, IsWrittenAndReadAgain) {
  const Fingerprint fingerprint = made(read_text(kGolden + "keras3/saved_model.pb"), "index");
  EXPECT_EQ(fingerprint.producer, 4);
  EXPECT_EQ(parse_fingerprint(as_bytes(fingerprint_bytes(fingerprint))), fingerprint);
}

TEST(Fingerprint, HasANumberForUuidThatEqualModelsShare) {
  const std::string model = saved_model_bytes(model_with({"f_0"})), other = saved_model_bytes(model_with({"g_0"}));
  EXPECT_EQ(made(model), made(model));
  EXPECT_NE(made(model).uuid, made(other).uuid);
  EXPECT_NE(made(model).uuid, made(model, "index").uuid);
  EXPECT_THAT(made(model).uuid, ::testing::MatchesRegex("[0-9]+"));
  EXPECT_GE(made(model).uuid.size(), 20U);
  EXPECT_LE(made(model).uuid.size(), 39U);
}

TEST(Fingerprint, LooksPastTheNumbersOfFunctionsButNotPastTheirOrder) {
  const auto hash = [](std::vector<std::string> names) { return made(saved_model_bytes(model_with(std::move(names)))).saved_object_graph_hash; };
  EXPECT_EQ(hash({"f_1", "g_2"}), hash({"f_8", "g_10"}));
  EXPECT_NE(hash({"f_1", "g_2"}), hash({"f_2", "g_1"}));
}

TEST(Fingerprint, IsMissingWhereTensorFlowHasNone) {
  const auto has = [](const std::string& bytes) { return make_fingerprint(as_bytes(bytes), {}).has_value(); };
  EXPECT_TRUE(has(saved_model_bytes(model_with({"f_1"}))));
  EXPECT_FALSE(has(saved_model_bytes(model_with({"f_one"}))));
  EXPECT_FALSE(has(saved_model_bytes(model_with({"f_1", "g_1"}))));  // which of them counts is chance there
  EXPECT_FALSE(has(""));
  EXPECT_FALSE(has("no message"));
}

class FingerprintOfFolder : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::copy(kGolden + "module", folder_ / "m", std::filesystem::copy_options::recursive); }
  std::vector<std::string> findings() const { return check_fingerprint(folder_ / "m").value().findings; }

  TempFolder folder_;
};

TEST_F(FingerprintOfFolder, SaysWhichFileWasChanged) {
  EXPECT_THAT(findings(), IsEmpty());
  const std::string index = folder_ / "m/variables/variables.index";
  std::string bytes = read_text(index);
  write_text(index, bytes + "x");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("variables.index is not the one that was saved")));
  std::filesystem::remove(index);
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("variables.index is missing")));
  write_text(index, bytes);
  std::filesystem::copy(kGolden + "keras3/saved_model.pb", folder_ / "m/saved_model.pb", std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("saved_model.pb is not the one that was saved")));
}

TEST_F(FingerprintOfFolder, SaysThatTheFingerprintItselfWasChanged) {
  Fingerprint stored = check_fingerprint(folder_ / "m").value().stored.value();
  ++stored.signature_def_hash;
  write_text(folder_ / "m/fingerprint.pb", fingerprint_bytes(stored));
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("its hashes do not belong together")));
  stored.producer = 99;  // rules to come
  write_text(folder_ / "m/fingerprint.pb", fingerprint_bytes(stored));
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(FingerprintOfFolder, ThatIsDamagedIsAFindingAndNoError) {
  for (const std::string& bytes : {std::string(), std::string("\xff\xff"), std::string("no fingerprint"), std::string(100, '\0')}) {
    write_text(folder_ / "m/fingerprint.pb", bytes);
    const auto report = check_fingerprint(folder_ / "m");
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->stored);
    EXPECT_THAT(report->findings, ElementsAre(HasSubstr("damaged")));
  }
  std::filesystem::remove(folder_ / "m/fingerprint.pb");
  EXPECT_FALSE(check_fingerprint(folder_ / "m"));
}

TEST(Fingerprint, SurvivesEveryCutAndManyFlips) {
  const std::string whole = read_text(kGolden + "builder/saved_model.pb");
  std::size_t none = 0;
  for (std::size_t size = 0; size < whole.size(); size += 23) {
    const std::string cut = whole.substr(0, size);
    none += make_fingerprint(as_bytes(cut), {}) ? 0 : 1;
  }
  EXPECT_GT(none, 100U);
  const Fingerprint sound = made(whole);
  for (std::size_t at = 0; at < whole.size(); at += 23) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    if (const auto fingerprint = make_fingerprint(as_bytes(flipped), {})) {
      EXPECT_NE(fingerprint->saved_model_checksum, sound.saved_model_checksum) << "at byte " << at;
    }
  }
}

TEST(Fingerprint, RefusesMessagesThatNestTooDeep) {
  const auto nested = [](int depth) {
    std::string value;  // lists in lists in the signature of a function
    for (int i = 0; i < depth; ++i) {
      std::string list, outer;
      put_wire(list, 1, value);
      put_wire(outer, 51, list);
      value = outer;
    }
    std::string function, entry, objects, meta, model;
    put_wire(function, 3, value);
    put_wire(entry, 1, "f_1");
    put_wire(entry, 2, function);
    put_wire(objects, 2, entry);
    put_wire(meta, 7, objects);
    put_wire(model, 2, meta);
    return model;
  };
  EXPECT_TRUE(make_fingerprint(as_bytes(nested(40)), {}));
  EXPECT_FALSE(make_fingerprint(as_bytes(nested(60)), {}));
}

}  // namespace
}  // namespace namesake::formats

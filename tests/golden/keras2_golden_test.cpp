// Files that Keras 2.15 saved, opened here: the same predictions, also after a save of ours. tools/make_keras2_golden.py describes the
// files.
#include <gtest/gtest.h>

#include <string>

#include "namesake/base/error.h"
#include "namesake/formats/container/zip_reader.h"
#include "namesake/formats/npz.h"
#include "namesake/ops/create.h"
#include "namesake/saving/load_model.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

const std::string kFolder = std::string(NAMESAKE_SOURCE_DIR) + "/tests/golden/keras2/";

Tensors read_all(const formats::NpzFile& arrays, const char* prefix, std::int64_t count) {
  Tensors tensors;
  for (std::int64_t i = 0; i < count; ++i) tensors.push_back(arrays.read(prefix + std::to_string(i)));
  return tensors;
}

void expect_predictions(const Model& model, const JsonValue& row, const formats::NpzFile& arrays) {
  const Tensors x = read_all(arrays, "x", row.find("inputs")->as_int()), y = read_all(arrays, "y", row.find("outputs")->as_int());
  const Tensors ours = model.ptr()->invoke_many(x, {}, Site{});
  ASSERT_EQ(ours.size(), y.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    EXPECT_EQ(ours[i].dtype(), y[i].dtype()) << "output " << i;
    EXPECT_LE(testing::difference(cast(ours[i], DType::kFloat32), cast(y[i], DType::kFloat32)), 1e-5) << "output " << i;
  }
}

void run_case(const JsonValue& row, const formats::ZipReader& h5) {
  const std::string name = row.find("case")->as_string();
  const formats::NpzFile arrays(kFolder + name + ".npz");
  const testing::TempFolder folder;
  const formats::ZipEntry* entry = h5.find(name + ".h5");
  ASSERT_NE(entry, nullptr);
  testing::write_text(folder / "old.h5", h5.read_text(*entry));
  for (const std::string& file : {kFolder + name + ".keras", folder / "old.h5"}) {
    SCOPED_TRACE(file);
    LoadReport report;
    const Model model = load_model(file, {.report = &report});
    EXPECT_TRUE(report.missing.empty() && report.unused.empty() && report.ambiguous.empty());
    EXPECT_EQ(model.is_compiled(), row.find("compiled")->as_bool());
    expect_predictions(model, row, arrays);
    model.save(folder / "again.keras");
    expect_predictions(load_model(folder / "again.keras"), row, arrays);
  }
}

TEST(Keras2Golden, FilesOfKeras2PredictAsTheyDidThereAlsoAfterASave) {
  const JsonValue file = testing::read_golden_json(kFolder + "cases.json");
  const JsonArray& rows = file.find("cases")->items();
  ASSERT_GE(rows.size(), 10U);
  const std::string packed = testing::read_text(kFolder + "h5.zip");
  const formats::ZipReader h5(testing::as_bytes(packed), "h5.zip");
  for (const JsonValue& row : rows) {
    SCOPED_TRACE(row.find("case")->as_string());
    EXPECT_NO_THROW(run_case(row, h5));
  }
}

TEST(Keras2Golden, TrainingGoesOnFromTheStateThatEachOptimizerOfKeras2Kept) {
  const std::string packed = testing::read_text(kFolder + "optimizers.zip");
  const formats::ZipReader files(testing::as_bytes(packed), "optimizers.zip");
  const formats::NpzFile arrays(kFolder + "optimizers.npz");
  const Tensor x = arrays.read("x"), y = arrays.read("y");
  ASSERT_GE(files.entries().size(), 16U);
  for (const formats::ZipEntry& entry : files.entries()) {
    SCOPED_TRACE(entry.name);
    const testing::TempFolder folder;
    testing::write_text(folder / entry.name, files.read_text(entry));
    LoadReport report;
    const Model model = load_model(folder / entry.name, {.report = &report});
    EXPECT_TRUE(report.notes.empty() && report.unused.empty()) << ::testing::PrintToString(report.notes);
    EXPECT_EQ(model.optimizer().iterations(), 3);
    static_cast<void>(model.fit(x, y, {.batch_size = 6, .epochs = 3, .verbose = Verbose::kSilent, .shuffle = false}));
    EXPECT_LE(testing::difference(model(x), arrays.read(entry.name)), 1e-5);
  }
}

}  // namespace
}  // namespace namesake

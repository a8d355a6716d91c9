#include "namesake/train/data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/formats/npy.h"
#include "namesake/formats/npz.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TempFolder;
using testing::write_text;

Tensor floats(std::int64_t rows, std::int64_t columns, float first = 0) {
  Tensor t = Tensor::empty(DType::kFloat32, {rows, columns});
  for (std::int64_t i = 0; i < t.size(); ++i) t.raw_as<float>()[i] = first + static_cast<float>(i);
  return t;
}

std::string write(const TempFolder& folder, const std::string& name, const std::vector<formats::NamedTensor>& arrays) {
  const std::string path = folder / name;
  formats::write_npz(path, arrays);
  return path;
}

std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(LoadData, TakesTheArraysXAndYOfAnNpz) {
  const TempFolder folder;
  const auto path = write(folder, "d.npz", {{"y", Tensor::of<std::uint8_t>({1, 2}, {2})}, {"x", floats(2, 3)}, {"z", floats(1, 1)}});
  const Dataset data = load_data(path);
  EXPECT_EQ(data.rows(), 2);
  EXPECT_THAT(data.x.to_vector<float>(), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(data.y.to_vector<std::uint8_t>(), ElementsAre(1, 2));
}

TEST(LoadData, TakesTheTrainingArraysOfAKerasDataset) {
  const TempFolder folder;
  const auto path = write(folder, "mnist.npz", {{"x_train", Tensor::of<std::uint8_t>({0, 255}, {2, 1})}, {"y_train", Tensor::of<std::int64_t>({7, 8}, {2})}});
  const Dataset data = load_data(path);
  EXPECT_THAT(data.x.to_vector<float>(), ElementsAre(0, 255));
  EXPECT_EQ(data.y.dtype(), DType::kInt64);
}

TEST(LoadData, TakesTheArraysThatWereNamed) {
  const TempFolder folder;
  const auto path = write(folder, "d.npz", {{"x", floats(1, 1)}, {"images", floats(3, 2)}, {"labels", Tensor::of<double>({0.5, 1, 2}, {3})}});
  const Dataset data = load_data(path, {.x_key = "images", .y_key = "labels"});
  EXPECT_EQ(data.x.shape(), Shape({3, 2}));
  EXPECT_EQ(data.y.dtype(), DType::kFloat32);
}

TEST(LoadData, SaysWhichArraysAreThereIfOneIsMissing) {
  const TempFolder folder;
  const auto path = write(folder, "d.npz", {{"images", floats(3, 2)}, {"labels", floats(3, 1)}});
  EXPECT_THAT(error_of([&] { (void)load_data(path); }),
              AllOf(HasSubstr("no array \"x\""), HasSubstr("arrays \"images\", \"labels\""), HasSubstr("--x-key")));
  EXPECT_THAT(error_of([&] { (void)load_data(path, {.x_key = "images", .y_key = "y"}); }), HasSubstr("no array \"y\""));
  EXPECT_THROW((void)load_data(path), InvalidArgument);
}

TEST(LoadData, RefusesUnequalRowsAndWhatIsNoNumber) {
  const TempFolder folder;
  const auto rows = write(folder, "rows.npz", {{"x", floats(3, 2)}, {"y", floats(2, 1)}});
  EXPECT_THAT(error_of([&] { (void)load_data(rows); }), AllOf(HasSubstr("rows"), HasSubstr("(3, 2) float32 and (2, 1) float32")));
  const auto none = write(folder, "none.npz", {{"x", floats(0, 2)}, {"y", floats(0, 1)}});
  EXPECT_THAT(error_of([&] { (void)load_data(none); }), HasSubstr("has no rows"));
  const auto scalar = write(folder, "scalar.npz", {{"x", Tensor(1.0F)}, {"y", floats(1, 1)}});
  EXPECT_THAT(error_of([&] { (void)load_data(scalar); }), HasSubstr("() float32"));
  const auto complex = write(folder, "complex.npz", {{"x", Tensor::empty(DType::kComplex64, {2, 2})}, {"y", floats(2, 1)}});
  EXPECT_THAT(error_of([&] { (void)load_data(complex); }), AllOf(HasSubstr("shape-mismatch"), HasSubstr("complex64")));
}

TEST(LoadData, ReadsAPairOfNpyFiles) {
  const TempFolder folder;
  formats::write_npy(folder / "x.npy", floats(2, 2));
  formats::write_npy(folder / "y.npy", Tensor::of<std::int32_t>({5, 6}, {2}));
  const std::vector<std::filesystem::path> files = {folder / "x.npy", folder / "y.npy"};
  const Dataset data = load_data(files);
  EXPECT_EQ(data.x.shape(), Shape({2, 2}));
  EXPECT_THAT(data.y.to_vector<std::int32_t>(), ElementsAre(5, 6));
  EXPECT_THAT(error_of([&] { (void)load_data(files[0]); }), HasSubstr("the labels are missing"));
}

TEST(LoadData, TakesTheLastColumnOfACsvAsLabelsOrTheOneThatWasNamed) {
  const TempFolder folder;
  write_text(folder / "d.csv", "kind,width,height\n1,0.5,7\n0,1.5,8\n");
  const Dataset last = load_data(folder / "d.csv");
  EXPECT_THAT(last.x.to_vector<float>(), ElementsAre(1, 0.5, 0, 1.5));
  EXPECT_THAT(last.y.to_vector<std::int32_t>(), ElementsAre(7, 8));
  for (const char* column : {"kind", "0", "-3"}) {
    const Dataset named = load_data(folder / "d.csv", {.label_column = column});
    EXPECT_THAT(named.x.to_vector<float>(), ElementsAre(0.5, 7, 1.5, 8)) << column;
    EXPECT_THAT(named.y.to_vector<std::int32_t>(), ElementsAre(1, 0)) << column;
  }
  EXPECT_EQ(load_data(folder / "d.csv", {.label_column = "width"}).y.dtype(), DType::kFloat32);
  EXPECT_THAT(error_of([&] { (void)load_data(folder / "d.csv", {.label_column = "depth"}); }), HasSubstr("one of: kind, width, height"));
}

TEST(LoadData, RefusesACsvWithLettersAndOneWithoutInputs) {
  const TempFolder folder;
  write_text(folder / "letters.csv", "1,2\n3,four\n");
  EXPECT_THROW((void)load_data(folder / "letters.csv"), FormatError);
  write_text(folder / "narrow.csv", "1\n2\n");
  EXPECT_THAT(error_of([&] { (void)load_data(folder / "narrow.csv"); }), HasSubstr("no column beside the labels"));
}

TEST(LoadData, PutsTheRowsOfSeveralFilesOneAfterAnother) {
  const TempFolder folder;
  const std::vector<std::filesystem::path> files = {write(folder, "a.npz", {{"x", floats(1, 2)}, {"y", Tensor::of<std::int32_t>({1}, {1})}}),
                                                    write(folder, "b.npz", {{"x", floats(2, 2, 10)}, {"y", Tensor::of<std::int32_t>({2, 3}, {2})}})};
  const Dataset data = load_data(files);
  EXPECT_THAT(data.x.to_vector<float>(), ElementsAre(0, 1, 10, 11, 12, 13));
  EXPECT_THAT(data.y.to_vector<std::int32_t>(), ElementsAre(1, 2, 3));
  const std::vector<std::filesystem::path> uneven = {files[0], write(folder, "c.npz", {{"x", floats(1, 3)}, {"y", Tensor::of<std::int32_t>({1}, {1})}})};
  EXPECT_THAT(error_of([&] { (void)load_data(uneven); }), AllOf(HasSubstr("c.npz"), HasSubstr("(1, 3) float32")));
}

TEST(LoadData, SaysWhatItCannotRead) {
  const TempFolder folder;
  EXPECT_THROW((void)load_data(folder / "none.npz"), IoError);
  EXPECT_THROW((void)load_data(folder / "data.parquet"), Unsupported);
  EXPECT_THAT(error_of([&] { (void)load_data(folder / "data.parquet"); }), HasSubstr("received  .parquet"));
  write_text(folder / "broken.npz", "PK\3\4 and then nothing");
  EXPECT_THROW((void)load_data(folder / "broken.npz"), FormatError);
}

TEST(LoadInputs, TakesWhatHasNoLabels) {
  const TempFolder folder;
  formats::write_npy(folder / "x.npy", floats(2, 2));
  EXPECT_EQ(load_inputs(folder / "x.npy").shape(), Shape({2, 2}));
  write_text(folder / "x.csv", "1,2\n3,4\n5,6\n");
  EXPECT_EQ(load_inputs(folder / "x.csv").shape(), Shape({3, 2}));
  EXPECT_EQ(load_inputs(write(folder, "one.npz", {{"images", floats(4, 2)}})).shape(), Shape({4, 2}));
  EXPECT_EQ(load_inputs(write(folder, "two.npz", {{"y", floats(4, 1)}, {"x", floats(4, 3)}})).shape(), Shape({4, 3}));
  EXPECT_THAT(error_of([&] { (void)load_inputs(write(folder, "other.npz", {{"a", floats(4, 1)}, {"b", floats(4, 3)}})); }),
              HasSubstr("arrays \"a\", \"b\""));
}

}  // namespace
}  // namespace namesake

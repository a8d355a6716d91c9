#include "namesake/tensor/shape.h"

#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/tensor/dtype.h"

namespace namesake {
namespace {

TEST(Shape, IsWrittenAsKerasWritesIt) {
  struct Case { Shape shape; const char* text; };
  const Case cases[] = {{Shape(), "<unknown>"}, {Shape::scalar(), "()"}, {{10}, "(10,)"}, {{-1, 28, 28}, "(None, 28, 28)"}};
  for (const Case& c : cases) EXPECT_EQ(to_string(c.shape), c.text);
}

TEST(Shape, TellsAnOpenSizeFromAnUnknownRank) {
  EXPECT_FALSE(Shape().known_rank());
  EXPECT_TRUE(Shape::scalar().known_rank());
  EXPECT_EQ(Shape({-1, 3}).elements(), std::nullopt);
  EXPECT_EQ(Shape({2, 3}).elements(), 6);
  EXPECT_EQ(Shape::scalar().elements(), 1);
}

TEST(Shape, RefusesAnElementCountThatOverflows) {
  EXPECT_EQ(Shape({std::int64_t{1} << 40, std::int64_t{1} << 40}).elements(), std::nullopt);
  EXPECT_EQ(Shape({std::int64_t{1} << 40, std::int64_t{1} << 40, 0}).elements(), 0);
}

TEST(Shape, RefusesTooManyAxesAndNegativeSizes) {
  EXPECT_THROW(Shape({1, 1, 1, 1, 1, 1, 1, 1, 1}), ShapeMismatch);
  EXPECT_THROW(Shape({2, -2}), InvalidArgument);
}

TEST(Shape, FitsWhatItCouldBe) {
  EXPECT_TRUE(Shape({-1, 3}).compatible_with({5, 3}));
  EXPECT_FALSE(Shape({-1, 3}).compatible_with({5, 4}));
  EXPECT_FALSE(Shape({-1, 3}).compatible_with({3}));
  EXPECT_TRUE(Shape().compatible_with({3}));
}

TEST(DType, EveryWordComesBack) {
  for (int i = 1; i <= 23; ++i) {
    const auto dtype = static_cast<DType>(i);
    EXPECT_EQ(dtype_from_string(to_string(dtype)), dtype) << to_string(dtype);
  }
  EXPECT_EQ(dtype_from_string("float31"), std::nullopt);
  EXPECT_EQ(size_of(DType::kBFloat16), 2u);
}

}  // namespace
}  // namespace namesake

#include "namesake/tensor/tensor.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "namesake/base/error.h"
#include "namesake/base/pool.h"

namespace namesake {
namespace {

TEST(Tensor, HoldsWhatItWasMadeOf) {
  const Tensor t = Tensor::of<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_EQ(t.shape(), Shape({2, 3}));
  EXPECT_EQ(t.dtype(), DType::kFloat32);
  EXPECT_EQ(t.to_vector<float>(), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(to_string(t), "[[1 2 3]\n [4 5 6]] shape=(2, 3) dtype=float32");
}

TEST(Tensor, ScalarsConvert) {
  EXPECT_EQ(Tensor(3).item<int>(), 3);
  EXPECT_EQ(Tensor(2.5).dtype(), DType::kFloat32);
  EXPECT_EQ(Tensor(true).dtype(), DType::kBool);
  EXPECT_EQ(Tensor(1.5F).shape(), Shape::scalar());
}

TEST(Tensor, RefusesToBeReadAsWhatItIsNot) {
  const Tensor t = Tensor::of<float>({1}, {1});
  EXPECT_THROW((void)t.data<double>(), InvalidArgument);
  EXPECT_THROW((void)Tensor().data<float>(), InvalidArgument);
  EXPECT_THROW((void)Tensor::symbolic(DType::kFloat32, {-1, 2}, nullptr).data<float>(), InvalidArgument);
  EXPECT_THROW((void)Tensor::of<float>({1, 2}, {2}).item<float>(), InvalidArgument);
  EXPECT_THROW((void)Tensor::of<float>({1, 2}, {3}), ShapeMismatch);
  EXPECT_THROW((void)Tensor::empty(DType::kFloat32, {-1}), ShapeMismatch);
}

TEST(Tensor, ViewsShareTheNumbersAndCopiesDoNot) {
  const Tensor t = Tensor::of<std::int32_t>({1, 2, 3, 4}, {4});
  const Tensor view = t.with_shape({2, 2}), tail = t.rows(2, 4), copy = t.copy();
  EXPECT_EQ(view.raw(), t.raw());
  EXPECT_EQ(tail.to_vector<std::int32_t>(), (std::vector<std::int32_t>{3, 4}));
  EXPECT_NE(copy.raw(), t.raw());
  EXPECT_FALSE(t.exclusive());
  EXPECT_TRUE(copy.exclusive());
  EXPECT_THROW((void)t.rows(3, 5), InvalidArgument);
}

TEST(Tensor, StringsAreElements) {
  const std::string words[] = {"a", std::string(100, 'b')};
  const Tensor t = Tensor::of_strings(words, {2});
  EXPECT_EQ(t.strings()[1], words[1]);
  EXPECT_EQ(t.copy().strings()[0], "a");
}

TEST(Tensor, LiesOverTheBytesOfAnOwner) {
  auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3});
  const auto* bytes = reinterpret_cast<const std::byte*>(owner->data());
  const Tensor t = Tensor::over(Buffer::wrap(bytes, 12, owner), 4, DType::kFloat32, {2});
  owner.reset();
  EXPECT_EQ(t.to_vector<float>(), (std::vector<float>{2, 3}));
  EXPECT_FALSE(t.exclusive());
  EXPECT_THROW((void)Tensor::over(Buffer::wrap(bytes, 12, nullptr), 8, DType::kFloat32, {2}), ShapeMismatch);
}

TEST(Tensor, OfSixteenBitsGivesItsNumbersAndShowsThem) {
  const std::uint16_t half = 0x3e00, brain = 0x3fc0;  // 1.5
  for (const auto& [dtype, bits] : {std::pair(DType::kFloat16, half), std::pair(DType::kBFloat16, brain)}) {
    const Tensor t = Tensor::empty(dtype, {1});
    *t.raw_as<std::uint16_t>() = bits;
    EXPECT_EQ(t.item<float>(), 1.5F);
    EXPECT_NE(to_string(t).find("1.5"), std::string::npos) << to_string(t);
  }
}

TEST(Pool, GivesAlignedBlocksOfEverySizeThatDoNotOverlap) {
  std::vector<std::pair<void*, std::size_t>> blocks;
  for (std::size_t bytes = 1; bytes < 5000; bytes += 37) blocks.emplace_back(base::pool_allocate(bytes), bytes);
  for (const auto& [block, bytes] : blocks) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % base::kPoolAlignment, 0u);
    std::memset(block, static_cast<int>(bytes & 0xff), bytes);
  }
  for (const auto& [block, bytes] : blocks) {
    EXPECT_EQ(static_cast<unsigned char*>(block)[bytes - 1], bytes & 0xff);
    base::pool_free(block, bytes);
  }
}

TEST(Pool, BlocksMayBeFreedByAnotherThread) {
  Tensor t = Tensor::of<float>({1, 2}, {2});
  std::thread([moved = std::move(t)]() mutable { moved = Tensor(); }).join();
  EXPECT_FALSE(t.defined());  // NOLINT(bugprone-use-after-move): a moved handle is empty
}

}  // namespace
}  // namespace namesake

#include "namesake/formats/name_match.h"

#include <gtest/gtest.h>

namespace namesake::formats {
namespace {

std::vector<LayerSlot> dense(const std::vector<std::string>& names) {
  std::vector<LayerSlot> slots;
  for (const std::string& name : names) slots.push_back({"dense", {{4, 4}}, name});
  return slots;
}

TEST(NameMatch, TellsDriftFromPermutation) {
  struct Case {
    std::vector<std::string> file, model;
    SlotMatch first;
  };
  const Case cases[] = {
      {{"a", "b"}, {"a", "b"}, SlotMatch::kEqual},
      {{"dense_2", "dense_3"}, {"dense", "dense_1"}, SlotMatch::kDrift},
      {{"dense_1", "dense_2"}, {"dense", "dense_1"}, SlotMatch::kDrift},
      {{"dense_9", "dense_10"}, {"dense", "dense_1"}, SlotMatch::kDrift},
      {{"dense", "dense_1"}, {"dense_1", "dense"}, SlotMatch::kOtherOrder},
      {{"a", "b"}, {"b", "a"}, SlotMatch::kPermuted},
      {{"q", "k"}, {"query", "key"}, SlotMatch::kDifferentNames},
      {{"", ""}, {"x", "y"}, SlotMatch::kNotStored},
      {{"dense_5", "dense_6"}, {"head", "body"}, SlotMatch::kAutomaticAgainstExplicit},
      {{"dense_1", "dense"}, {"dense_1", "dense_7"}, SlotMatch::kEqual},
  };
  for (const Case& c : cases) {
    const auto matches = match_slots(dense(c.file), dense(c.model));
    EXPECT_EQ(matches[0], c.first) << c.file[0] << "," << c.file[1] << " against " << c.model[0] << "," << c.model[1]
                                   << ": " << to_string(matches[0]);
  }
  EXPECT_EQ(match_slots(dense({"dense_1", "dense"}), dense({"dense_1", "dense_7"}))[1], SlotMatch::kDrift);
}

TEST(NameMatch, ALayerThatNoOtherResemblesCannotBeSwapped) {
  const std::vector<LayerSlot> file = {{"dense", {{4, 4}}, "x"}, {"dense", {{4, 3}}, "y"}};
  const std::vector<LayerSlot> model = {{"dense", {{4, 4}}, "y"}, {"dense", {{4, 3}}, "x"}};
  for (const SlotMatch match : match_slots(file, model)) EXPECT_EQ(match, SlotMatch::kNoTwin);
}

TEST(NameMatch, OnlyDisagreementsAreErrors) {
  EXPECT_TRUE(is_error(SlotMatch::kPermuted) && is_error(SlotMatch::kOtherOrder) &&
              is_error(SlotMatch::kDifferentNames));
  EXPECT_FALSE(is_error(SlotMatch::kEqual) || is_error(SlotMatch::kDrift) || is_error(SlotMatch::kNotStored) ||
               is_error(SlotMatch::kNoTwin) || is_error(SlotMatch::kAutomaticAgainstExplicit));
}

}  // namespace
}  // namespace namesake::formats

#include "namesake/naming/natural_order.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace namesake::naming {
namespace {

TEST(NaturalLess, CountsAsPeopleDo) {
  const std::vector<std::string> in_order = {"",
                                             "0",
                                             "00",
                                             "01",
                                             "1",
                                             "2",
                                             "10",
                                             "10a",
                                             "99999999999999999999",
                                             "100000000000000000000",
                                             "dense",
                                             "dense_1",
                                             "dense_2",
                                             "dense_10",
                                             "dense_10_1",
                                             "vars",
                                             "\xc3\xa4"};
  for (std::size_t i = 0; i < in_order.size(); ++i) {
    for (std::size_t k = 0; k < in_order.size(); ++k) {
      EXPECT_EQ(natural_less(in_order[i], in_order[k]), i < k) << in_order[i] << " and " << in_order[k];
    }
  }
}

}  // namespace
}  // namespace namesake::naming

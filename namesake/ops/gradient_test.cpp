// Every op that has a gradient, by central differences.
#include <set>

#include "namesake/ops/gradient_cases_test_support.h"

namespace namesake::ops {
namespace {

TEST(Gradient, OfEveryOpAgreesWithCentralDifferences) {
  for (const GradientCase& c : all_cases()) check_gradient(c);
}

TEST(Gradient, IsCheckedForEveryOpThatHasOne) {
  // These give float32 whatever goes in: too few digits for differences. Their golden cases check them.
  std::set<std::string_view> checked = {"ResizeBilinear", "ResizeBilinearGrad"};
  for (const GradientCase& c : all_cases()) checked.insert(c.op->name);
  for (const OpRecord* op : all_ops()) {
    EXPECT_TRUE(op->gradient == nullptr || checked.contains(op->name)) << op->name;
  }
}

}  // namespace
}  // namespace namesake::ops

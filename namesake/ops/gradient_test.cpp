// Every op that has a gradient, by central differences.
#include <set>

#include "namesake/ops/gradient_cases_test_support.h"
#include "namesake/ops/graph_op_gradient_cases_test_support.h"

namespace namesake::ops {
namespace {

Cases every_case() {
  Cases cases = all_cases();
  add_graph_ops(cases);
  return cases;
}

TEST(Gradient, OfEveryOpAgreesWithCentralDifferences) {
  for (const GradientCase& c : every_case()) check_gradient(c);
}

TEST(Gradient, IsCheckedForEveryOpThatHasOne) {
  // The resizes give float32 whatever goes in: too few digits for differences. Of the normalizations only y has a gradient, as in TensorFlow. Their
  // golden cases check them.
  std::set<std::string_view> checked = {"ResizeBilinear", "ResizeBilinearGrad", "ResizeBicubic", "ResizeBicubicGrad", "ScaleAndTranslate", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"};
  for (const GradientCase& c : every_case()) checked.insert(c.op->name);
  for (const OpRecord* op : all_ops()) {
    EXPECT_TRUE(op->gradient == nullptr || checked.contains(op->name)) << op->name;
  }
}

}  // namespace
}  // namespace namesake::ops

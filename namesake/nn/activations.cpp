#include "namesake/nn/activations.h"

#include <algorithm>
#include <array>

#include "namesake/base/error.h"
#include "namesake/ops/activations.h"
#include "namesake/ops/math.h"
#include "namesake/ops/softmax.h"
#include "namesake/ops/unary.h"
#include "namesake/optim/keras_object.h"

namespace namesake {

struct ActivationFunction::Entry {
  std::string_view name;
  Tensor (*function)(const Tensor& x);
};

namespace {

Tensor linear(const Tensor& x) { return x; }
Tensor default_leaky_relu(const Tensor& x) { return leaky_relu(x); }
Tensor default_elu(const Tensor& x) { return elu(x); }
Tensor default_celu(const Tensor& x) { return celu(x); }
Tensor exact_gelu(const Tensor& x) { return gelu(x, false); }
Tensor default_softmax(const Tensor& x) { return softmax(x); }
Tensor default_log_softmax(const Tensor& x) { return log_softmax(x); }
Tensor default_soft_shrink(const Tensor& x) { return soft_shrink(x); }
Tensor default_hard_shrink(const Tensor& x) { return hard_shrink(x); }
Tensor default_glu(const Tensor& x) { return glu(x); }
Tensor keras2_hard_sigmoid(const Tensor& x) { return relu(minimum(0.2F * x + 0.5F, Tensor(1.0F))); }  // of files that Keras 2 wrote
Tensor default_sparsemax(const Tensor& x) { return sparsemax(x); }
Tensor default_squareplus(const Tensor& x) { return squareplus(x); }

/// keras.activations has other names for these.
constexpr std::array<std::array<std::string_view, 2>, 2> kAliases{{{"swish", "silu"}, {"hard_swish", "hard_silu"}}};

}  // namespace

std::span<const ActivationFunction::Entry> ActivationFunction::table() {
  static constexpr auto kTable = std::to_array<Entry>({
      {"linear", linear},
      {"relu", relu},
      {"relu6", relu6},
      {"leaky_relu", default_leaky_relu},
      {"elu", default_elu},
      {"selu", selu},
      {"celu", default_celu},
      {"gelu", exact_gelu},
      {"silu", silu},
      {"mish", mish},
      {"sigmoid", sigmoid},
      {"tanh", tanh},
      {"softmax", default_softmax},
      {"softplus", softplus},
      {"softsign", softsign},
      {"exponential", exp},
      {"hard_sigmoid", hard_sigmoid},
      {"keras2_hard_sigmoid", keras2_hard_sigmoid},
      {"hard_silu", hard_silu},
      {"hard_tanh", hard_tanh},
      {"log_sigmoid", log_sigmoid},
      {"log_softmax", default_log_softmax},
      {"soft_shrink", default_soft_shrink},
      {"hard_shrink", default_hard_shrink},
      {"tanh_shrink", tanh_shrink},
      {"squareplus", default_squareplus},
      {"sparse_plus", sparse_plus},
      {"sparse_sigmoid", sparse_sigmoid},
      {"glu", default_glu},
      {"sparsemax", default_sparsemax},
  });
  return kTable;
}

ActivationFunction::ActivationFunction() : entry_(&table().front()) {}

ActivationFunction::ActivationFunction(std::string_view word) {
  std::string_view name = word;
  for (const auto& [alias, real] : kAliases) {
    if (name == alias) name = real;
  }
  if (name == "threshold") {
    throw InvalidArgument({.subject = "activation",
                           .what = "The activation threshold cannot be had by its name: its two numbers have no defaults.",
                           .received = "threshold",
                           .fix = "threshold(layer(x), 0.1, 0.0), on the output of a layer without an activation"});
  }
  const auto found = std::find_if(table().begin(), table().end(), [name](const Entry& entry) { return entry.name == name; });
  if (found == table().end()) {
    std::vector<std::string_view> words;
    for (const Entry& entry : table()) words.push_back(entry.name);
    throw InvalidArgument(optim::unknown_word("activation", word, words));
  }
  entry_ = &*found;
}

Tensor ActivationFunction::operator()(const Tensor& x) const { return entry_->function(x); }

std::string_view ActivationFunction::name() const noexcept { return entry_->name; }

JsonValue ActivationFunction::serialize() const {
  if (entry_->function != keras2_hard_sigmoid) return name();
  return JsonValue::object({{"module", "builtins"}, {"class_name", "function"}, {"config", name()}, {"registered_name", name()}});
}

ActivationFunction ActivationFunction::deserialize(const JsonValue& value) {
  if (value.is_null()) return {};
  const optim::KerasObject object = optim::read_keras_object(value, "activation");
  if (object.is_word) return object.class_name;
  throw Unsupported({.subject = object.class_name,
                     .what = "Activations that are layers or objects are not done here: " + object.class_name + ".",
                     .expected = "the name of a function of keras.activations",
                     .received = to_json(value)});
}

}  // namespace namesake

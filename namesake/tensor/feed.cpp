#include "namesake/tensor/feed.h"

#include <fmt/format.h>

#include "namesake/base/error.h"

namespace namesake {

Feed::Feed(std::initializer_list<Named> named) : form_(Form::kNamed) {
  for (const auto& [name, tensor] : named) {
    names_.emplace_back(name);
    tensors_.push_back(tensor);
  }
  check_names();
}

Feed Feed::named(std::vector<std::string> names, Tensors tensors) {
  if (names.size() != tensors.size()) {
    throw InvalidArgument({.what = "A feed by name needs a name for each tensor.",
                           .expected = fmt::format("{} names", tensors.size()),
                           .received = std::to_string(names.size())});
  }
  Feed feed;
  feed.form_ = Form::kNamed;
  feed.names_ = std::move(names);
  feed.tensors_ = std::move(tensors);
  feed.check_names();
  return feed;
}

bool Feed::defined() const noexcept { return !tensors_.empty() && (form_ != Form::kOne || tensors_[0].defined()); }

const Tensor* Feed::find(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i] == name) return &tensors_[i];
  }
  return nullptr;
}

const Tensor& Feed::only() const {
  if (tensors_.size() == 1) return tensors_[0];
  throw InvalidArgument({.what = "One tensor is wanted here.", .expected = "1 tensor", .received = std::to_string(tensors_.size())});
}

void Feed::check_names() const {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (names_[i] != names_[j]) continue;
      throw NameCollision({.subject = names_[i],
                           .what = fmt::format("Two tensors of one feed are called \"{}\".", names_[i]),
                           .fix = "give each its own name"});
    }
  }
}

}  // namespace namesake

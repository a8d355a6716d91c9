// Feed: one tensor, several in order, or several by name: what a model takes, gives and is trained on, as Keras's nested
// structures.
//   model.fit(x, y);   model.fit({image, text}, y);   model.fit({{"image", image}, {"text", text}}, {{"age", age}});
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

class NAMESAKE_API Feed {
 public:
  enum class Form {
    kOne,    // a tensor
    kList,   // tensors in order
    kNamed,  // tensors by name; names are kept in the order given
  };
  using Named = std::pair<std::string_view, Tensor>;

  /// Nothing: defined() is false.
  Feed() = default;
  Feed(const Tensor& tensor) : tensors_{tensor} {}  // NOLINT(google-explicit-constructor)
  Feed(Tensors tensors) : form_(Form::kList), tensors_(std::move(tensors)) {}  // NOLINT(google-explicit-constructor)
  Feed(std::initializer_list<Tensor> tensors) : form_(Form::kList), tensors_(tensors) {}
  /// Throws NameCollision if a name stands twice.
  Feed(std::initializer_list<Named> named);
  [[nodiscard]] static Feed named(std::vector<std::string> names, Tensors tensors);

  [[nodiscard]] Form form() const noexcept { return form_; }
  /// False if there is no tensor, or the one there is has no value.
  [[nodiscard]] bool defined() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return tensors_.size(); }
  [[nodiscard]] const Tensor& operator[](std::size_t i) const { return tensors_[i]; }
  [[nodiscard]] const Tensors& tensors() const noexcept { return tensors_; }
  /// One for each tensor if form() is kNamed; else empty.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  /// The tensor called `name`, or null.
  [[nodiscard]] const Tensor* find(std::string_view name) const noexcept;
  /// The only tensor. Throws InvalidArgument if there are several or none.
  [[nodiscard]] const Tensor& only() const;

 private:
  void check_names() const;

  Form form_ = Form::kOne;
  Tensors tensors_;
  std::vector<std::string> names_;
};

}  // namespace namesake

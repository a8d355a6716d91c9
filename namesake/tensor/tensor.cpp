#include "namesake/tensor/tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "namesake/base/error.h"
#include "namesake/base/pool.h"
#include "namesake/tensor/element_type.h"
#include "namesake/tensor/small_floats.h"

namespace namesake {
namespace {

template <class T>
Tensor scalar(T value) {
  Tensor t = Tensor::empty(dtype_of<T>(), Shape::scalar());
  *t.raw_as<T>() = value;
  return t;
}

std::size_t element_bytes(DType dtype) { return dtype == DType::kString ? sizeof(std::string) : size_of(dtype); }

}  // namespace

void Tensor::Body::destroy() noexcept {
  this->~Body();
  base::pool_free(this, sizeof(Body));
}

base::RefPtr<Tensor::Body> Tensor::make_body(DType dtype, const Shape& shape) {
  return base::RefPtr<Body>::adopt(new (base::pool_allocate(sizeof(Body))) Body(dtype, shape));
}

Tensor::Tensor(float value) : Tensor(scalar(value)) {}
Tensor::Tensor(int value) : Tensor(scalar(static_cast<std::int32_t>(value))) {}
Tensor::Tensor(std::int64_t value) : Tensor(scalar(value)) {}
Tensor::Tensor(bool value) : Tensor(scalar(value)) {}

Tensor Tensor::empty(DType dtype, const Shape& shape) {
  const auto count = shape.elements();
  const std::size_t width = element_bytes(dtype);
  if (!count || width == 0) {
    throw ShapeMismatch({.what = "No room can be made for a tensor of this shape and dtype.",
                         .expected = "a shape that is fully known, and a dtype with elements",
                         .received = fmt::format("{} {}", to_string(dtype), to_string(shape))});
  }
  if (static_cast<std::uint64_t>(*count) > SIZE_MAX / width) throw std::bad_alloc();
  auto body = make_body(dtype, shape);
  const auto n = static_cast<std::size_t>(*count);
  body->buffer = dtype == DType::kString ? Buffer::strings(n) : Buffer::allocate(n * width);
  body->data = body->buffer->data();
  return Tensor(std::move(body));
}

Tensor Tensor::of_strings(std::span<const std::string> values, const Shape& shape) {
  Tensor flat = empty(DType::kString, {static_cast<std::int64_t>(values.size())});
  std::copy(values.begin(), values.end(), flat.raw_as<std::string>());
  return flat.with_shape(shape);
}

Tensor Tensor::over(base::RefPtr<Buffer> buffer, std::size_t offset, DType dtype, const Shape& shape) {
  const auto count = shape.elements();
  const std::size_t width = element_bytes(dtype);
  if (!count || width == 0 || offset > buffer->bytes() ||
      static_cast<std::uint64_t>(*count) > (buffer->bytes() - offset) / width) {
    throw ShapeMismatch({.what = "A tensor does not fit the bytes it should lie over.",
                         .expected = fmt::format("{} {}", to_string(dtype), to_string(shape)),
                         .received = fmt::format("{} bytes from offset {}", buffer->bytes(), offset)});
  }
  auto body = make_body(dtype, shape);
  body->data = buffer->data() + offset;
  body->buffer = std::move(buffer);
  return Tensor(std::move(body));
}

Tensor Tensor::symbolic(DType dtype, const Shape& shape, base::RefPtr<Producer> producer, int index) {
  auto body = make_body(dtype, shape);
  body->producer = std::move(producer);
  body->output_index = index;
  return Tensor(std::move(body));
}

Tensor Tensor::holding(base::RefPtr<Producer> object) {
  auto body = make_body(DType::kVariant, Shape::scalar());
  body->buffer = Buffer::allocate(0);
  body->data = body->buffer->data();
  body->producer = std::move(object);
  return Tensor(std::move(body));
}

const void* Tensor::checked_data(DType wanted) const {
  if (!defined() || is_symbolic() || dtype() != wanted) {
    throw InvalidArgument({.what = !defined()      ? "A tensor without a value was read."
                                   : is_symbolic() ? "The numbers of a symbolic tensor were read; it has none until the model runs."
                                                   : "A tensor was read as another dtype than its own.",
                           .expected = std::string(to_string(wanted)),
                           .received = defined() ? fmt::format("{} {}", to_string(dtype()), to_string(shape())) : ""});
  }
  return body_->data;
}

std::span<const std::string> Tensor::strings() const {
  return {static_cast<const std::string*>(checked_data(DType::kString)), static_cast<std::size_t>(size())};
}

std::span<const std::byte> Tensor::bytes() const {
  static_cast<void>(checked_data(dtype()));
  return {body_->data, static_cast<std::size_t>(size()) * size_of(dtype())};
}

namespace {

/// Number `i` of a tensor of 16-bit floats; false for another dtype.
bool with_small_float(const Tensor& t, std::int64_t i, double& value) {
  if (t.dtype() == DType::kFloat16) {
    value = static_cast<double>(t.raw_as<Half>()[i].value());
  } else if (t.dtype() == DType::kBFloat16) {
    value = static_cast<double>(t.raw_as<Brain>()[i].value());
  } else {
    return false;
  }
  return true;
}

}  // namespace

double Tensor::item_as_double() const {
  static_cast<void>(checked_data(defined() ? dtype() : DType::kFloat32));
  double value = 0;
  const auto read = [&](auto zero) { value = static_cast<double>(*raw_as<decltype(zero)>()); };
  if (size() == 1 && (with_element_type(dtype(), read) || with_small_float(*this, 0, value))) return value;
  throw InvalidArgument({.what = "item() needs a tensor of exactly one number.",
                         .received = fmt::format("{} {}", to_string(dtype()), to_string(shape()))});
}

Tensor Tensor::with_shape(const Shape& shape) const {
  if (shape == this->shape()) return *this;
  if (!shape.fully_known() || shape.elements() != this->shape().elements() || is_symbolic()) {
    throw ShapeMismatch({.what = "The elements do not fit the shape.",
                         .expected = fmt::format("a shape of {} elements", size()),
                         .received = to_string(shape)});
  }
  auto body = make_body(dtype(), shape);
  body->data = body_->data;
  body->buffer = body_->buffer;
  return Tensor(std::move(body));
}

Tensor Tensor::alias() const {
  auto body = make_body(dtype(), shape());
  body->data = body_->data;
  body->buffer = body_->buffer;
  body->producer = body_->producer;
  body->output_index = body_->output_index;
  return Tensor(std::move(body));
}

Tensor Tensor::rows(std::int64_t begin, std::int64_t end) const {
  if (is_symbolic() || rank() < 1 || begin < 0 || begin > end || end > shape()[0]) {
    throw InvalidArgument({.what = "The rows are outside the tensor.",
                           .expected = fmt::format("0 <= begin <= end <= {}", rank() < 1 ? 0 : shape()[0]),
                           .received = fmt::format("begin {}, end {}", begin, end)});
  }
  Shape rows = shape();
  rows.set(0, end - begin);
  const std::int64_t row = shape()[0] == 0 ? 0 : size() / shape()[0];
  auto body = make_body(dtype(), rows);
  body->data = body_->data + static_cast<std::size_t>(begin * row) * element_bytes(dtype());
  body->buffer = body_->buffer;
  return Tensor(std::move(body));
}

Tensor Tensor::copy() const {
  Tensor out = empty(dtype(), shape());
  if (dtype() == DType::kString) {
    std::copy_n(raw_as<std::string>(), size(), out.raw_as<std::string>());
  } else if (size() > 0) {
    std::memcpy(out.raw(), raw(), bytes().size());
  }
  return out;
}

namespace {

constexpr std::int64_t kMostPrinted = 200;

std::string element_text(const Tensor& t, std::int64_t i) {
  if (t.dtype() == DType::kString) return fmt::format("\"{}\"", t.raw_as<std::string>()[i]);
  std::string text = "?";
  if (double value = 0; with_small_float(t, i, value)) return fmt::format("{:.4g}", value);
  with_element_type(t.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>) text = fmt::format("{:.6g}", t.raw_as<T>()[i]);
    else if constexpr (std::is_same_v<T, bool>) text = t.raw_as<T>()[i] ? "True" : "False";
    else text = std::to_string(static_cast<long long>(t.raw_as<T>()[i]));
  });
  return text;
}

void print_axis(const Tensor& t, int axis, std::int64_t& next, std::string& out) {
  if (axis == t.rank()) {
    out += element_text(t, next++);
    return;
  }
  out += '[';
  for (std::int64_t i = 0; i < t.shape()[axis]; ++i) {
    if (i > 0) out += axis + 1 == t.rank() ? " " : "\n" + std::string(static_cast<std::size_t>(axis) + 1, ' ');
    print_axis(t, axis + 1, next, out);
  }
  out += ']';
}

}  // namespace

std::string to_string(const Tensor& tensor) {
  if (!tensor.defined()) return "<no value>";
  const std::string kind = fmt::format("shape={} dtype={}", to_string(tensor.shape()), to_string(tensor.dtype()));
  if (tensor.is_symbolic()) return fmt::format("<symbolic {}>", kind);
  if (tensor.size() > kMostPrinted) return fmt::format("<tensor {}>", kind);
  std::string numbers;
  std::int64_t next = 0;
  print_axis(tensor, 0, next, numbers);
  return fmt::format("{} {}", numbers, kind);
}

void Producer::let_go(Tensors inputs) noexcept {
  thread_local constinit Tensors* draining = nullptr;
  if (draining != nullptr) {  // called from below: the loop further out goes on with these
    for (Tensor& input : inputs) draining->push_back(std::move(input));
    return;
  }
  draining = &inputs;
  while (!inputs.empty()) {
    const Tensor last = std::move(inputs.back());
    inputs.pop_back();
  }
  draining = nullptr;
}

}  // namespace namesake

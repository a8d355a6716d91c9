// Tensor: a value of some dtype and shape: a cheap shared handle, one pointer wide. One type serves eager values (numbers
// in memory) and symbolic ones (shape and dtype only, made by `Input` and by layers and ops applied to it). Numbers are
// row-major and never change once others can see them; an op gives a new tensor, or a view of the same numbers.
//   Tensor a = Tensor::of<float>({1, 2, 3, 4}, {2, 2});   a.shape();   a.data<float>()[3];
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/pool.h"
#include "namesake/base/ref.h"
#include "namesake/tensor/buffer.h"
#include "namesake/tensor/dtype.h"
#include "namesake/tensor/shape.h"

namespace namesake {

class Tensor;

/// What made a symbolic tensor: an input, a layer's call, an op. Kept alive by the tensors that came out of it.
class NAMESAKE_API Producer : public base::RefCounted<Producer> {
 public:
  virtual ~Producer() = default;
  void destroy() noexcept { delete this; }

 protected:
  Producer() = default;
  /// For destructors: lets go of inputs one after the other, so that a chain of any length needs no deep stack.
  static void let_go(std::vector<Tensor, base::PoolAllocator<Tensor>> inputs) noexcept;
};

class NAMESAKE_API Tensor {
 public:
  /// No value: what a look-up gives that finds none, and the gradient of what the target does not depend on.
  Tensor() = default;
  /// Scalars.
  Tensor(float value);
  Tensor(double value) : Tensor(static_cast<float>(value)) {}  // Keras's floatx
  Tensor(int value);
  Tensor(std::int64_t value);
  Tensor(bool value);

  /// A copy of `values` in shape `shape`. Throws ShapeMismatch if their number differs.
  template <class T>
  [[nodiscard]] static Tensor of(std::span<const T> values, const Shape& shape);
  template <class T>
  [[nodiscard]] static Tensor of(std::initializer_list<T> values, const Shape& shape) {
    return of(std::span<const T>(values.begin(), values.size()), shape);
  }
  [[nodiscard]] static Tensor of_strings(std::span<const std::string> values, const Shape& shape);
  /// Room for a tensor, not cleared (strings are empty). `shape` must be fully known; throws ShapeMismatch, std::bad_alloc.
  [[nodiscard]] static Tensor empty(DType dtype, const Shape& shape);
  /// A tensor over bytes that are kept alive by `buffer`, beginning at `offset`. Throws ShapeMismatch if they are too few.
  [[nodiscard]] static Tensor over(base::RefPtr<Buffer> buffer, std::size_t offset, DType dtype, const Shape& shape);
  /// A scalar of dtype "variant" that holds an object rather than a number: producer() gives it back.
  [[nodiscard]] static Tensor holding(base::RefPtr<Producer> object);
  /// A symbolic tensor: output `index` of `producer`.
  [[nodiscard]] static Tensor symbolic(DType dtype, const Shape& shape, base::RefPtr<Producer> producer, int index = 0);

  [[nodiscard]] bool defined() const noexcept { return static_cast<bool>(body_); }
  explicit operator bool() const noexcept { return defined(); }
  [[nodiscard]] bool is_symbolic() const noexcept { return body_->data == nullptr; }
  [[nodiscard]] DType dtype() const noexcept { return body_->dtype; }
  [[nodiscard]] const Shape& shape() const noexcept { return body_->shape; }
  [[nodiscard]] int rank() const noexcept { return body_->shape.rank(); }
  /// Number of elements of an eager tensor.
  [[nodiscard]] std::int64_t size() const noexcept { return body_->shape.count(); }

  /// The elements. Throws InvalidArgument if `T` is not their type, or the tensor is symbolic.
  template <class T>
  [[nodiscard]] std::span<const T> data() const {
    return {static_cast<const T*>(checked_data(dtype_of<T>())), static_cast<std::size_t>(size())};
  }
  [[nodiscard]] std::span<const std::string> strings() const;
  [[nodiscard]] std::span<const std::byte> bytes() const;
  /// The only element, converted to `T`. Throws InvalidArgument if there is not exactly one number.
  template <class T>
  [[nodiscard]] T item() const {
    return static_cast<T>(item_as_double());
  }
  template <class T>
  [[nodiscard]] std::vector<T> to_vector() const {
    const auto values = data<T>();
    return {values.begin(), values.end()};
  }

  /// For kernels filling a tensor that nobody else has seen, and for readers of files.
  [[nodiscard]] std::byte* raw() const noexcept { return body_->data; }
  template <class T>
  [[nodiscard]] T* raw_as() const noexcept {
    return reinterpret_cast<T*>(body_->data);
  }
  /// The same numbers in another shape of as many elements: a view.
  [[nodiscard]] Tensor with_shape(const Shape& shape) const;
  /// Another tensor over the same numbers, with an id of its own.
  [[nodiscard]] Tensor alias() const;
  /// A view of rows [begin, end) of axis 0.
  [[nodiscard]] Tensor rows(std::int64_t begin, std::int64_t end) const;
  /// A copy of its own, that nobody shares.
  [[nodiscard]] Tensor copy() const;
  /// True if no other tensor shares the numbers, and they may be written.
  [[nodiscard]] bool exclusive() const noexcept {
    return body_->unique() && body_->buffer && body_->buffer->unique() && body_->buffer->writable();
  }
  /// Tells tensors apart: equal for handles of one value.
  [[nodiscard]] const void* id() const noexcept { return body_.get(); }

  // Symbolic tensors.
  [[nodiscard]] Producer* producer() const noexcept { return body_->producer.get(); }
  [[nodiscard]] int output_index() const noexcept { return body_->output_index; }

  // Slots that travel with the value.
  /// Keras's mask (bool, the shape without the features axis), or an undefined tensor.
  [[nodiscard]] Tensor mask() const { return Tensor(body_->mask); }
  [[nodiscard]] bool has_mask() const noexcept { return static_cast<bool>(body_->mask); }
  void set_mask(const Tensor& mask) const { body_->mask = mask.body_; }
  /// What a softmax (or sigmoid) was taken of, so that a loss can work on logits, as Keras does.
  [[nodiscard]] Tensor logits() const { return Tensor(body_->logits); }
  void set_logits(const Tensor& logits) const { body_->logits = logits.body_; }

 private:
  struct NAMESAKE_API Body : base::RefCounted<Body> {
    Body(DType t, const Shape& s) : dtype(t), shape(s) {}
    void destroy() noexcept;
    DType dtype;
    Shape shape;
    std::byte* data = nullptr;  // null: symbolic
    base::RefPtr<Buffer> buffer;
    base::RefPtr<Body> mask, logits;
    base::RefPtr<Producer> producer;
    int output_index = 0;
  };
  explicit Tensor(base::RefPtr<Body> body) : body_(std::move(body)) {}
  static base::RefPtr<Body> make_body(DType dtype, const Shape& shape);
  [[nodiscard]] const void* checked_data(DType wanted) const;
  [[nodiscard]] double item_as_double() const;

  base::RefPtr<Body> body_;
};

/// A list of tensors. Its memory is the pool's: a steady loop asks the system for nothing.
using Tensors = std::vector<Tensor, base::PoolAllocator<Tensor>>;

/// `[[1 2]\n [3 4]]`, at most a few hundred numbers, then the shape and dtype; for a symbolic tensor shape and dtype only.
[[nodiscard]] NAMESAKE_API std::string to_string(const Tensor& tensor);

template <class T>
Tensor Tensor::of(std::span<const T> values, const Shape& shape) {
  static_assert(dtype_of<T>() != DType::kInvalid, "no dtype has this element type");
  Tensor flat = empty(dtype_of<T>(), {static_cast<std::int64_t>(values.size())});
  T* out = flat.raw_as<T>();
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = values[i];
  return flat.with_shape(shape);
}

}  // namespace namesake

// What layers over sequences and images share: where the channels are, sequences seen as images of height 1, and the checks
// of their inputs. Internal to nn.
#pragma once

#include <string_view>

#include "namesake/nn/layer.h"
#include "namesake/ops/sizes.h"

namespace namesake::nn {

/// The place of the channels in an input of `spatial` spatial axes.
[[nodiscard]] int channels_axis(std::string_view data_format, int spatial);
/// The place of the first spatial axis.
[[nodiscard]] int first_spatial_axis(std::string_view data_format);

/// Throws ShapeMismatch unless `x` has a batch axis, `spatial` axes and channels (an unknown rank passes).
void check_spatial_rank(const LayerBase& layer, const Shape& x, int spatial);
/// The number of channels of an input that a layer is built for. Throws ShapeMismatch unless it is known and positive.
[[nodiscard]] std::int64_t channels_of(const LayerBase& layer, const Shape& input, std::string_view data_format, int spatial);
/// Throws ShapeMismatch unless `x` may have that many channels.
void check_channels(const LayerBase& layer, const Shape& x, std::string_view data_format, int spatial, std::int64_t channels);

/// `y` if it has a place at least along each spatial axis, or may have; throws ShapeMismatch if windows found none on `input`.
[[nodiscard]] Tensor with_places(const LayerBase& layer, const Shape& input, Tensor y);

/// Throws InvalidArgument, naming the option, unless every size is given and at least `least`.
template <int N>
void check_sizes(const LayerBase& layer, std::string_view option, const Sizes<N>& sizes, std::int64_t least = 1);
/// The checks of every convolution's kernel_size, strides and dilation_rate.
template <int N>
void check_windows(const LayerBase& layer, const Sizes<N>& kernel_size, const Sizes<N>& strides, const Sizes<N>& dilation_rate);
/// (kernel_size..., in, out).
template <int N>
[[nodiscard]] Shape kernel_shape(const Sizes<N>& kernel_size, std::int64_t in, std::int64_t out);
/// Throws InvalidArgument for a word that is no data format, no padding; "causal" passes if `allow_causal`.
void check_data_format(const LayerBase& layer, std::string_view data_format);
void check_padding(const LayerBase& layer, std::string_view padding, bool allow_causal = false);
/// InvalidArgument about an option of a layer.
[[noreturn]] void throw_option(const LayerBase& layer, std::string_view option, std::string what, std::string expected,
                               std::string received = "");

/// Sequences (batch, steps, channels) as images of height 1, and back; images as they are.
[[nodiscard]] Tensor as_images(const Tensor& x, std::string_view data_format, int spatial);
[[nodiscard]] Tensor from_images(const Tensor& x, std::string_view data_format, int spatial);
/// Sequences as images, with `steps` steps of zeros before them: so that no step of a convolution sees a later one.
[[nodiscard]] Tensor padded_causally(const Tensor& images, std::string_view data_format, std::int64_t steps);
/// Without the first `before` and the last `after` places of an axis.
[[nodiscard]] Tensor slice_to(const Tensor& x, int axis, std::int64_t before, std::int64_t after);
/// (height, width) of images times `factors`, plus `more`: an int32 tensor, symbolic where the sizes are open.
[[nodiscard]] Tensor scaled_sizes(const Tensor& images, std::string_view data_format, const Sizes2D& factors, const Sizes2D& more);
/// A kernel with `spatial` spatial axes as one with two.
[[nodiscard]] Tensor as_image_kernel(const Tensor& kernel, int spatial);
/// The same for sizes; `height` is that of sequences.
[[nodiscard]] inline Sizes2D as_image_sizes(const Sizes1D& sizes, std::int64_t height = 1) { return {height, sizes[0]}; }
[[nodiscard]] inline Sizes2D as_image_sizes(const Sizes2D& sizes, std::int64_t = 1) { return sizes; }

}  // namespace namesake::nn

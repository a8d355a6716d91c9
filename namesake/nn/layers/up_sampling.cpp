#include "namesake/nn/layers/up_sampling.h"

#include <fmt/format.h>

#include "namesake/nn/layers/spatial.h"
#include "namesake/ops/resize.h"
#include "namesake/ops/shaping.h"

namespace namesake::nn {
namespace {

/// Images with channels last, `factors` times as high and as wide.
Tensor enlarged(const Tensor& images, const Sizes2D& factors, std::string_view interpolation) {
  return resize_images(images, scaled_sizes(images, "channels_last", factors, {0, 0}), interpolation);
}

}  // namespace

void UpSampling1DBody::config(Options& o, ConfigFields& f) { f("size", o.size); }

UpSampling1DBody::UpSampling1DBody(Options options) : options_(std::move(options)) {
  check_sizes(*this, "size", Sizes1D(options_.size));
}

Tensor UpSampling1DBody::call(const Tensor& x, CallContext&) {
  check_spatial_rank(*this, x.shape(), 1);
  return from_images(enlarged(as_images(x, "channels_last", 1), {1, options_.size}, "nearest"), "channels_last", 1);
}

void UpSampling2DBody::config(Options& o, ConfigFields& f) {
  f("size", o.size);
  f("data_format", o.data_format);
  f("interpolation", o.interpolation);
}

UpSampling2DBody::UpSampling2DBody(Options options) : options_(std::move(options)) {
  check_sizes(*this, "size", options_.size);
  check_data_format(*this, options_.data_format);
  if (options_.interpolation != "nearest" && options_.interpolation != "bilinear") {
    throw_option(*this, "interpolation", fmt::format("UpSampling2D does not interpolate by \"{}\" here.", options_.interpolation),
                 "\"nearest\" or \"bilinear\"");
  }
}

Tensor UpSampling2DBody::call(const Tensor& x, CallContext&) {
  check_spatial_rank(*this, x.shape(), 2);
  if (options_.data_format == "channels_last") return enlarged(x, options_.size, options_.interpolation);
  return transpose(enlarged(transpose(x, {0, 2, 3, 1}), options_.size, options_.interpolation), {0, 3, 1, 2});
}

}  // namespace namesake::nn

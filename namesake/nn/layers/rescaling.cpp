#include "namesake/nn/layers/rescaling.h"

#include "namesake/ops/create.h"
#include "namesake/ops/math.h"

namespace namesake::nn {

void RescalingBody::config(Options& o, ConfigFields& f) {
  f("scale", o.scale);
  f("offset", o.offset);
}

RescalingBody::RescalingBody(const Options& options)
    : scale_(options.scale.tensor(compute_dtype())), offset_(options.offset.tensor(compute_dtype())) {
  set_supports_masking(true);
}

Tensor RescalingBody::call(const Tensor& x, CallContext&) { return cast(x, compute_dtype()) * scale_ + offset_; }

}  // namespace namesake::nn

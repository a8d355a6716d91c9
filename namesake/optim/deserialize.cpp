// Optimizers from words and from the objects in Keras 3 and Keras 2 files: one table of classes.
#include "namesake/base/error.h"
#include "namesake/optim/class_table.h"
#include "namesake/optim/optimizers.h"

namespace namesake {
namespace {

template <class Body>
optim::ClassTable<Optimizer>::KerasClass keras_class() {
  return {Body::kClassName, &optim::optimizer_from_config<Body>};
}

optim::ClassTable<Optimizer>& optimizer_classes() {
  static optim::ClassTable<Optimizer> classes("optimizer", "keras.optimizers",
                                              {
                                                  keras_class<AdadeltaBody>(),
                                                  keras_class<AdafactorBody>(),
                                                  keras_class<AdagradBody>(),
                                                  keras_class<AdamBody>(),
                                                  keras_class<AdamWBody>(),
                                                  keras_class<AdamaxBody>(),
                                                  keras_class<FtrlBody>(),
                                                  keras_class<LambBody>(),
                                                  keras_class<LionBody>(),
                                                  {LossScaleOptimizerBody::kClassName, &optim::loss_scale_from_config},
                                                  keras_class<MuonBody>(),
                                                  keras_class<NadamBody>(),
                                                  keras_class<RMSpropBody>(),
                                                  keras_class<SGDBody>(),
                                              });
  return classes;
}

}  // namespace

namespace optim {

void add_optimizer_class(std::string_view class_name, std::string_view package, MakeOptimizer make, Site site) {
  optimizer_classes().add(class_name, package, make, site);
}

JsonValue optimizer_object(std::string_view class_name, JsonValue config) {
  return optimizer_classes().object(class_name, std::move(config));
}

void read_keras_2(ConfigFields& fields, const JsonView& config) {
  fields.ignore("jit_compile");
  fields.ignore("is_legacy_optimizer");
  const JsonValue* decay = config.value().find("decay");  // of the legacy optimizers: 0 is off
  if (decay == nullptr || (decay->is_number() && decay->as_double() == 0)) fields.ignore("decay");
}

}  // namespace optim

Optimizer::Optimizer(std::string_view word) : Optimizer(deserialize(JsonValue(word))) {}

Optimizer Optimizer::deserialize(const JsonValue& value) { return optimizer_classes().from_json(value); }

}  // namespace namesake

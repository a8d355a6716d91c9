// one_layer_models FOLDER: for every layer class a model around it, made with our own API, trained one step and saved with its optimizer as
// FOLDER/<case>.keras. FOLDER/<case>.npz has the inputs x0, ..., the target y, what the model then predicts, and the losses of the
// two steps that would come next. On standard output one line a case: its name, class and whether its training is random.
// one_layer_models --known: the classes that the registry knows, one a line.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <namesake/formats/npz.h>
#include <namesake/namesake.h>

namespace nk = namesake;

namespace {

constexpr std::int64_t kRows = 6;

struct Case {
  std::string name;
  nk::Layer layer;
  std::vector<nk::Shape> inputs;  // without the batch axis
  bool random = false;            // in training
  bool whole = false;             // inputs are integers below 5
};

std::vector<Case> dense_cases() {
  return {
      {"dense", nk::Dense({.units = 3, .activation = "gelu", .kernel_regularizer = nk::L2{.l2 = 0.02}, .bias_constraint = nk::NonNeg{}}), {{4}}},
      {"dense_3d", nk::Dense({.units = 2, .use_bias = false, .kernel_initializer = nk::Orthogonal{.gain = 1.5}, .name = "tried"}), {{3, 4}}},
      {"einsum_dense", nk::EinsumDense({.equation = "abc,cd->abd", .output_shape = {2, 3}, .activation = "tanh", .bias_axes = "d"}), {{2, 4}}},
      {"embedding", nk::Embedding({.input_dim = 5, .output_dim = 3, .embeddings_regularizer = nk::L1{.l1 = 0.01}}), {{4}}, false, true},
      // Without a regularizer Keras's Adam squares the gradients of a repeated row one by one, and its numbers differ from everyone's.
      {"embedding_mask", nk::Embedding({.input_dim = 5, .output_dim = 2, .embeddings_regularizer = nk::L2{.l2 = 0.01}, .mask_zero = true}), {{3}}, false, true},
      {"activation", nk::Activation({.activation = "silu"}), {{4}}},
      {"activity_regularization", nk::ActivityRegularization({.l1 = 0.1, .l2 = 0.2}), {{4}}},
      {"dropout", nk::Dropout({.rate = 0.3, .noise_shape = {-1, 1}, .seed = 5}), {{4}}, true},
      {"dropout_0", nk::Dropout({.rate = 0.0}), {{4}}},
      {"spatial_dropout1d", nk::SpatialDropout1D({.rate = 0.3}), {{3, 2}}, true},
      {"spatial_dropout2d", nk::SpatialDropout2D({.rate = 0.3}), {{2, 3, 2}}, true},
      {"alpha_dropout", nk::AlphaDropout({.rate = 0.2}), {{4}}, true},
      {"gaussian_dropout", nk::GaussianDropout({.rate = 0.2}), {{4}}, true},
      {"gaussian_noise", nk::GaussianNoise({.stddev = 0.2, .seed = 3}), {{4}}, true},
      {"flatten", nk::Flatten({.data_format = "channels_first"}), {{2, 3, 2}}},
      {"identity", nk::Identity(), {{4}}},
      {"masking", nk::Masking({.mask_value = 1.0}), {{3, 2}}},
      {"elu", nk::ELU({.alpha = 0.5}), {{4}}},
      {"leaky_relu", nk::LeakyReLU({.negative_slope = 0.1}), {{4}}},
      {"prelu", nk::PReLU({.alpha_initializer = nk::Constant{.value = 0.25}, .shared_axes = {1}}), {{3, 4}}},
      {"relu", nk::ReLU({.max_value = 0.8, .negative_slope = 0.1, .threshold = 0.2}), {{4}}},
      {"softmax", nk::Softmax({.axis = {1, 2}}), {{2, 3}}},
  };
}

std::vector<Case> shape_cases() {
  return {
      {"add", nk::Add(), {{3, 2}, {3, 2}, {2}}},
      {"average", nk::Average(), {{3, 2}, {1, 2}}},
      {"concatenate", nk::Concatenate({.axis = 1}), {{3, 2}, {1, 2}}},
      {"dot", nk::Dot({.axes = {2, 1}, .normalize = true}), {{2, 3}, {3, 4}}},
      {"maximum", nk::Maximum(), {{3, 2}, {3, 2}}},
      {"minimum", nk::Minimum(), {{3, 2}, {3, 2}}},
      {"multiply", nk::Multiply(), {{3, 2}, {3, 2}}},
      {"subtract", nk::Subtract(), {{3, 2}, {3, 2}}},
      {"permute", nk::Permute({.dims = {2, 1}}), {{3, 4}}},
      {"repeat_vector", nk::RepeatVector({.n = 3}), {{4}}},
      {"rescaling", nk::Rescaling({.scale = 0.5, .offset = {1.0, 2.0}}), {{3, 2}}},
      {"reshape", nk::Reshape({.target_shape = {-1, 2}}), {{3, 4}}},
      {"batch_normalization", nk::BatchNormalization({.axis = 1, .momentum = 0.5, .scale = false}), {{3, 2, 4}}},
      {"group_normalization", nk::GroupNormalization({.groups = 2}), {{3, 4}}},
      {"layer_normalization", nk::LayerNormalization({.axis = {1, 2}}), {{2, 3}}},
      {"normalization", nk::Normalization({.mean = 1.0, .variance = 2.0}), {{4}}},
      {"normalization_inverse", nk::Normalization({.mean = {1.0, 0.5}, .variance = {2.0, 0.3}, .invert = true}), {{3, 2}}},
      {"rms_normalization", nk::RMSNormalization({.epsilon = 1e-4}), {{4}}},
      {"unit_normalization", nk::UnitNormalization({.axis = 1}), {{3, 4}}},
      {"layer_scale", nk::LayerScale({.init_values = 0.3, .projection_dim = 4}), {{3, 4}}},
      {"stochastic_depth", nk::StochasticDepth({.drop_path_rate = 0.3}), {{3, 4}}, true},
      {"custom_scale_layer", nk::CustomScaleLayer({.scale = 0.17}), {{3, 2}, {3, 2}}},
  };
}

std::vector<Case> image_cases() {
  return {
      {"average_pooling1d", nk::AveragePooling1D({.pool_size = 2}), {{4, 2}}},
      {"average_pooling2d", nk::AveragePooling2D({.pool_size = {2, 2}, .padding = "same"}), {{5, 4, 2}}},
      {"max_pooling1d", nk::MaxPooling1D({.pool_size = 3, .strides = 1, .padding = "same"}), {{4, 2}}},
      {"max_pooling2d", nk::MaxPooling2D({.pool_size = {2, 3}, .strides = {1, 2}}), {{4, 5, 2}}},
      {"global_average_pooling1d", nk::GlobalAveragePooling1D({.keepdims = true}), {{4, 2}}},
      {"global_average_pooling2d", nk::GlobalAveragePooling2D(), {{3, 4, 2}}},
      {"global_max_pooling1d", nk::GlobalMaxPooling1D(), {{4, 2}}},
      {"global_max_pooling2d", nk::GlobalMaxPooling2D({.keepdims = true}), {{3, 4, 2}}},
      {"conv1d", nk::Conv1D({.filters = 3, .kernel_size = 2, .padding = "causal", .dilation_rate = 2}), {{5, 2}}},
      {"conv2d", nk::Conv2D({.filters = 4, .kernel_size = {3, 2}, .strides = {2, 1}, .groups = 2, .activation = "tanh"}), {{6, 5, 2}}},
      {"conv1d_transpose", nk::Conv1DTranspose({.filters = 3, .kernel_size = 2, .strides = 2}), {{3, 2}}},
      {"conv2d_transpose", nk::Conv2DTranspose({.filters = 3, .kernel_size = {3, 2}, .strides = {2, 1}, .padding = "same"}), {{3, 4, 2}}},
      {"depthwise_conv1d", nk::DepthwiseConv1D({.kernel_size = 2, .depth_multiplier = 2}), {{5, 2}}},
      {"depthwise_conv2d", nk::DepthwiseConv2D({.kernel_size = {2, 3}, .padding = "same", .use_bias = false}), {{4, 5, 2}}},
      {"separable_conv1d", nk::SeparableConv1D({.filters = 3, .kernel_size = 2}), {{5, 2}}},
      {"separable_conv2d", nk::SeparableConv2D({.filters = 3, .kernel_size = {2, 3}, .depth_multiplier = 2, .activation = "relu"}), {{4, 5, 2}}},
      {"cropping1d", nk::Cropping1D({.cropping = {1, 2}}), {{5, 2}}},
      {"cropping2d", nk::Cropping2D({.cropping = {{1, 0}, {0, 2}}}), {{3, 4, 2}}},
      {"up_sampling1d", nk::UpSampling1D({.size = 2}), {{3, 2}}},
      {"up_sampling2d", nk::UpSampling2D({.size = {2, 3}, .interpolation = "bilinear"}), {{2, 3, 2}}},
      {"zero_padding1d", nk::ZeroPadding1D({.padding = {1, 2}}), {{3, 2}}},
      {"zero_padding2d", nk::ZeroPadding2D({.padding = {{1, 0}, {0, 2}}}), {{2, 3, 2}}},
  };
}

std::vector<Case> attention_cases() {
  return {
      {"multi_head_attention", nk::MultiHeadAttention({.num_heads = 2, .key_dim = 3}), {{3, 4}, {2, 5}}},
      {"multi_head_attention_key",
       nk::MultiHeadAttention({.num_heads = 2, .key_dim = 2, .value_dim = 3, .use_bias = false, .use_gate = true, .output_shape = {3}}),
       {{3, 4}, {2, 5}, {2, 2}}},
      {"multi_head_attention_dropout", nk::MultiHeadAttention({.num_heads = 2, .key_dim = 2, .dropout = 0.2}), {{3, 4}, {2, 5}}, true},
      {"grouped_query_attention", nk::GroupQueryAttention({.head_dim = 2, .num_query_heads = 4, .num_key_value_heads = 2}), {{3, 4}, {2, 4}}},
      {"attention", nk::Attention({.use_scale = true, .score_mode = "concat"}), {{3, 4}, {2, 4}, {2, 4}}},
      {"attention_dropout", nk::Attention({.dropout = 0.2, .seed = 3}), {{3, 4}, {2, 4}}, true},
      {"additive_attention", nk::AdditiveAttention(), {{3, 4}, {2, 4}}},
  };
}

std::vector<Case> recurrent_cases() {
  return {
      {"gru", nk::GRU({.units = 3, .return_sequences = true, .go_backwards = true}), {{4, 2}}},
      {"gru_before", nk::GRU({.units = 2, .recurrent_activation = "hard_sigmoid", .kernel_regularizer = nk::L2{.l2 = 0.02}, .reset_after = false}), {{4, 3}}},
      {"gru_cell", nk::GRUCell({.units = 3}), {{2}, {3}}},
      {"lstm", nk::LSTM({.units = 3, .name = "tried"}), {{4, 2}}},
      {"lstm_dropout", nk::LSTM({.units = 2, .dropout = 0.2, .recurrent_dropout = 0.3, .return_sequences = true}), {{4, 3}}, true},
      {"lstm_cell", nk::LSTMCell({.units = 2, .use_bias = false}), {{3}, {2}, {2}}},
      {"rnn", nk::RNN({.cell = nk::StackedRNNCells({.cells = {nk::LSTMCell({.units = 3}), nk::GRUCell({.units = 2}), nk::LSTMCell({.units = 2})}})}), {{4, 3}}},
      {"simple_rnn", nk::SimpleRNN({.units = 3, .recurrent_initializer = "glorot_uniform", .bias_constraint = nk::NonNeg{}}), {{4, 2}}},
      {"simple_rnn_cell", nk::SimpleRNNCell({.units = 3}), {{2}, {3}}},
      {"stacked_rnn_cells", nk::StackedRNNCells({.cells = {nk::GRUCell({.units = 3}), nk::SimpleRNNCell({.units = 2})}}), {{4}, {3}, {2}}},
  };
}

std::vector<Case> wrapper_cases() {
  return {
      {"bidirectional", nk::Bidirectional({.layer = nk::LSTM({.units = 2, .return_sequences = true})}), {{4, 3}}},
      {"bidirectional_sum", nk::Bidirectional({.layer = nk::GRU({.units = 2, .kernel_regularizer = nk::L2{.l2 = 0.02}}), .merge_mode = "sum"}), {{4, 3}}},
      {"bidirectional_backward",
       nk::Bidirectional({.layer = nk::SimpleRNN({.units = 2}), .backward_layer = nk::GRU({.units = 2, .go_backwards = true, .name = "back"}), .name = "both"}),
       {{4, 3}}},
      {"time_distributed", nk::TimeDistributed({.layer = nk::Dense({.units = 3, .activation = "relu", .kernel_regularizer = nk::L2{.l2 = 0.02}})}), {{2, 4}}},
      {"time_distributed_image", nk::TimeDistributed({.layer = nk::Conv2D({.filters = 2, .kernel_size = 2, .name = "inner"})}), {{2, 4, 3, 1}}},
      {"time_distributed_moments", nk::TimeDistributed({.layer = nk::BatchNormalization({.momentum = 0.5})}), {{3, 4}}},
      {"time_distributed_model", nk::TimeDistributed({.layer = nk::Sequential({nk::Dense({.units = 3, .input_shape = {4}}), nk::Dense({.units = 2})})}), {{3, 4}}},
  };
}

std::vector<Case> model_cases() {
  const nk::Tensor a = nk::Input({.shape = {4}}), b = nk::Input({.shape = {3}});
  return {
      {"sequential", nk::Sequential({nk::Dense({.units = 3, .activation = "relu"}), nk::BatchNormalization()}, {.name = "inner"}), {{4}}},
      {"functional", nk::Model({a, b}, nk::Concatenate()({nk::Dense({.units = 3})(a), b}), {.name = "inner"}), {{4}, {3}}},
      {"op_layers", nk::Sequential({nk::Dense({.units = 3}), nk::Sequential({nk::Dense({.units = 2})})}), {{4}}},
  };
}

nk::Tensor wave(nk::Shape shape, double step) {
  std::vector<float> values(static_cast<std::size_t>(shape.count()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(std::sin(step * static_cast<double>(i)));
  return nk::Tensor::of<float>(values, shape);
}

nk::Tensor whole_numbers(const nk::Shape& shape) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(shape.count()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int32_t>(i * i % 5);
  return nk::Tensor::of<std::int32_t>(values, shape);
}

nk::Feed feed(const nk::Tensors& tensors) { return tensors.size() == 1 ? nk::Feed(tensors[0]) : nk::Feed(tensors); }

nk::Model model_around(const Case& of) {
  nk::Tensors inputs;
  for (const nk::Shape& shape : of.inputs) inputs.push_back(nk::Input({.shape = shape, .dtype = of.whole ? "int32" : "float32"}));
  const nk::Tensor y = inputs.size() == 1 ? of.layer(inputs[0]) : of.layer(inputs).at(0);
  const nk::Tensor rows = y.rank() == 2 ? y : nk::Flatten()(y);
  nk::Model model(feed(inputs), nk::Dense({.units = 2, .name = "last"})(rows), {.name = "model_of_" + of.name});
  model.compile({.optimizer = nk::Adam({.learning_rate = 0.01}), .loss = "mse", .metrics = {"mae"}});
  return model;
}

void save_case(const std::filesystem::path& folder, const Case& of) {
  nk::reset_names();
  const nk::Model model = model_around(of);
  nk::Tensors xs;
  std::vector<nk::formats::NamedTensor> arrays;
  for (const nk::Shape& features : of.inputs) {
    nk::Shape shape({kRows});
    for (const std::int64_t size : features.sizes()) shape.push_back(size);
    xs.push_back(of.whole ? whole_numbers(shape) : wave(shape, 0.7 + 0.1 * static_cast<double>(xs.size())));
    arrays.push_back({"x" + std::to_string(xs.size() - 1), xs.back()});
  }
  const nk::Tensor y = wave({kRows, 2}, 0.3);
  arrays.push_back({"y", y});
  model.train_on_batch(feed(xs), y);
  model.save(folder / (of.name + ".keras"));
  arrays.push_back({"prediction", model.predict(feed(xs), {.verbose = nk::Verbose::kSilent})});
  std::vector<float> losses;
  for (int i = 0; i < 2; ++i) losses.push_back(static_cast<float>(*nk::find_log(model.train_on_batch(feed(xs), y), "loss")));
  arrays.push_back({"losses", nk::Tensor::of<float>(losses, {2})});
  nk::formats::write_npz((folder / (of.name + ".npz")).string(), arrays);
  const nk::nn::LayerClass& known = *nk::nn::layer_class_of(*of.layer.ptr());
  std::printf("%s %s %d\n", of.name.c_str(), (known.export_name.empty() ? known.class_name : known.export_name).c_str(), of.random ? 1 : 0);
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: one_layer_models FOLDER | --known\n", stderr);
    return 2;
  }
  if (std::string_view(words[1]) == "--known") {
    for (const std::string& known : nk::nn::known_layer_classes()) std::printf("%s\n", known.c_str());
    return 0;
  }
  for (const auto& cases : {dense_cases, shape_cases, image_cases, attention_cases, recurrent_cases, wrapper_cases, model_cases}) {
    for (const Case& of : cases()) {
      try {
        save_case(words[1], of);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n%s\n", of.name.c_str(), error.what());
        return 2;
      }
    }
  }
  return 0;
}

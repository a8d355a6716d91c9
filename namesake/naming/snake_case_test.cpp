#include "namesake/naming/snake_case.h"

#include <gtest/gtest.h>

#include "namesake/naming/rules.h"

namespace namesake::naming {
namespace {

struct Case {
  const char* class_name;
  const char* snake_case;
};

// clang-format off
// keras.src.utils.naming.to_snake_case of Keras 3.15.1, for every class that keras.layers exports.
constexpr Case kLayers[] = {
    {"Activation", "activation"}, {"ActivityRegularization", "activity_regularization"},
    {"AdaptiveAveragePooling1D", "adaptive_average_pooling1d"},
    {"AdaptiveAveragePooling2D", "adaptive_average_pooling2d"},
    {"AdaptiveAveragePooling3D", "adaptive_average_pooling3d"}, {"AdaptiveMaxPooling1D", "adaptive_max_pooling1d"},
    {"AdaptiveMaxPooling2D", "adaptive_max_pooling2d"}, {"AdaptiveMaxPooling3D", "adaptive_max_pooling3d"},
    {"Add", "add"}, {"AdditiveAttention", "additive_attention"}, {"AlphaDropout", "alpha_dropout"},
    {"Attention", "attention"}, {"AugMix", "aug_mix"}, {"AutoContrast", "auto_contrast"}, {"Average", "average"},
    {"AveragePooling1D", "average_pooling1d"}, {"AveragePooling2D", "average_pooling2d"},
    {"AveragePooling3D", "average_pooling3d"}, {"BatchNormalization", "batch_normalization"},
    {"Bidirectional", "bidirectional"}, {"CategoryEncoding", "category_encoding"}, {"CenterCrop", "center_crop"},
    {"Concatenate", "concatenate"},
    {"ContrastLimitedAdaptiveHistogramEqualization", "contrast_limited_adaptive_histogram_equalization"},
    {"Conv1D", "conv1d"}, {"Conv1DTranspose", "conv1d_transpose"}, {"Conv2D", "conv2d"},
    {"Conv2DTranspose", "conv2d_transpose"}, {"Conv3D", "conv3d"}, {"Conv3DTranspose", "conv3d_transpose"},
    {"ConvLSTM1D", "conv_lstm1d"}, {"ConvLSTM2D", "conv_lstm2d"}, {"ConvLSTM3D", "conv_lstm3d"},
    {"Cropping1D", "cropping1d"}, {"Cropping2D", "cropping2d"}, {"Cropping3D", "cropping3d"}, {"CutMix", "cut_mix"},
    {"Dense", "dense"}, {"DepthwiseConv1D", "depthwise_conv1d"}, {"DepthwiseConv2D", "depthwise_conv2d"},
    {"Discretization", "discretization"}, {"Dot", "dot"}, {"Dropout", "dropout"}, {"ELU", "elu"},
    {"EinsumDense", "einsum_dense"}, {"Embedding", "embedding"}, {"Equalization", "equalization"},
    {"Flatten", "flatten"}, {"FlaxLayer", "flax_layer"}, {"GRU", "gru"}, {"GRUCell", "gru_cell"},
    {"GaussianDropout", "gaussian_dropout"}, {"GaussianNoise", "gaussian_noise"},
    {"GlobalAveragePooling1D", "global_average_pooling1d"}, {"GlobalAveragePooling2D", "global_average_pooling2d"},
    {"GlobalAveragePooling3D", "global_average_pooling3d"}, {"GlobalMaxPooling1D", "global_max_pooling1d"},
    {"GlobalMaxPooling2D", "global_max_pooling2d"}, {"GlobalMaxPooling3D", "global_max_pooling3d"},
    {"GroupNormalization", "group_normalization"}, {"GroupedQueryAttention", "grouped_query_attention"},
    {"HashedCrossing", "hashed_crossing"}, {"Hashing", "hashing"}, {"Identity", "identity"},
    {"InputLayer", "input_layer"}, {"InputSpec", "input_spec"}, {"IntegerLookup", "integer_lookup"},
    {"JaxLayer", "jax_layer"}, {"LSTM", "lstm"}, {"LSTMCell", "lstm_cell"}, {"Lambda", "lambda"}, {"Layer", "layer"},
    {"LayerNormalization", "layer_normalization"}, {"LeakyReLU", "leaky_re_lu"}, {"Masking", "masking"},
    {"MaxNumBoundingBoxes", "max_num_bounding_boxes"}, {"MaxPooling1D", "max_pooling1d"},
    {"MaxPooling2D", "max_pooling2d"}, {"MaxPooling3D", "max_pooling3d"}, {"Maximum", "maximum"},
    {"MelSpectrogram", "mel_spectrogram"}, {"Minimum", "minimum"}, {"MixUp", "mix_up"},
    {"MultiHeadAttention", "multi_head_attention"}, {"Multiply", "multiply"}, {"Normalization", "normalization"},
    {"PReLU", "p_re_lu"}, {"Permute", "permute"}, {"Pipeline", "pipeline"},
    {"RMSNormalization", "rms_normalization"}, {"RNN", "rnn"}, {"RandAugment", "rand_augment"},
    {"RandomBrightness", "random_brightness"}, {"RandomColorDegeneration", "random_color_degeneration"},
    {"RandomColorJitter", "random_color_jitter"}, {"RandomContrast", "random_contrast"},
    {"RandomCrop", "random_crop"}, {"RandomElasticTransform", "random_elastic_transform"},
    {"RandomErasing", "random_erasing"}, {"RandomFlip", "random_flip"},
    {"RandomGaussianBlur", "random_gaussian_blur"}, {"RandomGrayscale", "random_grayscale"},
    {"RandomHue", "random_hue"}, {"RandomInvert", "random_invert"}, {"RandomPerspective", "random_perspective"},
    {"RandomPosterization", "random_posterization"}, {"RandomRotation", "random_rotation"},
    {"RandomSaturation", "random_saturation"}, {"RandomSharpness", "random_sharpness"},
    {"RandomShear", "random_shear"}, {"RandomTranslation", "random_translation"}, {"RandomZoom", "random_zoom"},
    {"ReLU", "re_lu"}, {"RepeatVector", "repeat_vector"}, {"Rescaling", "rescaling"}, {"Reshape", "reshape"},
    {"Resizing", "resizing"}, {"ReversibleEmbedding", "reversible_embedding"},
    {"STFTSpectrogram", "stft_spectrogram"}, {"SeparableConv1D", "separable_conv1d"},
    {"SeparableConv2D", "separable_conv2d"}, {"SimpleRNN", "simple_rnn"}, {"SimpleRNNCell", "simple_rnn_cell"},
    {"Softmax", "softmax"}, {"Solarization", "solarization"}, {"SpatialDropout1D", "spatial_dropout1d"},
    {"SpatialDropout2D", "spatial_dropout2d"}, {"SpatialDropout3D", "spatial_dropout3d"},
    {"SpectralNormalization", "spectral_normalization"}, {"StackedRNNCells", "stacked_rnn_cells"},
    {"StringLookup", "string_lookup"}, {"Subtract", "subtract"}, {"TFSMLayer", "tfsm_layer"},
    {"TextVectorization", "text_vectorization"}, {"TimeDistributed", "time_distributed"},
    {"TorchModuleWrapper", "torch_module_wrapper"}, {"UnitNormalization", "unit_normalization"},
    {"UpSampling1D", "up_sampling1d"}, {"UpSampling2D", "up_sampling2d"}, {"UpSampling3D", "up_sampling3d"},
    {"Wrapper", "wrapper"}, {"ZeroPadding1D", "zero_padding1d"}, {"ZeroPadding2D", "zero_padding2d"},
    {"ZeroPadding3D", "zero_padding3d"}};

// The same for the classes of keras.models, keras.optimizers, keras.losses and keras.metrics.
constexpr Case kOthers[] = {
    {"DTypePolicy", "d_type_policy"}, {"FloatDTypePolicy", "float_d_type_policy"}, {"Function", "function"},
    {"Initializer", "initializer"}, {"KerasTensor", "keras_tensor"}, {"Loss", "loss"}, {"Metric", "metric"},
    {"Model", "model"}, {"Operation", "operation"}, {"Optimizer", "optimizer"}, {"Quantizer", "quantizer"},
    {"Regularizer", "regularizer"}, {"RematScope", "remat_scope"}, {"Sequential", "sequential"},
    {"StatelessScope", "stateless_scope"}, {"SymbolicScope", "symbolic_scope"}, {"Variable", "variable"},
    {"Adadelta", "adadelta"}, {"Adafactor", "adafactor"}, {"Adagrad", "adagrad"}, {"Adam", "adam"},
    {"AdamW", "adam_w"}, {"Adamax", "adamax"}, {"Ftrl", "ftrl"}, {"Lamb", "lamb"}, {"Lion", "lion"},
    {"LossScaleOptimizer", "loss_scale_optimizer"}, {"MultiOptimizer", "multi_optimizer"}, {"Muon", "muon"},
    {"Nadam", "nadam"}, {"OptimizerMap", "optimizer_map"}, {"RMSprop", "rm_sprop"}, {"SGD", "sgd"},
    {"ScheduleFreeAdamW", "schedule_free_adam_w"}, {"BinaryCrossentropy", "binary_crossentropy"},
    {"BinaryFocalCrossentropy", "binary_focal_crossentropy"}, {"CTC", "ctc"},
    {"CategoricalCrossentropy", "categorical_crossentropy"},
    {"CategoricalFocalCrossentropy", "categorical_focal_crossentropy"},
    {"CategoricalGeneralizedCrossEntropy", "categorical_generalized_cross_entropy"},
    {"CategoricalHinge", "categorical_hinge"}, {"Circle", "circle"}, {"CosineSimilarity", "cosine_similarity"},
    {"Dice", "dice"}, {"Hinge", "hinge"}, {"Huber", "huber"}, {"KLDivergence", "kl_divergence"},
    {"LogCosh", "log_cosh"}, {"MeanAbsoluteError", "mean_absolute_error"},
    {"MeanAbsolutePercentageError", "mean_absolute_percentage_error"}, {"MeanSquaredError", "mean_squared_error"},
    {"MeanSquaredLogarithmicError", "mean_squared_logarithmic_error"}, {"Poisson", "poisson"},
    {"SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"}, {"SquaredHinge", "squared_hinge"},
    {"Tversky", "tversky"}, {"AUC", "auc"}, {"Accuracy", "accuracy"}, {"BinaryAccuracy", "binary_accuracy"},
    {"BinaryIoU", "binary_io_u"}, {"CategoricalAccuracy", "categorical_accuracy"},
    {"ConcordanceCorrelation", "concordance_correlation"}, {"F1Score", "f1_score"}, {"FBetaScore", "f_beta_score"},
    {"FalseNegatives", "false_negatives"}, {"FalsePositives", "false_positives"}, {"IoU", "io_u"},
    {"LogCoshError", "log_cosh_error"}, {"Mean", "mean"}, {"MeanIoU", "mean_io_u"},
    {"MeanMetricWrapper", "mean_metric_wrapper"}, {"OneHotIoU", "one_hot_io_u"},
    {"OneHotMeanIoU", "one_hot_mean_io_u"}, {"PearsonCorrelation", "pearson_correlation"},
    {"Precision", "precision"}, {"PrecisionAtRecall", "precision_at_recall"}, {"R2Score", "r2_score"},
    {"Recall", "recall"}, {"RecallAtPrecision", "recall_at_precision"},
    {"RootMeanSquaredError", "root_mean_squared_error"}, {"SensitivityAtSpecificity", "sensitivity_at_specificity"},
    {"SparseCategoricalAccuracy", "sparse_categorical_accuracy"},
    {"SparseTopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy"},
    {"SpecificityAtSensitivity", "specificity_at_sensitivity"}, {"Sum", "sum"},
    {"TopKCategoricalAccuracy", "top_k_categorical_accuracy"}, {"TrueNegatives", "true_negatives"},
    {"TruePositives", "true_positives"}};

// The same for class names that users could choose.
constexpr Case kOddNames[] = {
    {"HTTPServer2Go", "http_server2_go"}, {"A", "a"}, {"AB", "ab"}, {"ABc", "a_bc"}, {"aB", "a_b"}, {"A1B", "a1b"},
    {"X2Y3z", "x2y3z"}, {"My_Layer", "my__layer"}, {"_Private", "__private"}, {"__X", "__x"}, {"conv2D", "conv2d"},
    {"My Layer", "my_layer"}, {"Foo-Bar", "foo_bar"}, {"3DConv", "3d_conv"}, {"", ""}, {"LSTMCell2", "lstm_cell2"},
    {"my.Layer", "my_layer"}, {"Custom>Dense", "custom_dense"}, {"A_B", "a_b"}, {"ALLCAPS", "allcaps"},
    {"aBC", "a_bc"}, {"ABcD1E", "a_bc_d1e"}, {"Foo_2Bar", "foo_2_bar"}, {"Foo1Bar", "foo1_bar"},
    {"Foo12BarBaz", "foo12_bar_baz"}, {"FooBAR3", "foo_bar3"}, {"ResNet50V2", "res_net50v2"},
    {"GPT2Tokenizer", "gpt2_tokenizer"}, {"T5", "t5"}};
// clang-format on

TEST(SnakeCase, IsThatOfKerasForEveryLayerOfKeras) {
  for (const Case& c : kLayers) EXPECT_EQ(to_snake_case(c.class_name), c.snake_case) << c.class_name;
}

TEST(SnakeCase, IsThatOfKerasForModelsOptimizersLossesAndMetrics) {
  for (const Case& c : kOthers) EXPECT_EQ(to_snake_case(c.class_name), c.snake_case) << c.class_name;
}

TEST(SnakeCase, IsThatOfKerasForUnusualClassNames) {
  for (const Case& c : kOddNames) EXPECT_EQ(to_snake_case(c.class_name), c.snake_case) << c.class_name;
}

TEST(SnakeCase, DropsWhatIsNoAsciiLetterDigitOrUnderscore) {
  EXPECT_EQ(to_snake_case("\xc3\x9c"
                          "berLayer"),
            "ber_layer");  // U+00DC
}

TEST(AutomaticBase, IsAlwaysALegalName) {
  struct Expected {
    const char* class_name;
    const char* base;
  };
  const Expected cases[] = {{"Dense", "dense"},
                            {"_Private", "private__private"},
                            {"", "object"},
                            {"\xc3\x9c", "object"},
                            {"3DConv", "3d_conv"}};
  for (const Expected& c : cases) {
    EXPECT_EQ(automatic_base(c.class_name), c.base) << c.class_name;
    EXPECT_TRUE(is_legal(automatic_base(c.class_name))) << c.class_name;
  }
}

}  // namespace
}  // namespace namesake::naming

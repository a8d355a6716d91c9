// Metrics: numbers that are gathered over many batches, as Keras's metrics of the same names do.
//   nk::metrics::SparseCategoricalAccuracy accuracy;
//   accuracy.update_state(y_true, y_pred);   accuracy.value();   accuracy.reset_state();
// Keras has losses and metrics of one name: all metrics are in namesake::metrics.
#pragma once

#include "namesake/nn/metrics/accuracy.h"
#include "namesake/nn/metrics/auc.h"
#include "namesake/nn/metrics/confusion.h"
#include "namesake/nn/metrics/correlation.h"
#include "namesake/nn/metrics/f_score.h"
#include "namesake/nn/metrics/hinge.h"
#include "namesake/nn/metrics/metric.h"
#include "namesake/nn/metrics/names.h"
#include "namesake/nn/metrics/probabilistic.h"
#include "namesake/nn/metrics/reduction.h"
#include "namesake/nn/metrics/regression.h"

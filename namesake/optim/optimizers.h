// All optimizers.
#pragma once

#include "namesake/optim/optimizers/adadelta.h"
#include "namesake/optim/optimizers/adafactor.h"
#include "namesake/optim/optimizers/adagrad.h"
#include "namesake/optim/optimizers/adam.h"
#include "namesake/optim/optimizers/adamax.h"
#include "namesake/optim/optimizers/ftrl.h"
#include "namesake/optim/optimizers/lamb.h"
#include "namesake/optim/optimizers/lion.h"
#include "namesake/optim/optimizers/loss_scale.h"
#include "namesake/optim/optimizers/muon.h"
#include "namesake/optim/optimizers/nadam.h"
#include "namesake/optim/optimizers/rmsprop.h"
#include "namesake/optim/optimizers/sgd.h"

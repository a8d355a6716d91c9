// ConfigFields, for the options of layers.
#pragma once

#include "namesake/tensor/config_fields.h"

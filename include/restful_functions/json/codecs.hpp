/// All codecs of the library.
#pragma once

#include <restful_functions/json/blobs.hpp>
#include <restful_functions/json/codec.hpp>
#include <restful_functions/json/containers.hpp>
#include <restful_functions/json/documents.hpp>
#include <restful_functions/json/durations.hpp>
#include <restful_functions/json/enums.hpp>
#include <restful_functions/json/scalars.hpp>
#include <restful_functions/json/schema.hpp>
#include <restful_functions/json/structs.hpp>
#include <restful_functions/json/tuples.hpp>
#include <restful_functions/json/variants.hpp>

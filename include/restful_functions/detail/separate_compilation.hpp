/// separate_compilation: whether each file that includes the library compiles all of it, or one
/// file does so for all.
#pragma once

/// Before a definition that is compiled once where RESTFUL_FUNCTIONS_SEPARATE_COMPILATION is
/// defined, and with each file otherwise.
#ifdef RESTFUL_FUNCTIONS_SEPARATE_COMPILATION
#define RESTFUL_FUNCTIONS_INLINE
#else
#define RESTFUL_FUNCTIONS_INLINE inline
#endif

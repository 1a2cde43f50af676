/// asio_http_rtti: tells Asio that a program is compiled without RTTI, which it does not find out
/// by itself. Included before anything of Asio.
#pragma once

#if !defined(__GXX_RTTI) && !defined(ASIO_NO_TYPEID)
#define ASIO_NO_TYPEID
#endif

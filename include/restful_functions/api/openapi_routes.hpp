/// openapi_routes: the server's description for programs.
#pragma once

#include <restful_functions/api/access.hpp>
#include <restful_functions/api/body.hpp>
#include <restful_functions/api/openapi_document.hpp>
#include <restful_functions/api/router.hpp>
#include <restful_functions/function/registry.hpp>
#include <restful_functions/http/conditional.hpp>

#include <string>

namespace restful_functions::api {

/// Adds GET /openapi.json. The document is made when it is asked for first: most servers never are.
/// The registry must outlive the router.
inline void add_openapi_routes(router& routes, const registry& functions,
                               const access_options& access) {
    routes.get("/openapi.json",
               [&functions, security = openapi_security(access), document = std::string(),
                tag = std::string()](const exchange& asked) mutable {
                   if (document.empty()) {
                       document = openapi_document(functions, security);
                       tag = http::entity_tag_of(document);
                   }
                   http::response response = json_response(200, document);
                   response.headers.add("Cache-Control", "no-cache");
                   return http::unless_known(asked.request, tag, std::move(response));
               });
}

}  // namespace restful_functions::api

/// openapi_paths: the server's own paths as its OpenAPI document has them.
#pragma once

#include <restful_functions/api/openapi_parts.hpp>

#include <array>

namespace restful_functions::api::detail {

/// In the order in which they are shown.
inline constexpr auto own_paths = std::to_array<own_path>({
    {"/", "get", "list_paths", "server", "The main paths, as text; the console for a browser", "",
     R"("200": {"description": "The main paths, one a line.", "content": {
      "text/plain": {"schema": {"type": "string"}}, "text/html": {"schema": {"type": "string"}}}})"},
    {"/function/list/data", "get", "list_functions", "functions", "All functions", "",
     R"("200": {"description": "The functions.", "content": {"application/json": {"schema": {
      "type": "array", "items": {"$ref": "#/components/schemas/FunctionDefinition"}}}}})"},
    {"/function/list/text", "get", "show_functions", "functions", "All functions, for people", "",
     R"("200": {"$ref": "#/components/responses/Text"})"},
    {"/function/definition/{function_name}", "get", "get_function", "functions", "One function",
     "FunctionName",
     R"("200": {"description": "The function.", "content": {"application/json": {"schema":
      {"$ref": "#/components/schemas/FunctionDefinition"}}}},
      "404": {"$ref": "#/components/responses/Problem"})"},
    {"/function/running-count/{function_name}", "get", "count_running", "functions",
     "How many of a function's calls run", "FunctionName",
     R"("200": {"description": "The number.", "content": {"application/json": {"schema":
      {"type": "integer"}}}},
      "404": {"$ref": "#/components/responses/Problem"})"},
    {"/task/info/{task_id}", "get", "get_task", "tasks", "A task", "TaskId",
     R"("200": {"$ref": "#/components/responses/Task"},
      "404": {"$ref": "#/components/responses/Problem"})"},
    {"/task/done/{task_id}", "get", "is_done", "tasks", "Whether a task has ended", "TaskId",
     R"("200": {"description": "Whether it has.", "content": {"application/json": {"schema":
      {"type": "boolean"}}}},
      "404": {"$ref": "#/components/responses/Problem"})"},
    {"/task/result/{task_id}", "get", "get_result", "tasks", "The result of a task", "TaskId",
     R"("200": {"description": "The result, or null before the end; a blob as its bytes.",
      "headers": {"Content-Disposition": {"schema": {"type": "string"},
      "description": "The name of the file, if a blob has one."}},
      "content": {"application/json": {"schema": {}},
      "*/*": {"schema": {"type": "string", "format": "binary"}}}},
      "206": {"description": "The part of a blob that Range asks for.",
      "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
      "304": {"description": "If-None-Match has its ETag."},
      "404": {"$ref": "#/components/responses/Problem"},
      "416": {"$ref": "#/components/responses/Problem"})"},
    {"/task/wait/{task_id}", "get", "wait_for_task", "tasks", "A task, once it has ended",
     "TaskId WaitTimeout",
     R"("200": {"$ref": "#/components/responses/Task"},
      "400": {"$ref": "#/components/responses/Problem"},
      "404": {"$ref": "#/components/responses/Problem"},
      "503": {"$ref": "#/components/responses/Unavailable"})"},
    {"/task/log/{task_id}", "get", "get_log", "tasks", "What a call printed", "TaskId Offset",
     R"("200": {"description": "The last of it.", "headers": {
      "Log-Offset": {"schema": {"type": "integer"}}, "Log-Size": {"schema": {"type": "integer"}}},
      "content": {"text/plain": {"schema": {"type": "string"}}}},
      "400": {"$ref": "#/components/responses/Problem"},
      "404": {"$ref": "#/components/responses/Problem"})"},
    {"/task/events/{task_id}", "get", "follow_task", "tasks", "What becomes of a task",
     "TaskId LastEventId",
     R"("200": {"description": "Events: queued, started, progress, log, completed, failed, dropped.",
      "content": {"text/event-stream": {"schema": {"type": "string"}}}},
      "204": {"description": "Last-Event-ID is that of the last event."},
      "404": {"$ref": "#/components/responses/Problem"})"},
    {"/events", "get", "follow_tasks", "tasks", "What becomes of all tasks", "LastEventId",
     R"("200": {"description": "Events: welcome, queued, started, progress, completed, failed, reset, dropped, draining.",
      "content": {"text/event-stream": {"schema": {"type": "string"}}}})"},
    {"/task/list", "get", "list_tasks", "tasks", "All tasks", "Status Limit After Order Results",
     R"("200": {"$ref": "#/components/responses/Tasks"},
      "400": {"$ref": "#/components/responses/Problem"},
      "410": {"$ref": "#/components/responses/Problem"})"},
    {"/task/list/{function_name}", "get", "list_tasks_of_function", "tasks",
     "The tasks of a function", "FunctionName Status Limit After Order Results",
     R"("200": {"$ref": "#/components/responses/Tasks"},
      "400": {"$ref": "#/components/responses/Problem"},
      "404": {"$ref": "#/components/responses/Problem"},
      "410": {"$ref": "#/components/responses/Problem"})"},
    {"/terminate/task/{task_id}", "post", "terminate_task", "tasks", "End a task", "TaskId",
     R"("200": {"$ref": "#/components/responses/Empty"},
      "404": {"$ref": "#/components/responses/Problem"})"},
    {"/terminate/function/{function_name}", "post", "terminate_function", "functions",
     "End all tasks of a function", "FunctionName",
     R"("200": {"$ref": "#/components/responses/Empty"},
      "404": {"$ref": "#/components/responses/Problem"})"},
    {"/health/live", "get", "get_liveness", "server", "Whether the server lives", "",
     R"("200": {"description": "It does.", "content": {"application/json": {"schema": {
      "type": "object", "properties": {"status": {"type": "string"}}}}}})"},
    {"/health/ready", "get", "get_readiness", "server", "Whether it is to be given calls", "",
     R"("200": {"$ref": "#/components/responses/Readiness"},
      "429": {"$ref": "#/components/responses/Readiness"},
      "503": {"$ref": "#/components/responses/Readiness"})"},
    {"/metrics", "get", "get_metrics", "server", "Figures for Prometheus", "",
     R"("200": {"$ref": "#/components/responses/Text"})"},
    {"/openapi.json", "get", "get_openapi", "server", "This document", "",
     R"("200": {"description": "OpenAPI 3.1.", "headers": {"ETag": {"schema": {"type": "string"}}},
      "content": {"application/json": {"schema": {"type": "object"}}}},
      "304": {"description": "If-None-Match has its ETag."})"},
});

}  // namespace restful_functions::api::detail

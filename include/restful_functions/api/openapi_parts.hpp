/// openapi_parts: the parts of the server's OpenAPI document that are the same for all servers.
#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace restful_functions::api::detail {

/// The schemas of the server's own objects, by name.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 6> own_schemas{{
    {"Problem", R"({"type": "object",
 "description": "Why a request was refused (RFC 9457).",
 "properties": {
  "title": {"type": "string"},
  "status": {"type": "integer"},
  "detail": {"type": "string", "description": "What was wrong, where, and what to do."},
  "error": {"type": "string", "description": "The first bad argument of a call."},
  "errors": {"type": "array", "description": "Every bad argument of a call.", "items": {
   "type": "object",
   "properties": {
    "pointer": {"type": "string", "description": "Of the culprit in the body (RFC 6901)."},
    "detail": {"type": "string"}},
   "required": ["pointer", "detail"]}}},
 "required": ["title", "status"]})"},
    {"CallStarted", R"({"type": "object",
 "properties": {
  "success": {"type": "boolean"},
  "message": {"type": "string", "description": "Why it was refused; empty otherwise."},
  "task_id": {"type": "string", "description": "Empty when it was refused."}},
 "required": ["success", "message", "task_id"]})"},
    {"TaskStatus",
     R"({"type": "string", "enum": ["QUEUED", "RUNNING", "DONE", "FAILED", "TIMEOUT"]})"},
    {"Task", R"({"type": "object",
 "properties": {
  "task_id": {"type": "string", "format": "uuid"},
  "function_name": {"type": "string"},
  "status": {"$ref": "#/components/schemas/TaskStatus"},
  "result": {"description":
   "The function's result; a sentence when it failed; null before. Not in brief lists. )"
             R"(A blob's has content_type, filename if there is one, bytes (how many) and href."},
  "outcome": {"anyOf": [{"type": "string", "enum": ["returned", "threw", "crashed", "exited",
   "out_of_memory", "cpu_limit", "timed_out", "terminated", "result_too_large", "lost"]},
   {"type": "null"}]},
  "created": {"type": "string", "format": "date-time"},
  "started": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
  "finished": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
  "queue_wait": {"type": "number", "description": "seconds"},
  "position": {"type": "integer", "description": "Of a queued task: 1 is the next."},
  "progress": {"type": "object", "properties": {
   "fraction": {"type": "number", "minimum": 0, "maximum": 1}, "message": {"type": "string"}},
   "required": ["fraction", "message"]},
  "exception": {"type": "object", "properties": {
   "type": {"type": "string"}, "what": {"type": "string"}}, "required": ["type", "what"]},
  "crash": {"type": "object", "properties": {
   "signal": {"type": "string"}, "number": {"type": "integer"},
   "address": {"anyOf": [{"type": "string"}, {"type": "null"}]},
   "backtrace": {"type": "array", "items": {"type": "string"}}},
   "required": ["signal", "number", "address", "backtrace"]},
  "exit_status": {"type": "integer"},
  "stop": {"type": "object", "properties": {
   "requested": {"type": "string", "format": "date-time"},
   "took": {"type": "number", "description": "seconds"}}, "required": ["requested", "took"]},
  "usage": {"type": "object", "properties": {
   "user_seconds": {"type": "number"}, "system_seconds": {"type": "number"},
   "peak_resident_bytes": {"type": "integer"}, "minor_faults": {"type": "integer"},
   "major_faults": {"type": "integer"}},
   "required": ["user_seconds", "system_seconds", "peak_resident_bytes", "minor_faults",
    "major_faults"]},
  "log": {"type": "object", "properties": {"bytes": {"type": "integer"}}, "required": ["bytes"]}},
 "required": ["task_id", "function_name", "status", "outcome", "created", "started",
  "finished"]})"},
    {"FunctionDefinition", R"({"type": "object",
 "properties": {
  "function_name": {"type": "string"},
  "arg_definitions": {"type": "array", "items": {"type": "object", "properties": {
   "name": {"type": "string"},
   "type": {"type": "string",
    "enum": ["INTEGER", "FLOAT", "STRING", "BOOLEAN", "LIST", "DICT"]},
   "is_required": {"type": "boolean"},
   "description": {"type": "string"},
   "is_secret": {"type": "boolean"},
   "is_blob": {"type": "boolean"}},
   "required": ["name", "type", "is_required", "description"]}},
  "max_concurrency": {"type": "integer", "description": "0: no limit of its own"},
  "description": {"type": "string"},
  "timeout": {"type": "number", "description": "seconds"}},
 "required": ["function_name", "arg_definitions", "max_concurrency", "description", "timeout"]})"},
    {"Readiness", R"({"type": "object",
 "properties": {
  "status": {"type": "string",
   "enum": ["ready", "starting", "draining", "no fork server", "saturated"]},
  "running": {"type": "integer"}, "waiting": {"type": "integer"}, "parked": {"type": "integer"},
  "max_processes": {"type": "integer"}},
 "required": ["status", "running", "waiting", "parked", "max_processes"]})"},
}};

/// The parameters that several operations have.
inline constexpr std::string_view own_parameters = R"({
"TaskId": {"name": "task_id", "in": "path", "required": true, "schema": {"type": "string"}},
"FunctionName": {"name": "function_name", "in": "path", "required": true,
 "schema": {"type": "string"}},
"Timeout": {"name": "X-Timeout", "in": "header", "schema": {"type": "number"},
 "description": "Seconds that the call may take, where that is less than its function's timeout."},
"Prefer": {"name": "Prefer", "in": "header", "schema": {"type": "string"},
 "description": "respond-async, wait=N: how long the client waits for the result (RFC 7240)."},
"IdempotencyKey": {"name": "Idempotency-Key", "in": "header",
 "schema": {"type": "string", "maxLength": 255},
 "description": "Chosen for this call: sent again with it, the call does not run again."},
"Status": {"name": "status", "in": "query", "schema": {"type": "string"},
 "description": "Of these statuses, separated by commas."},
"Limit": {"name": "limit", "in": "query",
 "schema": {"type": "integer", "minimum": 1, "maximum": 1000},
 "description": "Makes pages; the next one is in the field Link (RFC 8288)."},
"WaitTimeout": {"name": "timeout", "in": "query", "schema": {"type": "number"},
 "description": "Seconds to wait; 30 without it, 300 at the most."},
"LastEventId": {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"},
 "description": "The last event that the client has got."},
"Offset": {"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0},
 "description": "Of the first byte that is wanted."},
"Order": {"name": "order", "in": "query", "schema": {"type": "string", "enum": ["asc", "desc"]},
 "description": "asc: the oldest first, as without it; desc: the newest first."},
"Results": {"name": "results", "in": "query", "schema": {"type": "boolean"},
 "description": "false: tasks in brief, without their results."},
"After": {"name": "after", "in": "query", "schema": {"type": "string"},
 "description": "The last task of the page before."}})";

/// The responses that several operations have.
inline constexpr std::string_view own_responses = R"({
"Problem": {"description": "Refused; detail says why and what to do.", "content": {
 "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
"BadCall": {"description": "An argument is missing, does not fit, or is unknown.", "content": {
 "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
"Busy": {"description": "As many calls of the function run as may.",
 "headers": {"Retry-After": {"schema": {"type": "integer"}}}, "content": {
 "application/json": {"schema": {"$ref": "#/components/schemas/CallStarted"}}}},
"Unavailable": {"description": "No process is free and no more calls may wait for one, or the server is about to end.",
 "headers": {"Retry-After": {"schema": {"type": "integer"}}}, "content": {
 "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
"Accepted": {"description": "The call goes on; the result will be at the task.",
 "headers": {"Location": {"schema": {"type": "string"}},
  "Preference-Applied": {"schema": {"type": "string"}}}, "content": {
 "application/json": {"schema": {"$ref": "#/components/schemas/Task"}}}},
"Task": {"description": "The task.", "content": {
 "application/json": {"schema": {"$ref": "#/components/schemas/Task"}}}},
"Tasks": {"description": "The tasks.",
 "headers": {"Link": {"schema": {"type": "string"}}}, "content": {
 "application/json": {"schema": {"type": "array",
  "items": {"$ref": "#/components/schemas/Task"}}}}},
"Empty": {"description": "It has ended.", "content": {
 "application/json": {"schema": {"type": "object", "additionalProperties": false}}}},
"Text": {"description": "For people.", "content": {"text/plain": {"schema": {"type": "string"}}}},
"Readiness": {"description": "How the server is.", "content": {
 "application/json": {"schema": {"$ref": "#/components/schemas/Readiness"}}}}})";

/// A path that every server has, and its operations but for the refusals that access brings.
struct own_path {
    std::string_view path;
    std::string_view method;  ///< as OpenAPI writes it
    std::string_view operation_id;
    std::string_view tag;
    std::string_view summary;
    std::string_view parameters;  ///< of `own_parameters`, separated by spaces
    std::string_view responses;   ///< members of the object: `"200": {...}, "404": {...}`
};

}  // namespace restful_functions::api::detail

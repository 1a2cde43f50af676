/// task_node: a task in the table, and the lists that it stands in.
#pragma once

#include <restful_functions/task/record.hpp>
#include <restful_functions/task/time.hpp>

namespace restful_functions::task::detail {

struct task_node;
struct owner_share;

struct task_links {
    task_node* previous = nullptr;
    task_node* next = nullptr;
};

struct task_node {
    record task;
    time_point changed{};          ///< when it started to run; once it has finished, when it did
    owner_share* share = nullptr;  ///< that it is part of
    bool is_delivered = false;     ///< its caller has got the result
    task_links arrival_links;      ///< in the order of their arrival
    task_links function_links;     ///< the same, of their function
    task_links end_links;          ///< in the order of their end
    task_links share_links;        ///< of an owner's, in the order of their end or delivery
};

/// A list through one pair of links of nodes that somebody else owns.
template <task_links task_node::*Links>
struct task_list {
    task_node* first = nullptr;
    task_node* last = nullptr;

    void push_back(task_node& added) noexcept {
        (added.*Links) = {last, nullptr};
        (last == nullptr ? first : (last->*Links).next) = &added;
        last = &added;
    }

    void remove(task_node& gone) noexcept {
        const auto [previous, next] = gone.*Links;
        (previous == nullptr ? first : (previous->*Links).next) = next;
        (next == nullptr ? last : (next->*Links).previous) = previous;
    }
};

}  // namespace restful_functions::task::detail

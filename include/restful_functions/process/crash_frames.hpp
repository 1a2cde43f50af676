/// crash_frames: the frames that a dying process left, and the text that people read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restful_functions::process {

/// A function that a frame's instruction belongs to, and the line that it executes.
struct source_line {
    std::string function;  ///< demangled; only that of an inlined one is shown
    std::string line;      ///< "/home/me/area.cpp:12"
    bool is_plumbing = false;
};

/// What is known of one frame: first the functions that are inlined, the innermost of them before
/// the others, then the one that has the frame. Empty: nothing.
using source_lines = std::vector<source_line>;

/// One frame, as backtrace.hpp has written it.
struct crash_frame {
    std::string_view text;   ///< "area(circle)+0x12 (program)"
    std::string_view place;  ///< "0x1139 3fa8 /lib/a.so": address, build id, path; empty if unknown
    bool is_plumbing = false;
};

/// A process may have scribbled over what it left: at most `most_frames` frames are taken of it.
[[nodiscard]] inline std::vector<crash_frame> parse_frames(std::string_view left) {
    constexpr std::size_t most_frames = 64;
    std::vector<crash_frame> frames;
    while (!left.empty() && frames.size() < most_frames) {
        const std::string_view line = left.substr(0, left.find('\n'));
        left.remove_prefix(std::min(line.size() + 1, left.size()));
        const std::size_t tab = line.find('\t');
        crash_frame frame{line.substr(0, tab), {}, false};
        if (tab != line.npos && tab + 2 <= line.size()) {
            frame.is_plumbing = line[tab + 1] == '-';
            frame.place = line.substr(tab + 2);
        }
        frames.push_back(frame);
    }
    return frames;
}

/// The frames, innermost first, one a line, up to 64 KiB of them. They end at the user's function;
/// where all are of call_plumbing, as when that function was inlined and nothing tells of it, with
/// the first. `lines_of(place)` is what is known of a place, a pointer that may be null.
template <typename LinesOf>
[[nodiscard]] std::string backtrace_text(const std::vector<crash_frame>& frames,
                                         const LinesOf& lines_of) {
    constexpr std::size_t most_text = std::size_t{64} * 1024;
    std::string text;
    std::size_t end = 0;
    const auto add = [&](bool is_plumbing) {
        text += '\n';
        if (!is_plumbing || end == 0) end = text.size();
    };
    for (const crash_frame& frame : frames) {
        const source_lines* const known = lines_of(frame.place);
        for (std::size_t i = 0; known != nullptr && i + 1 < known->size(); ++i) {
            const source_line& inlined = (*known)[i];
            text.append(inlined.function).append(" (inlined)");
            if (!inlined.line.empty()) text.append(" at ").append(inlined.line);
            add(inlined.is_plumbing);
        }
        text.append(frame.text);
        const source_line own = known != nullptr && !known->empty() ? known->back() : source_line();
        if (!own.line.empty()) text.append(" at ").append(own.line);
        add(frame.is_plumbing || own.is_plumbing);
    }
    text.resize(std::min(end, most_text));
    return text;
}

/// The text of which no line is known.
[[nodiscard]] inline std::string backtrace_text(std::string_view left) {
    return backtrace_text(parse_frames(left),
                          [](std::string_view) -> const source_lines* { return nullptr; });
}

}  // namespace restful_functions::process
